// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

/// What users hold may outlive the actor system that it came from, as it may in
/// CAF: statics and members go when they go.

namespace {

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const Ping& x) { return x; },
  };
}

/// A node that ends in the middle of a test, its peer, and a third one in the
/// same process that goes on using what the first has left.
struct afterlife {
  std::optional<loopback_node> gone{std::in_place};
  loopback_node peer;
  loopback_node other;
  inbox me{other};

  afterlife() {
    REQUIRE_FALSE(peer.rm().publish(peer.sys().spawn(echo), "echo"));
  }

  /// The first node's handle for the echo; it was used.
  caf::actor used_handle() {
    auto result = gone->remote(peer.address(), "echo");
    inbox asker{*gone};
    REQUIRE(asker.ask<Ping>(result, make_ping("hi")));
    return result;
  }
};

} // namespace

TEST_SUITE_BEGIN("integration.outlive");

TEST_CASE("a handle that was used is released after its system") {
  afterlife x;
  auto hdl = x.used_handle();
  x.gone.reset();
  hdl = nullptr;
}

TEST_CASE("a handle that was never used is released after its system") {
  afterlife x;
  auto hdl = x.gone->remote(x.peer.address(), "echo");
  x.gone.reset();
  hdl = nullptr;
}

TEST_CASE("a handle whose peer was lost is released after its system") {
  afterlife x;
  auto hdl = x.gone->remote("127.0.0.1:1", "echo");
  inbox asker{x.other};
  CHECK_FALSE(asker.ask<Ping>(hdl, make_ping("hi")));
  x.gone.reset();
  hdl = nullptr;
}

TEST_CASE("a handle can be used from another system after the end of its own") {
  afterlife x;
  auto hdl = x.used_handle();
  x.gone.reset();
  caf::anon_send(hdl, make_ping("lost"));
  x.me.self()->send(hdl, make_ping("lost"));
  CHECK_EQ(code_of(x.me.ask_in_vain(hdl, make_ping("hi"))), errc::not_running);
  x.me.self()->monitor(hdl);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  CHECK_NE(to_string(hdl).find(x.peer.address()), std::string::npos);
  CHECK_EQ(x.other.rm().pid_of(hdl).address, x.peer.address());
}

// -- observers and requests ---------------------------------------------------

TEST_CASE("observers elsewhere are told when the system of their handle ends") {
  afterlife x;
  auto hdl = x.used_handle();
  x.me.self()->monitor(hdl);
  auto linked = x.other.sys().spawn(echo);
  x.me.self()->monitor(linked);
  auto ptr = caf::actor_cast<caf::abstract_actor*>(hdl);
  caf::actor_cast<caf::abstract_actor*>(linked)->add_link(ptr);
  x.gone.reset();
  std::vector<caf::error> reasons;
  for (int i = 0; i < 2; ++i)
    reasons.push_back(x.me.take<caf::down_msg>().reason);
  for (auto& reason : reasons)
    CHECK_EQ(reason, caf::exit_reason::remote_link_unreachable);
  // and those that come later, at once
  auto late = x.other.sys().spawn(echo);
  x.me.self()->monitor(late);
  caf::actor_cast<caf::abstract_actor*>(late)->add_link(ptr);
  CHECK_EQ(x.me.wait_down(late), caf::exit_reason::remote_link_unreachable);
  x.me.self()->demonitor(hdl);
}

TEST_CASE("a request that waits when the system of its handle ends is "
          "answered") {
  afterlife x;
  REQUIRE_FALSE(
    x.peer.rm().publish(x.peer.sys().spawn([](caf::event_based_actor* self) {
      self->set_default_handler(caf::skip);
      return caf::behavior{[](const Nested&) {}};
    }),
                        "mute"));
  auto hdl = x.gone->remote(x.peer.address(), "mute");
  auto answer = x.me.self()->request(hdl, caf::infinite, make_ping("hi"));
  REQUIRE(x.gone->rm().ping(x.peer.address(), "activator", long_time));
  x.gone.reset();
  answer.receive([](const Ping&) { FAIL("answered"); },
                 [](caf::error& err) { CHECK_NE(code_of(err), errc::none); });
}

// -- messages -----------------------------------------------------------------

TEST_CASE("a message outlives the node that brought it, and so may its "
          "answer") {
  afterlife x;
  // an actor of another system of the process can be published as well
  REQUIRE_FALSE(x.gone->rm().publish(x.me.handle(), "me"));
  inbox asker{x.peer};
  auto to_me = x.peer.remote(x.gone->address(), "me");
  auto first = asker.self()->request(to_me, long_time, make_ping("first"));
  asker.self()->send(to_me, make_ping("second"));
  REQUIRE(
    eventually([&] { return x.gone->rm().snapshot().received_messages == 2; }));
  x.gone.reset();
  caf::strong_actor_ptr sender;
  x.me.self()->receive([&](const Ping& y) {
    CHECK_EQ(y.text(), "first");
    sender = x.me.self()->current_sender();
    return y;
  });
  REQUIRE_NE(sender, nullptr);
  CHECK(to_string(sender).find(x.peer.address()) != std::string::npos);
  caf::anon_send(caf::actor_cast<caf::actor>(sender), make_ping("lost"));
  // the peer has heard of the end
  first.receive([](const Ping&) { FAIL("answered"); },
                [](caf::error& err) { CHECK_NE(code_of(err), errc::none); });
  // the second one stays in the mailbox until its actor ends
}

TEST_CASE("events and what is in them outlive their system") {
  afterlife x;
  REQUIRE_FALSE(x.gone->rm().subscribe(x.me.handle()));
  auto nobody = x.gone->remote("127.0.0.1:1", "nobody");
  {
    inbox sender{*x.gone};
    sender.self()->send(nobody, make_ping("lost"));
  }
  auto letter = x.me.take<dead_letter>();
  raw_message raw{"caf_remote.test.Ping", 0,
                  make_ping("y").SerializeAsString()};
  x.gone.reset();
  CHECK_EQ(letter.pid.id, "nobody");
  REQUIRE(letter.message.match_elements<Ping>());
  CHECK_EQ(letter.message.get_as<Ping>(0).text(), "lost");
  // they serve the next system
  auto hdl = x.other.remote(x.peer.address(), "echo");
  CHECK(x.me.ask<Ping>(hdl, letter.message.get_as<Ping>(0)));
  CHECK(x.me.ask<Ping>(hdl, raw));
}

// -- what users install -------------------------------------------------------

TEST_CASE("what users install is released with the system, even if it holds a "
          "handle") {
  struct hook : tracing_hook {
    caf::actor hdl;
  };
  struct codec : serializer {
    bool encode(const google::protobuf::Message&, std::string&) const override {
      return false;
    }
    bool decode(std::string_view, google::protobuf::Message&) const override {
      return false;
    }
    caf::actor hdl;
  };
  afterlife x;
  auto hdl = x.used_handle();
  auto& rm = x.gone->rm();
  std::vector<std::weak_ptr<void>> installed;
  auto in_sink = std::make_shared<caf::actor>(hdl);
  auto in_factory = std::make_shared<caf::actor>(hdl);
  auto the_hook = std::make_shared<hook>();
  the_hook->hdl = hdl;
  auto the_codec = std::make_shared<codec>();
  the_codec->hdl = hdl;
  installed.assign({in_sink, in_factory, the_hook, the_codec});
  CHECK_FALSE(rm.set_log_sink([in_sink](std::string_view) {}));
  CHECK_FALSE(rm.register_kind(
    "kind", [in_factory](caf::actor_system&) { return *in_factory; }));
  CHECK_FALSE(rm.set_hook(the_hook));
  CHECK_FALSE(rm.add_serializer(7, the_codec));
  in_sink.reset();
  in_factory.reset();
  the_hook.reset();
  the_codec.reset();
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(hdl);
  hdl = nullptr;
  x.gone.reset();
  for (auto& y : installed)
    CHECK(y.expired());
  CHECK_EQ(caf::actor_cast<caf::strong_actor_ptr>(weak), nullptr);
}

// -- statics ------------------------------------------------------------------

/// Uses what it holds when the program ends.
struct last_user {
  caf::actor hdl;

  ~last_user() {
    if (hdl != nullptr)
      caf::anon_send(hdl, make_ping("the last"));
  }
};

last_user kept_for_ever;

TEST_CASE("a handle can be used until the very end of the program") {
  afterlife x;
  kept_for_ever.hdl = x.used_handle();
}

// -- repeated ends ------------------------------------------------------------

TEST_CASE("a handle is used while its system ends") {
  loopback_node other;
  loopback_node peer;
  REQUIRE_FALSE(peer.rm().publish(peer.sys().spawn(echo), "echo"));
  for (int i = 0; i < 20; ++i) {
    std::optional<loopback_node> gone{std::in_place};
    auto hdl = gone->remote(peer.address(), "echo");
    std::atomic<bool> over{false};
    std::atomic<size_t> downs{0};
    std::atomic<size_t> monitors{0};
    std::thread user{[&] {
      while (!over) {
        caf::anon_send(hdl, make_ping("x"));
        ++monitors;
        hdl->attach_functor([&downs] { ++downs; });
      }
    }};
    CHECK(eventually([&] { return monitors > 10; }));
    gone.reset();
    over = true;
    user.join();
    // each observer has been told
    CHECK(eventually([&] { return downs == monitors; }));
  }
}

TEST_SUITE_END();
