// SPDX-License-Identifier: BSD-3-Clause

// What the senders in a peer's frames can make us dial.

#include "caf_remote/endpoint/activator.hpp"

#include "support/actor_fixture.hpp"
#include "support/monitor_senders.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using strings = std::vector<std::string>;

options small() {
  options result;
  result.max_endpoints = 1000;
  return result;
}

/// With these options, one stream's frames may open ten endpoints.
struct spoof_fixture : actor_fixture {
  static constexpr size_t bound = 10;

  spoof_fixture() : actor_fixture(small()) {
    in = accept();
  }

  static std::string address(size_t number) {
    return "10.0." + std::to_string(number / 256) + "."
           + std::to_string(number % 256) + ":80";
  }

  /// The same envelope from many addresses.
  void receive_from_all(envelope x, size_t count = 100) {
    std::vector<envelope> xs;
    for (size_t i = 0; i < count; ++i) {
      x.sender = {address(i), "somebody", 7};
      xs.push_back(x);
    }
    receive(in, xs);
  }

  fake_stream_ptr in;
};

caf::behavior silent(caf::event_based_actor*) {
  return {[](const Ping&) {}};
}

TEST_SUITE_BEGIN("endpoint.spoofed_senders");

TEST_CASE_FIXTURE(spoof_fixture, "whatever makes us answer a made-up sender, "
                                 "what it makes us dial is bounded") {
  auto ping = make_envelope_for("alice", make_ping("hi"));
  SUBCASE("Touch") {
    publish_echo("alice");
    receive_from_all(make_system_envelope("alice", "actor.Touch"));
  }
  SUBCASE("Touch of a blocking actor") {
    caf::scoped_actor self{sys};
    publish(caf::actor_cast<caf::actor>(self), "alice");
    receive_from_all(make_system_envelope("alice", "actor.Touch"));
  }
  SUBCASE("a value that an actor returns") {
    publish_echo("alice");
    receive_from_all(ping);
  }
  SUBCASE("an error that an actor returns") {
    publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const Ping&) -> caf::result<Ping> {
        return make_error(errc::not_found);
      }};
    }),
            "alice");
    receive_from_all(ping);
  }
  SUBCASE("no handler") {
    publish(sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[](int) {}};
    }),
            "alice");
    receive_from_all(ping);
  }
  SUBCASE("nobody there") {
    receive_from_all(ping);
  }
  SUBCASE("an empty result") {
    publish(sys.spawn(silent), "alice");
    receive_from_all(ping);
  }
  SUBCASE("a spawn request") {
    auto hdl = sys.spawn<caf::hidden>(activator, home);
    REQUIRE_FALSE(home->processes->publish(
      caf::actor_cast<caf::strong_actor_ptr>(hdl), activator_id,
      delivery_mode::decoded, process_kind::activator));
    receive_from_all(make_system_envelope(
      activator_id, wire::actor_pid_request::type_name,
      wire::encode(wire::actor_pid_request{"name", "no-such-kind"})));
    run();
    caf::anon_send_exit(hdl, caf::exit_reason::kill);
  }
  SUBCASE("an actor that monitors who sends to it") {
    publish(sys.spawn(monitor_senders), "alice");
    receive_from_all(ping);
  }
  SUBCASE("a message for somebody else") {
    auto x = ping;
    x.target.address = "10.9.9.9:1";
    receive_from_all(x);
  }
  CHECK_EQ(dials(), bound);
  CHECK_EQ(home->endpoints.size(), bound);
}

TEST_CASE_FIXTURE(spoof_fixture, "nobody is dialled to hear that a message "
                                 "without a request has found nobody") {
  std::vector<envelope> xs;
  for (size_t i = 0; i < bound; ++i) {
    xs.push_back(make_envelope_for("nobody", make_ping("hi")));
    xs.back().sender = {address(i), "somebody", 0};
  }
  receive(in, xs);
  CHECK_EQ(dials(), 0);
}

TEST_CASE_FIXTURE(spoof_fixture, "what is beyond the bound is a dead letter") {
  publish_echo("alice");
  receive_from_all(make_envelope_for("alice", make_ping("hi")));
  CHECK_EQ(dead_letters(errc::queue_full), 90);
}

TEST_CASE_FIXTURE(spoof_fixture, "an endpoint that is there costs nothing") {
  publish_echo("alice");
  auto x = make_envelope_for("alice", make_ping("hi"));
  x.sender = {address(0), "somebody", 7};
  receive(in, std::vector<envelope>(100, x));
  receive_from_all(x, bound);
  CHECK_EQ(dials(), bound);
  CHECK_EQ(dead_letters(errc::queue_full), 0);
}

TEST_CASE_FIXTURE(spoof_fixture, "who comes from the host that it claims is "
                                 "always answered there, whoever names it") {
  publish_echo("alice");
  in = accept(peer_member, peer_address, {}, "127.0.0.1:50000");
  auto x = make_envelope_for("alice", make_ping("hi"));
  receive_from_all(x);
  REQUIRE_EQ(dials(), bound);
  x.sender = {"", "somebody", 7};
  receive(in, {x});
  CHECK_EQ(dials(), bound + 1);
  x.sender = {"10.9.9.9:80", "somebody", 7};
  auto other = accept("member-x", "10.9.9.9:80", {}, "10.9.9.9:50000");
  receive(in, {x});
  CHECK_EQ(dials(), bound + 2);
  // but not when it is gone
  x.sender = {"10.9.9.8:80", "somebody", 7};
  cut(accept("member-y", "10.9.9.8:80", {}, "10.9.9.8:50000"));
  receive(in, {x});
  CHECK_EQ(dials(), bound + 2);
}

TEST_CASE_FIXTURE(spoof_fixture, "streams do not pay for each other, and all "
                                 "together for all") {
  publish_echo("alice");
  auto x = make_envelope_for("alice", make_ping("hi"));
  receive_from_all(x);
  auto other = accept("member-x", "127.0.0.1:7777");
  x.sender = {address(99), "somebody", 7};
  receive(other, {x});
  CHECK_EQ(dials(), bound + 1);
}

TEST_CASE_FIXTURE(spoof_fixture, "a handle that we have asked for dials at "
                                 "will") {
  std::vector<caf::strong_actor_ptr> senders;
  publish(sys.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&senders, self](const Ping&) {
      senders.push_back(self->current_sender());
    }};
  }),
          "alice");
  receive_from_all(make_envelope_for("alice", make_ping("hi")));
  REQUIRE_EQ(senders.size(), 100);
  for (auto& x : senders)
    send_ping(caf::actor_cast<caf::actor>(x), "of the stranger's doing");
  CHECK_EQ(dials(), bound);
  auto asked = home->resolve(address(99), "somebody");
  CHECK_EQ(asked, senders[99]);
  send_ping(caf::actor_cast<caf::actor>(senders[99]), "of our own will");
  CHECK_EQ(dials(), bound + 1);
  // which stays so
  receive_from_all(make_envelope_for("alice", make_ping("hi")));
  cut(last_dialled());
  CHECK_EQ(home->endpoints.size(), bound + 1);
}

// -- spellings ----------------------------------------------------------------

TEST_CASE_FIXTURE(spoof_fixture, "spellings of one address are one endpoint") {
  publish_echo("alice");
  std::vector<envelope> xs;
  for (auto address : {"node.example:80", "NODE.example:80", "Node.Example:80",
                       "10.1:80", "10.0.0.1:80", "[::FFFF:10.0.0.1]:80",
                       "[2001:DB8::0:1]:80", "[2001:db8::1]:80"}) {
    xs.push_back(make_envelope_for("alice", make_ping(address)));
    xs.back().sender = {address, "somebody", 7};
  }
  receive(in, xs);
  CHECK_EQ(home->endpoints.size(), 3);
  strings dialled;
  for (auto& x : connector->dials)
    dialled.push_back(x.address);
  CHECK_EQ(dialled,
           strings{"node.example:80", "10.0.0.1:80", "[2001:db8::1]:80"});
}

TEST_CASE_FIXTURE(actor_fixture, "spellings of one PID are one handle") {
  CHECK_EQ(remote("joe", "Node.Example:80"), remote("joe", "node.example:80"));
  CHECK_NE(remote("Joe", "node.example:80"), remote("joe", "node.example:80"));
  auto x = remote("joe", "NODE:80");
  CHECK_EQ(home->proxies.find("node:80", "joe"),
           caf::actor_cast<caf::strong_actor_ptr>(x));
}

TEST_CASE_FIXTURE(actor_fixture, "a peer is met under all spellings of its "
                                 "address") {
  auto alice = publish_witness("alice");
  alice.monitor(remote("joe", "node.example:80"));
  run();
  shake_hands();
  auto in = accept(peer_member, "Node.Example:80");
  auto who = home->endpoints.peer_of("node.example:80");
  CHECK_EQ(who->inbound_streams, 1);
  receive(in,
          {make_system_envelope(
            home->endpoints.find("node.example:80")->watcher_id(),
            wire::terminated::type_name,
            wire::encode(wire::terminated{{"NODE.example:80", "joe"},
                                          wire::terminated_reason::stopped}))});
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(dials(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "our own address in another spelling is "
                                 "ours") {
  auto alice = publish_witness("alice");
  auto x = make_envelope_for("alice", make_ping("hi"));
  x.target.address = "[::FFFF:127.0.0.1]:8090";
  receive(accept(), {x});
  CHECK_EQ(alice.texts(), strings{"hi"});
  send_ping(remote("alice", "LOCALHOST:8090"), "hi");
  CHECK_EQ(alice.texts().size(), 2);
  CHECK_EQ(accept("member-x", "127.1:8090")->finished()->code,
           transport::status_code::unavailable);
}

TEST_CASE_FIXTURE(actor_fixture, "who is asked on behalf of a third node is "
                                 "told its address as that node spells it") {
  // alice passes on what joe's node asks her
  publish(sys.spawn([next = remote("bob")](
                      caf::event_based_actor* self) -> caf::behavior {
    return {[self, next](const Ping& x) { return self->delegate(next, x); }};
  }),
          "alice");
  auto x = make_envelope_for("alice", make_ping("question"));
  x.sender = {"Node.Example:80", "joe", 7};
  receive(accept("member-x", "Node.Example:80"), {x});
  shake_hands();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].sender, pid{"Node.Example:80", "joe"});
  CHECK_EQ(xs[0].sender.request_id, 7);
}

TEST_SUITE_END();

} // namespace
