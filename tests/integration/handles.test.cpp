// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <sstream>
#include <unordered_set>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const Ping& x) { return x; },
  };
}

caf::behavior idle(caf::event_based_actor*) {
  return {
    [](const Nested&) {},
  };
}

/// Marks what it gets and lets `to` answer.
caf::behavior relay(caf::event_based_actor* self, caf::actor to) {
  return {
    [self, to](const Ping& x) {
      return self->delegate(to, make_ping(x.text() + "+"));
    },
  };
}

/// Forwards the message itself, unseen.
class forwarder : public caf::event_based_actor {
public:
  forwarder(caf::actor_config& cfg, caf::actor to)
    : caf::event_based_actor(cfg), to_(std::move(to)) {
    // nop
  }

  caf::behavior make_behavior() override {
    set_default_handler(
      [this](caf::scheduled_actor*,
             caf::message_view& x) -> caf::result<caf::message> {
        auto rp = make_response_promise();
        rp.delegate(to_, x.move_content_to_message());
        return rp;
      });
    return {
      [](const Nested&) {},
    };
  }

private:
  caf::actor to_;
};

struct two_nodes {
  loopback_node a;
  loopback_node b;
  inbox me{a};

  caf::actor publish(const std::string& name, caf::actor hdl) {
    REQUIRE_FALSE(b.rm().publish(hdl, name));
    return hdl;
  }

  caf::actor there(const std::string& name) {
    return a.remote(b.address(), name);
  }

  /// Returns when `b` has served what `a` has written before.
  void settle() {
    REQUIRE(a.rm().ping(b.address(), "activator", long_time));
  }
};

void link(const caf::actor& x, const caf::actor& y) {
  caf::actor_cast<caf::abstract_actor*>(x)->add_link(
    caf::actor_cast<caf::abstract_actor*>(y));
}

void unlink(const caf::actor& x, const caf::actor& y) {
  caf::actor_cast<caf::abstract_actor*>(x)->remove_link(
    caf::actor_cast<caf::abstract_actor*>(y));
}

} // namespace

TEST_SUITE_BEGIN("integration.handles");

// -- identity -----------------------------------------------------------------

TEST_CASE("the same PID gives the same handle") {
  two_nodes x;
  auto first = x.there("actor");
  auto second = x.there("actor");
  CHECK_EQ(first, second);
  CHECK_EQ(first->id(), second->id());
  CHECK_EQ(std::hash<caf::actor>{}(first), std::hash<caf::actor>{}(second));
  auto text = x.a.rm().lookup(x.b.address() + "/actor");
  REQUIRE(text);
  CHECK_EQ(*text, first);
  auto other = x.there("another");
  CHECK_NE(first, other);
  std::unordered_set<caf::actor> all{first, second, other};
  CHECK_EQ(all.size(), 2u);
}

TEST_CASE("a handle of one system is not that of another system") {
  two_nodes x;
  loopback_node c;
  CHECK_NE(x.there("actor"), c.remote(x.b.address(), "actor"));
}

TEST_CASE("a handle prints where it leads") {
  two_nodes x;
  auto hdl = x.there("actor");
  auto text = caf::to_string(hdl);
  CHECK_NE(text.find(x.b.address()), std::string::npos);
  CHECK_EQ(to_string(x.a.rm().pid_of(hdl)), x.b.address() + "/actor");
  CHECK_NE(hdl->node(), x.a.sys().node());
}

TEST_CASE("an actor has a PID while others can reach it, and only then") {
  two_nodes x;
  auto hdl = x.b.sys().spawn(echo);
  CHECK_EQ(x.b.rm().pid_of(hdl), pid{});
  // to ask does not make it reachable, nor keep it
  CHECK_EQ(x.b.rm().pid_of(hdl), pid{});
  x.publish("echo", hdl);
  CHECK_EQ(x.b.rm().pid_of(hdl), pid{x.b.address(), "echo"});
  REQUIRE_FALSE(x.b.rm().unpublish("echo"));
  CHECK_EQ(x.b.rm().pid_of(hdl), pid{});
  // who has sent a message can be answered
  CHECK_EQ(x.a.rm().pid_of(x.me.handle()), pid{});
  x.me.self()->send(x.there("nobody"), make_ping("hi"));
  auto reply = x.a.rm().pid_of(x.me.handle());
  CHECK_EQ(reply.address, x.a.address());
  auto begin = "$" + std::to_string(x.me.handle()->id()) + ".";
  CHECK_EQ(reply.id.substr(0, begin.size()), begin);
}

TEST_CASE("what only answers reach has no PID") {
  two_nodes x;
  auto spawner = x.a.rm().spawner();
  CHECK(x.a.rm().spawn(x.b.address(), "no such kind", "name").error());
  CHECK_EQ(x.a.rm().pid_of(spawner), pid{});
}

TEST_CASE("an address is kept and leads to the handle") {
  two_nodes x;
  x.publish("actor", x.b.sys().spawn(echo));
  auto hdl = x.there("actor");
  auto addr = hdl->address();
  CHECK_EQ(caf::actor_cast<caf::actor>(addr), hdl);
  CHECK(x.me.ask<Ping>(caf::actor_cast<caf::actor>(addr), make_ping("hi")));
}

TEST_CASE("our own address gives a handle that leads to the local actor") {
  two_nodes x;
  auto hdl = x.a.sys().spawn(echo);
  REQUIRE_FALSE(x.a.rm().publish(hdl, "local"));
  auto found = x.a.remote(x.a.address(), "local");
  CHECK(x.me.ask<Ping>(found, make_ping("hi")));
  CHECK(x.a.rm().snapshot().endpoints.empty());
}

TEST_CASE("what cannot be an address or a name gives no handle") {
  two_nodes x;
  for (auto address : {"", "localhost", "localhost:0", "localhost:x", ":1",
                       "a b:1", "localhost:65536", "localhost:1/x"})
    CHECK_EQ(code_of(x.a.rm().lookup(address, "x").error()),
             errc::invalid_address);
  for (auto name : {"", "a\nb", "\xff"})
    CHECK_EQ(code_of(x.a.rm().lookup("localhost:1", name).error()),
             errc::invalid_name);
}

// -- sending on ---------------------------------------------------------------

TEST_CASE("a message is delegated to a remote actor") {
  two_nodes x;
  x.publish("echo", x.b.sys().spawn(echo));
  auto hdl = x.a.sys().spawn(relay, x.there("echo"));
  auto answer = x.me.ask<Ping>(hdl, make_ping("hi"));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "hi+");
}

TEST_CASE("a remote request is delegated back to the requester's node") {
  two_nodes x;
  REQUIRE_FALSE(x.a.rm().publish(x.a.sys().spawn(echo), "echo"));
  auto back = x.b.remote(x.a.address(), "echo");
  x.publish("relay", x.b.sys().spawn(relay, back));
  auto answer = x.me.ask<Ping>(x.there("relay"), make_ping("hi"));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "hi+");
}

TEST_CASE("a remote request is delegated to a third node") {
  two_nodes x;
  loopback_node c;
  REQUIRE_FALSE(c.rm().publish(c.sys().spawn(echo), "echo"));
  x.publish("relay", x.b.sys().spawn(relay, x.b.remote(c.address(), "echo")));
  for (int i = 0; i < 10; ++i) {
    auto answer = x.me.ask<Ping>(x.there("relay"), make_ping("hi"));
    REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
    CHECK_EQ(answer->text(), "hi+");
  }
  CHECK_EQ(x.a.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("a message is forwarded to a remote actor unseen") {
  two_nodes x;
  x.publish("echo", x.b.sys().spawn(echo));
  auto hdl = x.a.sys().spawn<forwarder>(x.there("echo"));
  auto answer = x.me.ask<Ping>(hdl, make_ping("hi"));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "hi");
}

TEST_CASE("a message from afar is forwarded unseen") {
  two_nodes x;
  auto target = x.b.sys().spawn(echo);
  x.publish("forwarder", x.b.sys().spawn<forwarder>(target));
  auto answer = x.me.ask<Ping>(x.there("forwarder"), make_ping("hi"));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "hi");
}

TEST_CASE("actors are composed over the wire") {
  two_nodes x;
  x.publish("echo", x.b.sys().spawn(echo));
  auto local = x.a.sys().spawn(relay, x.there("echo"));
  auto both = x.there("echo") * local;
  auto answer = x.me.ask<Ping>(both, make_ping("hi"));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "hi+");
}

// -- monitors and links -------------------------------------------------------

TEST_CASE("a monitor tells when the actor stops, once") {
  two_nodes x;
  auto victim = x.publish("victim", x.b.sys().spawn(idle));
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  x.settle();
  caf::anon_send_exit(victim, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  x.settle();
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("a monitor of a missing actor tells so") {
  two_nodes x;
  auto hdl = x.there("nobody");
  x.me.self()->monitor(hdl);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::unknown);
}

TEST_CASE("a node that leaves tells all monitors") {
  two_nodes x;
  x.publish("victim", x.b.sys().spawn(idle));
  auto hdl = x.there("victim");
  inbox other{x.a};
  x.me.self()->monitor(hdl);
  other.self()->monitor(hdl);
  x.settle();
  x.b.rm().stop();
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(other.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
}

TEST_CASE("demonitor ends a monitor but not those of others") {
  two_nodes x;
  auto victim = x.publish("victim", x.b.sys().spawn(idle));
  auto hdl = x.there("victim");
  inbox other{x.a};
  x.me.self()->monitor(hdl);
  other.self()->monitor(hdl);
  x.me.self()->demonitor(hdl);
  x.settle();
  caf::anon_send_exit(victim, caf::exit_reason::user_shutdown);
  CHECK_EQ(other.wait_down(hdl), caf::exit_reason::normal);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("monitor and demonitor in turn leave the last word") {
  two_nodes x;
  auto victim = x.publish("victim", x.b.sys().spawn(idle));
  auto hdl = x.there("victim");
  for (int i = 0; i < 1000; ++i) {
    x.me.self()->monitor(hdl);
    x.me.self()->demonitor(hdl);
  }
  x.me.self()->monitor(hdl);
  x.settle();
  caf::anon_send_exit(victim, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  x.settle();
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("a link ends the local actor with the remote one") {
  two_nodes x;
  auto victim = x.publish("victim", x.b.sys().spawn(idle));
  auto local = x.a.sys().spawn(idle);
  link(local, x.there("victim"));
  x.me.self()->monitor(local);
  x.settle();
  caf::anon_send_exit(victim, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(local), caf::exit_reason::unknown);
}

TEST_CASE("a link stops the remote actor when the local one fails") {
  two_nodes x;
  x.publish("victim", x.b.sys().spawn(idle));
  auto hdl = x.there("victim");
  auto local = x.a.sys().spawn(idle);
  link(local, hdl);
  x.me.self()->monitor(hdl);
  x.settle();
  caf::anon_send_exit(local, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
}

TEST_CASE("after unlink neither end takes the other along") {
  two_nodes x;
  auto victim = x.publish("victim", x.b.sys().spawn(idle));
  auto hdl = x.there("victim");
  auto local = x.a.sys().spawn(echo);
  link(local, hdl);
  unlink(local, hdl);
  x.me.self()->monitor(hdl);
  x.settle();
  caf::anon_send_exit(victim, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  CHECK(x.me.ask<Ping>(local, make_ping("hi")));
}

TEST_CASE("a link to a missing actor ends the local one") {
  two_nodes x;
  auto local = x.a.sys().spawn(idle);
  x.me.self()->monitor(local);
  link(local, x.there("nobody"));
  CHECK_EQ(x.me.wait_down(local), caf::exit_reason::unknown);
}

TEST_CASE("many watchers of many actors are told once each") {
  two_nodes x;
  constexpr size_t count = 2000;
  std::vector<caf::actor> victims;
  inbox other{x.a};
  for (size_t i = 0; i < count; ++i) {
    auto name = "v" + std::to_string(i);
    victims.push_back(x.publish(name, x.b.sys().spawn(idle)));
    x.me.self()->monitor(x.there(name));
    other.self()->monitor(x.there(name));
  }
  x.settle();
  for (auto& hdl : victims)
    caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  for (auto who : {&x.me, &other}) {
    size_t downs = 0;
    who->self()->receive_while([&] { return downs < count; })(
      [&](const caf::down_msg& y) {
        ++downs;
        CHECK_EQ(y.reason, caf::exit_reason::normal);
      },
      caf::after(long_time) >>
        [&] {
          FAIL_CHECK(downs);
          downs = count;
        });
    CHECK_EQ(who->count_downs(), 0u);
  }
}

// -- ends ---------------------------------------------------------------------

TEST_CASE("an actor that ends tells those whose requests it has not read") {
  two_nodes x;
  std::atomic<bool> go_on{false};
  auto busy = x.b.sys().spawn([&](caf::event_based_actor* self) {
    return caf::behavior{
      [self, &go_on](const Ping&) {
        eventually([&] { return go_on.load(); });
        self->quit();
      },
    };
  });
  x.publish("busy", busy);
  busy = nullptr;
  auto hdl = x.there("busy");
  std::vector<caf::response_handle<caf::blocking_actor, caf::message, true>>
    answers;
  for (int i = 0; i < 50; ++i)
    answers.push_back(x.me.self()->request(hdl, long_time, make_ping("hi")));
  x.settle();
  go_on = true;
  size_t told = 0;
  for (auto& answer : answers)
    answer.receive(
      [](const Ping&) { FAIL_CHECK("answered"); },
      [&](caf::error& err) { told += code_of(err) == errc::dead_letter; });
  // the first was handled; nothing is its answer
  CHECK_GE(told, 49u);
  CHECK_EQ(x.a.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("a poison pill comes after the messages before it") {
  two_nodes x;
  auto count = std::make_shared<std::atomic<int>>(0);
  x.publish("victim", x.b.sys().spawn([count](caf::event_based_actor*) {
    return caf::behavior{[count](const Ping&) { ++*count; }};
  }));
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  for (int i = 0; i < 1000; ++i)
    x.me.self()->send(hdl, make_ping("hi"));
  x.me.self()->send(hdl, poison_pill{});
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  CHECK_EQ(count->load(), 1000);
}

TEST_CASE("an error and an empty result reach a remote requester") {
  two_nodes x;
  x.publish("odd", x.b.sys().spawn([](caf::event_based_actor*) {
    return caf::behavior{
      [](const Ping& y) -> caf::result<caf::message> {
        if (y.text() == "empty")
          return caf::make_message();
        return caf::sec::runtime_error;
      },
    };
  }));
  auto hdl = x.there("odd");
  auto err = x.me.ask_in_vain(hdl, make_ping("error"));
  CHECK_EQ(code_of(err), errc::dead_letter);
  bool empty = false;
  x.me.self()
    ->request(hdl, long_time, make_ping("empty"))
    .receive([&] { empty = true; },
             [](caf::error& y) { FAIL_CHECK(render(y)); });
  CHECK(empty);
}

TEST_SUITE_END();
