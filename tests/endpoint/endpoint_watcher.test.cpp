// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_watcher.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using reasons = std::vector<caf::error>;
using wire::terminated_reason;

const caf::error unreachable = caf::exit_reason::remote_link_unreachable;

struct watcher_fixture : actor_fixture {
  using actor_fixture::actor_fixture;

  envelope terminated_of(const std::string& id, terminated_reason why,
                         const std::string& address = "") {
    return make_system_envelope(
      watcher_id(), wire::terminated::type_name,
      wire::encode(wire::terminated{{address, id, 0}, why}));
  }
};

envelope watch_of(const std::string& id, const std::string& watcher = "w") {
  return make_system_envelope(id, wire::watch::type_name,
                              wire::encode(wire::watch{{"", watcher, 0}}));
}

envelope unwatch_of(const std::string& id, const std::string& watcher = "w") {
  return make_system_envelope(id, wire::unwatch::type_name,
                              wire::encode(wire::unwatch{{"", watcher, 0}}));
}

/// The type names and targets of what was sent, such as "actor.Watch joe".
std::vector<std::string> summary(const std::vector<envelope>& xs) {
  std::vector<std::string> result;
  for (auto& x : xs)
    result.push_back(x.type_name + " " + x.target.id);
  return result;
}

wire::terminated read_terminated(const envelope& x) {
  wire::terminated result;
  REQUIRE_EQ(x.type_name, wire::terminated::type_name);
  REQUIRE(wire::decode(x.payload, result));
  return result;
}

using strings = std::vector<std::string>;

TEST_SUITE_BEGIN("endpoint.endpoint_watcher");

// -- we watch -----------------------------------------------------------------

TEST_CASE_FIXTURE(watcher_fixture, "watch registration and removal") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  auto joe = remote("joe");
  alice.monitor(joe);
  run();
  REQUIRE_EQ(dials(), 1);
  shake_hands();
  auto xs = sent();
  REQUIRE_EQ(summary(xs), strings{"actor.Watch joe"});
  wire::watch msg;
  REQUIRE(wire::decode(xs[0].payload, msg));
  CHECK_EQ(msg.watcher, pid{own_address, watcher_id()});
  CHECK_EQ(xs[0].sender.id, "");
  // one Watch serves all observers
  bob.monitor(joe);
  run();
  CHECK(sent().empty());
  alice.demonitor(joe);
  run();
  CHECK(sent().empty());
  bob.demonitor(joe);
  run();
  CHECK_EQ(summary(sent()), strings{"actor.Unwatch joe"});
  receive(accept(), {terminated_of("joe", terminated_reason::stopped)});
  CHECK(alice.downs().empty());
  CHECK(bob.downs().empty());
}

TEST_CASE_FIXTURE(watcher_fixture, "a Terminated is one down per observer") {
  auto why = terminated_reason::stopped;
  caf::error expected;
  SUBCASE("stopped") {
    expected = caf::exit_reason::normal;
  }
  SUBCASE("not found") {
    why = terminated_reason::not_found;
    expected = caf::exit_reason::unknown;
  }
  SUBCASE("unreachable") {
    why = terminated_reason::address_terminated;
    expected = caf::exit_reason::remote_link_unreachable;
  }
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  auto joe = remote("joe");
  for (auto x : {alice, bob})
    x.monitor(joe);
  run();
  shake_hands();
  auto in = accept();
  auto end = terminated_of("joe", why);
  receive(in, {end, end});
  receive(in, {end});
  for (auto& x : {alice, bob}) {
    CHECK_EQ(x.downs(), reasons{expected});
    CHECK_EQ(x.all<caf::down_msg>().at(0).source, joe.address());
  }
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "an actor can be watched again after its end") {
  auto alice = spawn_witness();
  auto joe = remote("joe");
  alice.monitor(joe);
  run();
  shake_hands();
  auto in = accept();
  receive(in, {terminated_of("joe", terminated_reason::stopped)});
  sent();
  alice.monitor(joe);
  run();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
  receive(in, {terminated_of("joe", terminated_reason::not_found)});
  CHECK_EQ(alice.downs().size(), 2);
}

TEST_CASE_FIXTURE(watcher_fixture, "watches keep their order") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  alice.monitor(remote("jim"));
  alice.demonitor(remote("joe"));
  alice.monitor(remote("joe"));
  alice.demonitor(remote("jim"));
  run();
  shake_hands();
  CHECK_EQ(summary(sent()),
           strings{"actor.Watch joe", "actor.Watch jim", "actor.Unwatch joe",
                   "actor.Watch joe", "actor.Unwatch jim"});
}

TEST_CASE_FIXTURE(watcher_fixture, "Terminated counts only for actors of the "
                                   "peer that says it") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands();
  auto other = accept("member-x", "127.0.0.1:7777");
  receive(other,
          {terminated_of("joe", terminated_reason::stopped),
           terminated_of("joe", terminated_reason::stopped, peer_address)});
  CHECK(alice.downs().empty());
  CHECK_EQ(home->snapshot().refused_envelopes, 1);
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "live watches are sent again on a new stream "
                  "of the same incarnation") {
  auto alice = spawn_witness();
  for (auto id : {"joe", "jim", "jon"})
    alice.monitor(remote(id));
  run();
  auto first = shake_hands();
  receive(accept(), {terminated_of("jon", terminated_reason::stopped)});
  alice.demonitor(remote("jim"));
  run();
  cut(first);
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(watcher_fixture, "a watch that waits is written once") {
  auto alice = spawn_witness();
  auto first = connect();
  cut(first);
  alice.monitor(remote("joe"));
  run();
  refuse_connection();
  advance(2s);
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
  cut(last_dialled());
  advance(2s);
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "an unreachable peer tells every observer once") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(remote("joe"));
  alice.monitor(remote("jim"));
  bob.monitor(remote("joe"));
  run();
  auto str = shake_hands();
  cut(str);
  refuse_all_connections();
  CHECK_EQ(alice.downs(), reasons{unreachable, unreachable});
  CHECK_EQ(bob.downs(), reasons{unreachable});
  advance(1min);
  CHECK_EQ(alice.downs().size(), 2);
}

TEST_CASE_FIXTURE(watcher_fixture, "a DisconnectRequest tells every observer") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  auto str = shake_hands();
  str->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK_EQ(alice.downs(), reasons{unreachable});
  // Terminated that comes as well changes nothing
  receive(accept(), {terminated_of("joe", terminated_reason::stopped)});
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE("too many watches that wait end the endpoint "
          "instead of losing one") {
  options opts;
  opts.control_messages = 10;
  watcher_fixture fix{opts};
  auto alice = fix.spawn_witness();
  for (int i = 0; i < 11; ++i)
    alice.monitor(fix.remote("joe" + std::to_string(i)));
  fix.run();
  CHECK_EQ(alice.downs().size(), 11);
  CHECK_EQ(fix.events.count<endpoint_unreachable>(), 1);
  CHECK_EQ(fix.peer_endpoint(), nullptr);
}

TEST_CASE("a full queue of messages does not hold back "
          "watches") {
  options opts;
  opts.queue_messages = 10;
  watcher_fixture fix{opts};
  for (int i = 0; i < 20; ++i)
    fix.send_ping(fix.remote("joe"), "x");
  auto alice = fix.spawn_witness();
  alice.monitor(fix.remote("joe"));
  fix.run();
  fix.shake_hands();
  CHECK_EQ(of_type(fix.sent(), "actor.Watch").size(), 1);
  CHECK_EQ(fix.totals().control_written, 1);
}

// -- another incarnation ------------------------------------------------------

/// Alice has a watch that was written to member-a, whose stream is cut, and one
/// that was not written yet.
struct restart_fixture : watcher_fixture {
  restart_fixture() : alice(spawn_witness()), joe(remote("joe")) {
    alice.monitor(joe);
    run();
    cut(shake_hands("member-a"));
    alice.monitor(remote("jim"));
    run();
  }

  witness alice;
  caf::actor joe;
};

TEST_CASE_FIXTURE(restart_fixture, "the writer's handshake meets another "
                                   "incarnation: one down per written watch") {
  shake_hands("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(alice.all<caf::down_msg>().at(0).source, joe.address());
  CHECK_EQ(summary(sent()), strings{"actor.Watch jim"});
  accept("member-b");
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(restart_fixture, "the peer's handshake comes first: one down "
                                   "per written watch") {
  accept("member-a");
  CHECK(alice.downs().empty());
  accept("member-b");
  answer_probe("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  shake_hands("member-b");
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(summary(sent()), strings{"actor.Watch jim"});
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "a restarted peer is met on its stream to us "
                  "while our old stream looks alive") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  auto old = shake_hands("member-a");
  auto answer = request(remote("joe"), make_ping("question"));
  accept("member-b");
  answer_probe("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK(answer->failed_with(errc::incarnation_over));
  CHECK(old->cancelled());
  auto ends = events.all<endpoint_terminated>();
  REQUIRE_EQ(ends.size(), 1);
  CHECK_EQ(ends[0].member_id, "member-a");
  REQUIRE_EQ(dials(), 2);
  shake_hands("member-b");
  CHECK(sent().empty());
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(watcher_fixture, "downs of the old incarnation come before "
                                   "messages of the new one") {
  auto alice = publish_witness("alice");
  alice.monitor(remote("joe"));
  run();
  shake_hands("member-a");
  // all at once: the handshake, and a batch behind it
  auto in = open_inbound();
  in->complete_writes();
  in->receive(wire::encode(wire::server_connection{"member-b", peer_address}));
  in->receive(batch_frame({make_envelope_for("alice", make_ping("new"))}));
  run();
  answer_probe("member-b");
  REQUIRE_EQ(alice.size(), 2);
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(alice.texts(), strings{"new"});
  CHECK_EQ(alice.position_of<caf::down_msg>(), 0);
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "nothing of the old incarnation is heard after "
                  "its downs") {
  auto alice = publish_witness("alice");
  alice.monitor(remote("joe"));
  run();
  shake_hands("member-a");
  auto old = accept("member-a");
  auto next = open_inbound();
  next->complete_writes();
  next->receive(
    wire::encode(wire::server_connection{"member-b", peer_address}));
  run();
  auto probe = take_probe();
  probe->complete_writes();
  probe->receive(wire::encode(wire::connect_response{"member-b", false}));
  while (alice.downs().empty())
    REQUIRE(sched.try_run_once());
  old->receive(batch_frame({make_envelope_for("alice", make_ping("late"))}));
  run();
  CHECK(alice.texts().empty());
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "a restarted peer that we dialled under another "
                  "name is met like any other") {
  auto alice = spawn_witness();
  auto joe = remote("joe", "alias.example:9000");
  alice.monitor(joe);
  run();
  auto old = shake_hands("member-a");
  accept("member-a");
  accept("member-b");
  // under the one name, then under the other
  answer_probe("member-b");
  CHECK(alice.downs().empty());
  answer_probe("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK(old->cancelled());
  shake_hands("member-b");
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(watcher_fixture, "streams of the old incarnation are ended") {
  auto alice = publish_witness("alice");
  auto old = accept("member-a");
  fake_stream_ptr next;
  SUBCASE("met by its stream to us") {
    next = accept("member-b");
    answer_probe("member-b");
  }
  SUBCASE("met by our stream to it") {
    send_ping(remote("joe"), "hello");
    shake_hands("member-b");
    CHECK(old->finished());
    next = accept("member-b");
  }
  REQUIRE(old->finished());
  CHECK_EQ(old->finished()->code, transport::status_code::unavailable);
  CHECK_FALSE(next->over());
  old->receive(batch_frame({make_envelope_for("alice", make_ping("late"))}));
  run();
  CHECK(alice.texts().empty());
}

TEST_CASE_FIXTURE(watcher_fixture, "a second stream of the same incarnation is "
                                   "no restart") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands("member-a");
  auto first = accept("member-a");
  auto second = accept("member-a");
  CHECK_FALSE(first->over());
  CHECK_FALSE(second->over());
  CHECK(alice.downs().empty());
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "the watches of the old incarnation are forgotten") {
  auto alice = publish_witness("alice");
  connect("member-a");
  receive(accept("member-a"), {watch_of("alice")});
  SUBCASE("met by its stream to us") {
    accept("member-b");
    answer_probe("member-b");
    shake_hands("member-b");
  }
  SUBCASE("met by our stream to it") {
    cut(last_dialled());
    shake_hands("member-b");
    accept("member-b");
  }
  alice.quit();
  run();
  CHECK(of_type(sent(), "actor.Terminated").empty());
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "the watches of an incarnation that was only "
                  "heard are forgotten as well") {
  auto alice = publish_witness("alice");
  receive(accept("member-a"), {watch_of("alice")});
  send_ping(remote("joe"), "hello");
  shake_hands("member-b");
  alice.quit();
  run();
  CHECK(of_type(sent(), "actor.Terminated").empty());
}

// -- the peer watches ---------------------------------------------------------

TEST_CASE_FIXTURE(watcher_fixture, "a peer that watches is told of the end") {
  auto alice = publish_witness("alice");
  auto in = accept();
  receive(in, {watch_of("alice", "w1"), watch_of("alice", "w2"),
               watch_of("alice", "w1")});
  CHECK_EQ(dials(), 0);
  alice.quit(caf::exit_reason::user_shutdown);
  run();
  shake_hands();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 2);
  for (auto& x : xs) {
    auto msg = read_terminated(x);
    CHECK_EQ(msg.who, pid{own_address, "alice"});
    CHECK_EQ(msg.why, terminated_reason::stopped);
  }
  CHECK_NE(xs[0].target.id, xs[1].target.id);
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "the watch of a missing actor is answered at once") {
  auto in = accept();
  receive(in, {watch_of("nobody", "w1")});
  REQUIRE_EQ(dials(), 1);
  shake_hands();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].target.id, "w1");
  CHECK_EQ(read_terminated(xs[0]).why, terminated_reason::not_found);
  CHECK_EQ(read_terminated(xs[0]).who, pid{own_address, "nobody"});
}

TEST_CASE_FIXTURE(watcher_fixture, "a peer that stops watching is not told") {
  auto alice = publish_witness("alice");
  auto in = accept();
  connect();
  receive(in, {watch_of("alice", "w1"), watch_of("alice", "w2"),
               unwatch_of("alice", "w1"), unwatch_of("bob", "w2")});
  alice.quit();
  run();
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w2"});
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "an actor with two names is watched by each") {
  auto alice = publish_witness("alice");
  publish(alice.hdl, "alias");
  auto in = accept();
  connect();
  receive(in, {watch_of("alice", "w1"), watch_of("alias", "w2")});
  receive(in, {unwatch_of("alice", "w1")});
  alice.quit();
  run();
  auto xs = sent();
  REQUIRE_EQ(summary(xs), strings{"actor.Terminated w2"});
  CHECK_EQ(read_terminated(xs[0]).who.id, "alias");
}

TEST_CASE_FIXTURE(watcher_fixture, "a Watch without a watcher, or with one of "
                                   "another node or a bad id, is refused") {
  publish_witness("alice");
  auto in = accept();
  auto watch_by = [](const std::string& id) {
    return make_system_envelope("alice", "actor.Watch",
                                wire::encode(wire::watch{{"", id, 0}}));
  };
  receive(in, {make_system_envelope("alice", "actor.Watch", ""),
               make_system_envelope("alice", "actor.Watch", "\xff"),
               make_system_envelope(
                 "alice", "actor.Watch",
                 wire::encode(wire::watch{{"10.0.0.1:1", "w", 0}})),
               watch_by(std::string(65536 + 3, 'w')), watch_by("evil\nline")});
  CHECK_EQ(home->snapshot().refused_envelopes, 5);
  CHECK_EQ(dials(), 0);
}

// -- links --------------------------------------------------------------------

TEST_CASE_FIXTURE(watcher_fixture, "a link is a watch and an exit message") {
  auto why = terminated_reason::stopped;
  caf::error expected = caf::exit_reason::unknown;
  SUBCASE("stopped") {}
  SUBCASE("not found") {
    why = terminated_reason::not_found;
  }
  SUBCASE("unreachable") {
    why = terminated_reason::address_terminated;
    expected = caf::exit_reason::remote_link_unreachable;
  }
  auto alice = spawn_witness();
  auto joe = remote("joe");
  alice.link_to(joe);
  run();
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
  receive(accept(), {terminated_of("joe", why)});
  CHECK_EQ(alice.exits(), reasons{expected});
  CHECK(alice.downs().empty());
  // the link is gone: Alice's end concerns nobody
  alice.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(watcher_fixture,
                  "the local end of a link stops the remote actor") {
  auto alice = spawn_witness();
  alice.link_to(remote("joe"));
  run();
  shake_hands();
  sent();
  SUBCASE("with a reason") {
    alice.quit(caf::exit_reason::user_shutdown);
    run();
    auto xs = sent();
    CHECK_EQ(of_type(xs, "actor.Stop").size(), 1);
    CHECK_EQ(of_type(xs, "actor.Unwatch").size(), 1);
  }
  SUBCASE("not after a normal end") {
    alice.quit();
    run();
    CHECK_EQ(summary(sent()), strings{"actor.Unwatch joe"});
  }
}

TEST_CASE_FIXTURE(watcher_fixture, "unlinking ends the watch") {
  auto alice = spawn_witness();
  auto joe = remote("joe");
  alice.link_to(joe);
  alice.monitor(joe);
  run();
  shake_hands();
  sent();
  alice.unlink_from(joe);
  run();
  CHECK(sent().empty());
  alice.demonitor(joe);
  run();
  CHECK_EQ(summary(sent()), strings{"actor.Unwatch joe"});
}

TEST_CASE_FIXTURE(watcher_fixture, "observers that end are forgotten") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands();
  sent();
  alice.quit();
  run();
  // the watch is of no use to anyone; a late Terminated hurts nobody
  receive(accept(), {terminated_of("joe", terminated_reason::stopped)});
  CHECK(alice.downs().empty());
}

TEST_SUITE_END();

} // namespace
