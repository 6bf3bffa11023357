// SPDX-License-Identifier: BSD-3-Clause

// One down per watch, whichever of the two connections is lost, in both roles.

#include "caf_remote/endpoint/activator.hpp"
#include "caf_remote/endpoint/endpoint_watcher.hpp"

#include "support/actor_fixture.hpp"

#include <caf/default_attachable.hpp>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using reasons = std::vector<caf::error>;
using strings = std::vector<std::string>;
using wire::terminated_reason;

const caf::error unreachable = caf::exit_reason::remote_link_unreachable;

constexpr uint32_t no_number = 0;

envelope watch_of(const std::string& id, const std::string& watcher = "w",
                  uint32_t number = no_number) {
  return make_system_envelope(id, wire::watch::type_name,
                              wire::encode(wire::watch{{"", watcher, number}}));
}

struct loss_fixture : actor_fixture {
  using actor_fixture::actor_fixture;

  envelope terminated_of(const std::string& id, uint32_t first = no_number,
                         uint32_t last = no_number) const {
    wire::terminated content{{"", id, last}, terminated_reason::stopped};
    auto result = make_system_envelope(
      watcher_id(), wire::terminated::type_name, wire::encode(content));
    result.target.request_id = first;
    return result;
  }

  /// The answer to the last question among `xs`.
  envelope answer_to(const std::vector<envelope>& xs) const {
    auto questions = of_type(xs, wire::touch::type_name);
    REQUIRE_FALSE(questions.empty());
    auto& question = questions.back();
    CHECK_EQ(question.target.id, activator_id);
    REQUIRE_EQ(question.sender.id, watcher_id());
    auto result = make_system_envelope(
      watcher_id(), wire::touched::type_name,
      wire::encode(wire::touched{{"", activator_id, 0}}));
    result.target.request_id = question.sender.request_id;
    return result;
  }
};

/// The type names and targets of what was sent, such as "actor.Watch joe".
strings summary(const std::vector<envelope>& xs) {
  strings result;
  for (auto& x : xs)
    result.push_back(x.type_name + " " + x.target.id);
  return result;
}

// How long the peer is given to reach us, with the defaults: five attempts of
// five seconds, and two seconds between them.
constexpr auto dial_limit = 33s;

TEST_SUITE_BEGIN("endpoint.watch_loss");

// -- the peer watches, and our connection to it is lost -----------------------

/// The peer watches alice; both connections are up.
struct watched_fixture : loss_fixture {
  watched_fixture() : alice(publish_witness("alice")) {
    connect();
    in = accept();
    receive(in, {watch_of("alice")});
    sent();
  }

  void end_alice() {
    alice.quit();
    run();
  }

  witness alice;
  fake_stream_ptr in;
};

TEST_CASE_FIXTURE(watched_fixture, "a Terminated that a stream took along is "
                                   "sent again on the next one") {
  end_alice();
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w"});
  cut(last_dialled());
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w"});
}

TEST_CASE_FIXTURE(watched_fixture, "what the peer has shown to have got is "
                                   "not sent again") {
  end_alice();
  sent();
  advance(2s);
  receive(in, {answer_to(sent())});
  cut(last_dialled());
  shake_hands();
  CHECK(sent().empty());
  advance(1min);
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(watched_fixture, "an answer proves what was told before its "
                                   "question, however late it comes") {
  end_alice();
  sent();
  advance(2s);
  auto first = answer_to(sent());
  for (int i = 0; i < 20; ++i)
    advance(2s);
  CHECK_FALSE(of_type(sent(), "actor.Touch").empty());
  receive(in, {first});
  cut(last_dialled());
  shake_hands();
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(watched_fixture, "a question without an answer is asked "
                                   "again") {
  end_alice();
  sent();
  advance(2s);
  CHECK_EQ(of_type(sent(), "actor.Touch").size(), 1);
  advance(8s);
  CHECK(of_type(sent(), "actor.Touch").empty());
  advance(2s);
  receive(in, {answer_to(sent())});
  cut(last_dialled());
  shake_hands();
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(watched_fixture,
                  "a peer without an activator answers all the "
                  "same") {
  end_alice();
  sent();
  advance(2s);
  auto answer = answer_to(sent());
  answer.type_name = wire::dead_letter_response::type_name;
  answer.payload = wire::encode(wire::dead_letter_response{});
  receive(in, {answer});
  cut(last_dialled());
  shake_hands();
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(watched_fixture, "an answer on behalf of an earlier stream "
                                   "proves nothing") {
  end_alice();
  sent();
  advance(2s);
  auto late = answer_to(sent());
  cut(last_dialled());
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w"});
  receive(in, {late});
  cut(last_dialled());
  advance(2s);
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.Terminated").size(), 1);
}

TEST_CASE_FIXTURE(watched_fixture, "nor does one on behalf of an endpoint that "
                                   "is over") {
  end_alice();
  sent();
  advance(2s);
  auto late = answer_to(sent());
  cut(last_dialled());
  refuse_all_connections();
  auto bob = publish_witness("bob");
  in = accept();
  receive(in, {watch_of("bob")});
  bob.quit();
  run();
  shake_hands();
  advance(2s);
  receive(in, {late});
  sent();
  cut(last_dialled());
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w"});
}

TEST_CASE_FIXTURE(watched_fixture, "another incarnation is not told what "
                                   "concerned the one before") {
  end_alice();
  sent();
  cut(last_dialled());
  shake_hands("member-b");
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(watched_fixture, "a peer that cannot be told is hung up on") {
  SUBCASE("the actor ends while the connection is up") {
    end_alice();
    cut(last_dialled());
  }
  SUBCASE("the actor ends while we try to reach the peer") {
    cut(last_dialled());
    end_alice();
  }
  SUBCASE("a second actor is watched and lives") {
    publish_witness("bob");
    receive(in, {watch_of("bob")});
    end_alice();
    cut(last_dialled());
  }
  CHECK_FALSE(in->finished());
  refuse_all_connections();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, transport::status_code::unavailable);
}

TEST_CASE_FIXTURE(watched_fixture, "a peer that was told everything is not "
                                   "hung up on") {
  end_alice();
  sent();
  advance(2s);
  receive(in, {answer_to(sent())});
  cut(last_dialled());
  refuse_all_connections();
  CHECK_FALSE(in->finished());
}

/// Counts those who observe it.
class observed_actor final : public caf::monitorable_actor {
public:
  explicit observed_actor(caf::actor_config& cfg)
    : caf::monitorable_actor(cfg) {
    // nop
  }

  void enqueue(caf::mailbox_element_ptr, caf::execution_unit*) override {
    // nop
  }

  void attach(caf::attachable_ptr x) override {
    ++observers;
    caf::monitorable_actor::attach(std::move(x));
  }

  size_t detach(const caf::attachable::token& what) override {
    auto result = caf::monitorable_actor::detach(what);
    observers -= result;
    return result;
  }

  size_t observers = 0;
};

TEST_CASE_FIXTURE(watched_fixture,
                  "nothing is left in an actor that a peer has "
                  "watched") {
  caf::actor_config cfg;
  auto bob = caf::make_actor<observed_actor, caf::strong_actor_ptr>(
    sys.next_actor_id(), sys.node(), &sys, cfg);
  auto& observers = static_cast<observed_actor*>(bob->get())->observers;
  publish(caf::actor_cast<caf::actor>(bob), "bob");
  auto before = observers;
  receive(in, {watch_of("bob"), watch_of("bob", "another")});
  CHECK_EQ(observers, before + 1);
  SUBCASE("the address is given up") {
    cut(last_dialled());
    refuse_all_connections();
  }
  SUBCASE("the peer restarts") {
    cut(last_dialled());
    shake_hands("member-b");
  }
  CHECK_EQ(observers, before);
}

TEST_CASE_FIXTURE(watched_fixture, "many ends take one question") {
  std::vector<witness> xs;
  std::vector<envelope> watches;
  for (int i = 0; i < 100; ++i) {
    auto name = "x" + std::to_string(i);
    xs.push_back(publish_witness(name));
    watches.push_back(watch_of(name));
  }
  receive(in, watches);
  for (auto& x : xs)
    x.quit();
  run();
  advance(2s);
  advance(2s);
  auto out = sent();
  CHECK_EQ(of_type(out, "actor.Terminated").size(), 100);
  CHECK_EQ(of_type(out, "actor.Touch").size(), 1);
}

/// Reads a Terminated.
terminated_reason why_of(const envelope& x) {
  wire::terminated msg;
  REQUIRE_EQ(x.type_name, wire::terminated::type_name);
  REQUIRE(wire::decode(x.payload, msg));
  return msg.why;
}

TEST_CASE("watches for which there is no room end at once, others stay") {
  options opts;
  SUBCASE("too many") {
    opts.control_messages = 10;
  }
  SUBCASE("too long names") {
    opts.control_bytes = 4000;
  }
  loss_fixture fix{opts};
  auto alice = fix.publish_witness("alice");
  fix.connect();
  auto in = fix.accept();
  auto name = std::string(300, 'w');
  for (uint32_t i = 1; i <= 20; ++i)
    fix.receive(in, {watch_of("alice", name + std::to_string(i), i)});
  auto refused = of_type(fix.sent(), "actor.Terminated");
  REQUIRE_FALSE(refused.empty());
  for (auto& x : refused)
    CHECK_EQ(why_of(x), terminated_reason::address_terminated);
  alice.quit();
  fix.run();
  auto ended = of_type(fix.sent(), "actor.Terminated");
  CHECK_EQ(ended.size() + refused.size(), 20);
  for (auto& x : ended)
    CHECK_EQ(why_of(x), terminated_reason::stopped);
  CHECK_FALSE(in->finished());
}

TEST_CASE("a peer that would not watch again is hung up on instead") {
  options opts;
  opts.control_messages = 10;
  loss_fixture fix{opts};
  auto alice = fix.publish_witness("alice");
  fix.connect();
  auto in = fix.accept();
  for (int i = 0; i < 10; ++i)
    fix.receive(in, {watch_of("alice", "w" + std::to_string(i))});
  CHECK_FALSE(in->finished());
  fix.receive(in, {watch_of("alice", "another")});
  CHECK(in->finished());
}

TEST_CASE_FIXTURE(loss_fixture,
                  "a watch with two observers survives the loss of "
                  "the stream to a peer that knows of one") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(remote("joe"));
  bob.monitor(remote("joe"));
  run();
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
  cut(last_dialled());
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
}

TEST_CASE(
  "a peer that does not read what it is told, and asks for more than may "
  "be kept, is hung up on") {
  options opts;
  opts.control_messages = 10;
  loss_fixture fix{opts};
  fix.connect();
  fix.last_dialled()->hold_writes();
  auto in = fix.accept();
  for (int i = 0; i < 1000 && !in->finished(); ++i)
    fix.receive(in, {watch_of(std::string(500, 'x') + std::to_string(i))});
  CHECK(in->finished());
}

TEST_CASE("a peer whose watch cannot be served is hung up on") {
  options opts;
  opts.max_endpoints = 1;
  loss_fixture fix{opts};
  fix.publish_witness("alice");
  fix.connect();
  auto in = fix.accept("member-x", "127.0.0.1:7777");
  fix.receive(in, {watch_of("alice")});
  CHECK(in->finished());
}

TEST_CASE("a peer is hung up on once, however many of its watches cannot be "
          "served") {
  options opts;
  opts.max_endpoints = 1;
  actor_fixture fix{opts};
  fix.home->events->unsubscribe(fix.events.hdl);
  fix.publish_witness("alice");
  fix.connect();
  auto others = {fix.accept("member-x", "127.0.0.1:7777"),
                 fix.accept("member-x", "127.0.0.1:7777")};
  // how many messages our actors get
  auto work_of = [&](size_t watches) {
    auto in = fix.accept("member-y", "127.0.0.1:8888");
    std::vector<envelope> xs;
    for (size_t i = 0; i < watches; ++i)
      xs.push_back(watch_of("alice", "w" + std::to_string(i)));
    in->receive(batch_frame(xs));
    auto result = fix.sched.run();
    CHECK(in->finished());
    return result;
  };
  auto work_of_one = work_of(1);
  CHECK_EQ(work_of(100), work_of_one);
  for (auto& x : others)
    CHECK_FALSE(x->over());
}

TEST_CASE("a peer is hung up on once, however many of its watches come too "
          "late") {
  actor_fixture fix;
  fix.home->events->unsubscribe(fix.events.hdl);
  auto alice = fix.publish_witness("alice");
  auto work_of = [&](size_t watches) {
    fix.connect();
    auto where = fix.peer_endpoint();
    auto in = fix.accept();
    fix.last_dialled()->receive(wire::encode(wire::disconnect_request{}));
    fix.run();
    REQUIRE(where->closed());
    for (size_t i = 0; i < watches; ++i)
      where->post_to_watcher(remote_watch{
        caf::make_counted<const actor_name>("", "alice"),
        caf::actor_cast<caf::strong_actor_ptr>(alice.hdl), "w", 0, 0, 100});
    auto result = fix.sched.run();
    CHECK(in->finished());
    return result;
  };
  auto work_of_one = work_of(1);
  CHECK_EQ(work_of(100), work_of_one + 99);
}

TEST_CASE("a Terminated that does not fit a frame ends the peer's streams") {
  options opts;
  opts.max_batch_bytes = 1024;
  loss_fixture fix{opts};
  auto alice = fix.publish_witness("alice");
  fix.connect();
  auto in = fix.accept();
  fix.receive(in, {watch_of("alice", std::string(1000, 'w'))});
  alice.quit();
  fix.run();
  CHECK(in->finished());
}

// -- the peer needs our endpoint for nothing else -----------------------------

TEST_CASE_FIXTURE(loss_fixture, "a peer that only watches comes back, and goes "
                                "on to watch whoever had the name") {
  auto x = publish_witness("alice");
  auto in = accept();
  receive(in, {watch_of("alice", "w", 1)});
  REQUIRE_FALSE(home->processes->unpublish("alice"));
  SUBCASE("another has it now") {
    publish_witness("alice");
  }
  SUBCASE("nobody has it now") {}
  cut(in);
  advance(dial_limit / 2);
  receive(accept(), {watch_of("alice", "w", 1)}); // once more
  advance(1min);
  CHECK_EQ(dials(), 0);
  x.quit();
  run();
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w"});
}

TEST_CASE_FIXTURE(loss_fixture, "a peer that only watches comes back with "
                                "another incarnation") {
  auto alice = publish_witness("alice");
  auto in = accept();
  receive(in, {watch_of("alice")});
  auto next = open_inbound();
  next->complete_writes();
  next->receive(
    wire::encode(wire::server_connection{"member-b", peer_address}));
  run();
  answer_probe("member-b");
  CHECK(in->over());
  REQUIRE_FALSE(next->over());
  receive(next, {watch_of("alice")});
  alice.quit();
  run();
  CHECK_FALSE(next->over());
  shake_hands("member-b");
  CHECK_EQ(summary(sent()), strings{"actor.Terminated w"});
}

TEST_CASE("a peer that only watches comes back while its stream is being "
          "ended") {
  for (int steps = 0; steps < 12; ++steps) {
    CAPTURE(steps);
    loss_fixture fix;
    auto alice = fix.publish_witness("alice");
    auto in = fix.accept();
    fix.receive(in, {watch_of("alice")});
    in->close(transport::status_code::unavailable, "cut");
    for (int i = 0; i < steps && fix.sched.try_run_once(); ++i)
      ; // nop
    auto next = fix.accept();
    fix.receive(next, {watch_of("alice")});
    CHECK_FALSE(next->over());
  }
}

// -- we watch, and the peer's connection to us is lost ------------------------

/// Alice watches joe at the peer; both connections are up.
struct watching_fixture : loss_fixture {
  watching_fixture() : alice(spawn_witness()) {
    alice.monitor(remote("joe"));
    run();
    shake_hands();
    in = accept();
    sent();
  }

  witness alice;
  fake_stream_ptr in;
};

TEST_CASE_FIXTURE(watching_fixture, "watches are sent again when the peer's "
                                    "stream to us is replaced") {
  SUBCASE("it was lost before") {
    cut(in);
  }
  SUBCASE("it looks alive") {}
  in = accept();
  advance(2s);
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
  receive(in, {terminated_of("joe")});
  CHECK_EQ(alice.downs(), reasons{caf::exit_reason::normal});
  // once
  advance(1min);
  CHECK(of_type(sent(), "actor.Watch").empty());
}

// By Go's rules: it had a stream to us whose end it has not seen, and answered
// the Watch on that one.
TEST_CASE_FIXTURE(loss_fixture, "a first stream may come after one that took "
                                "the answer along") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
  advance(4s);
  CHECK(of_type(sent(), "actor.Watch").empty());
  auto first = accept();
  advance(2s);
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
  receive(first, {terminated_of("joe")});
  CHECK_EQ(alice.downs(), reasons{caf::exit_reason::normal});
}

TEST_CASE_FIXTURE(watching_fixture, "a peer that comes and goes does not make "
                                    "us write all the time") {
  for (int i = 0; i < 100; ++i) {
    cut(in);
    in = accept();
  }
  advance(2s);
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
}

TEST_CASE_FIXTURE(watching_fixture, "who opens stream after stream in a peer's "
                                    "name does not make us write all watches "
                                    "each time") {
  size_t watches = 0;
  for (int i = 0; i < 20; ++i) {
    accept();
    advance(3s);
    watches += of_type(sent(), "actor.Watch").size();
  }
  // no sooner than ten looks after the last time
  CHECK_EQ(watches, 3);
  advance(20s);
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
  advance(1min);
  CHECK(of_type(sent(), "actor.Watch").empty());
}

TEST_CASE_FIXTURE(watching_fixture, "a question who lives here is no way back "
                                    "and renews no watch") {
  auto question = caf_remote_intro(1u << 20);
  question.emplace(introduction_key::question, "1");
  advance(2s); // its first stream has renewed them
  sent();
  for (int i = 0; i < 10; ++i) {
    auto probe = accept(peer_member, peer_address, question);
    CHECK_FALSE(probe->over());
    CHECK_FALSE(probe->take_written().empty());
    if (i > 0)
      cut(probe);
    advance(3s);
  }
  CHECK(of_type(sent(), "actor.Watch").empty());
  CHECK(peer_endpoint()->has_way_back());
  // one is still open
  cut(in);
  CHECK_FALSE(peer_endpoint()->has_way_back());
  advance(dial_limit + 2s);
  CHECK_EQ(alice.downs(), reasons{unreachable});
}

TEST_CASE_FIXTURE(watching_fixture,
                  "a peer that lost its stream to us is asked "
                  "to come back") {
  cut(in);
  advance(2s);
  auto answer = answer_to(sent());
  in = accept();
  receive(in, {answer});
  advance(1min);
  CHECK(alice.downs().empty());
}

TEST_CASE_FIXTURE(watching_fixture, "a peer that does not come back takes its "
                                    "actors along") {
  cut(in);
  advance(dial_limit - 2s);
  CHECK(alice.downs().empty());
  advance(4s);
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(of_type(sent(), "actor.Unwatch").size(), 1);
  // what comes later finds nobody
  receive(accept(), {terminated_of("joe")});
  advance(1min);
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(watching_fixture, "an actor of a peer that did not come back "
                                    "can be watched again") {
  cut(in);
  advance(dial_limit + 2s);
  REQUIRE_EQ(alice.downs().size(), 1);
  in = accept();
  alice.monitor(remote("joe"));
  run();
  receive(in, {terminated_of("joe")});
  CHECK_EQ(alice.downs(), reasons{unreachable, caf::exit_reason::normal});
}

// The connection is dead, but we do not know yet.
TEST_CASE_FIXTURE(watching_fixture,
                  "a Watch that waits to be sent again does not "
                  "hide the first one from a restart") {
  auto out = last_dialled();
  out->hold_writes();
  send(remote("jim"), make_ping("hi"));
  in = accept();
  advance(2s);
  CHECK_EQ(summary(sent()), strings{"caf_remote.test.Ping jim"});
  cut(out);
  shake_hands("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  // for nobody, and taken back
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe", "actor.Unwatch joe"});
  alice.monitor(remote("joe"));
  run();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
  receive(accept("member-b"), {terminated_of("joe")});
  CHECK_EQ(alice.downs(), reasons{unreachable, caf::exit_reason::normal});
}

TEST_CASE_FIXTURE(watching_fixture, "who observes what a Go node is known to "
                                    "watch for us shares the watch") {
  auto bob = spawn_witness();
  SUBCASE("while our stream to it is up") {
    bob.monitor(remote("joe"));
    run();
    cut(last_dialled());
  }
  SUBCASE("since before it came back") {
    cut(last_dialled());
    bob.monitor(remote("joe"));
    run();
    shake_hands();
    sent();
    cut(last_dialled());
    advance(2s); // not at once after so short a time
  }
  shake_hands("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(bob.downs(), reasons{unreachable});
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(loss_fixture, "two observers from the beginning share their "
                                "watch of a Go node's actor") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(remote("joe"));
  bob.monitor(remote("joe"));
  run();
  shake_hands();
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe"});
  cut(last_dialled());
  shake_hands("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(bob.downs(), reasons{unreachable});
}

TEST_CASE_FIXTURE(loss_fixture,
                  "a Terminated for an earlier run of ours is for "
                  "nobody") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands();
  auto in = accept();
  auto late = terminated_of("joe");
  late.target.id = std::string{watcher_prefix} + "earlier@" + peer_address;
  receive(in, {late});
  CHECK(alice.downs().empty());
  receive(in, {terminated_of("joe")});
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(loss_fixture, "a peer that can never reach us cannot be "
                                "watched") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(remote("joe"));
  bob.link_to(remote("jim"));
  run();
  shake_hands();
  advance(dial_limit + 2s);
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(bob.exits(), reasons{unreachable});
  CHECK_NE(peer_endpoint(), nullptr);
  CHECK_EQ(std::count_if(log_lines->begin(), log_lines->end(),
                         [](const std::string& x) {
                           return x.find("does not connect to us")
                                  != std::string::npos;
                         }),
           1);
}

struct hanging_up_fixture : loss_fixture {
  /// The peer ends each stream right after the handshake, until its watcher has
  /// been told or should have been.
  void hang_up_each_time(const witness& watcher) {
    size_t met = 0;
    for (auto passed = 0s; passed <= dial_limit + 10s; passed += 1s) {
      if (dials() > met && watcher.downs().empty()) {
        met = dials();
        shake_hands();
        cut(last_dialled());
      }
      advance(1s);
    }
  }
};

TEST_CASE_FIXTURE(hanging_up_fixture,
                  "a peer that hangs up at each Watch is given up "
                  "in time") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  hang_up_each_time(alice);
  CHECK_EQ(alice.downs(), reasons{unreachable});
}

TEST_CASE_FIXTURE(hanging_up_fixture,
                  "so is one that hangs up at each Watch though "
                  "it has a stream to us") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  accept();
  hang_up_each_time(alice);
  CHECK_EQ(alice.downs(), reasons{unreachable});
}

TEST_CASE_FIXTURE(watching_fixture, "so is one that does so only when it could "
                                    "not tell us") {
  for (auto passed = 0s; passed <= 2 * dial_limit; passed += 10s) {
    if (!alice.downs().empty())
      break;
    cut(last_dialled());
    advance(2s);
    shake_hands();
    advance(8s);
  }
  CHECK_EQ(alice.downs(), reasons{unreachable});
}

TEST_CASE("no watch is given up before the peer was asked, however short the "
          "attempts to connect") {
  options opts;
  opts.max_retry_count = 1;
  opts.connect_timeout = 1s;
  loss_fixture x{opts};
  auto alice = x.spawn_witness();
  alice.monitor(x.remote("joe"));
  x.run();
  x.shake_hands();
  auto in = x.accept();
  x.cut(x.last_dialled());
  x.shake_hands();
  x.sent();
  x.advance(2s);
  x.receive(in, {x.answer_to(x.sent())});
  x.advance(1min);
  CHECK(alice.downs().empty());
}

TEST_CASE_FIXTURE(watching_fixture,
                  "an answer shows that the peer takes watches "
                  "again") {
  for (auto passed = 0s; passed <= 2 * dial_limit; passed += 6s) {
    cut(last_dialled());
    advance(2s);
    shake_hands();
    advance(2s);
    receive(in, {answer_to(sent())});
    advance(2s);
    sent();
  }
  CHECK(alice.downs().empty());
  advance(dial_limit);
  CHECK(of_type(sent(), wire::touch::type_name).empty());
}

TEST_CASE_FIXTURE(watched_fixture,
                  "an Unwatch of the stream before does not take "
                  "a watch of this one along") {
  receive(in, {watch_of("alice", "w", 1)});
  auto next = accept();
  receive(next, {watch_of("alice", "w", 2)});
  receive(in,
          {make_system_envelope("alice", wire::unwatch::type_name,
                                wire::encode(wire::unwatch{{"", "w", 1}}))});
  end_alice();
  CHECK_EQ(of_type(sent(), "actor.Terminated").size(), 1);
}

TEST_CASE_FIXTURE(loss_fixture, "a peer that hangs up on us for want of a way "
                                "back is given up in time") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  // it tries for 8 s each time, and each time we come back at once
  for (auto passed = 0s; passed <= dial_limit; passed += 8s) {
    shake_hands();
    advance(8s);
    if (alice.downs().empty())
      cut(last_dialled());
  }
  CHECK_EQ(alice.downs(), reasons{unreachable});
}

TEST_CASE_FIXTURE(watching_fixture,
                  "while we have no stream ourselves, our own "
                  "attempts decide") {
  cut(in);
  cut(last_dialled());
  advance(20s);
  CHECK(alice.downs().empty());
  refuse_all_connections();
  CHECK_EQ(alice.downs(), reasons{unreachable});
}

TEST_CASE_FIXTURE(loss_fixture, "a peer that was dialled under another name "
                                "has its streams counted all the same") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe", "alias.example:9000"));
  run();
  shake_hands();
  accept();
  advance(1min);
  CHECK(alice.downs().empty());
}

TEST_CASE_FIXTURE(watching_fixture,
                  "without watches nobody is asked anything") {
  alice.demonitor(remote("joe"));
  run();
  sent();
  cut(in);
  advance(1min);
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(loss_fixture, "a node with two addresses tells apart who "
                                "watches by which") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands();
  bob.monitor(remote("joe", "alias.example:9000"));
  run();
  shake_hands();
  auto in = accept();
  auto end = terminated_of("joe");
  end.target.id = watcher_id("alias.example:9000");
  receive(in, {end});
  CHECK(alice.downs().empty());
  CHECK_EQ(bob.downs().size(), 1);
  receive(in, {terminated_of("joe")});
  CHECK_EQ(alice.downs().size(), 1);
}

// -- names that change hands --------------------------------------------------

struct numbered_fixture : loss_fixture {
  numbered_fixture() {
    connect(peer_member, caf_remote_intro(1 << 20));
    in = accept(peer_member, peer_address, caf_remote_intro(1 << 20));
    sent();
  }

  /// The numbers of the watches that were sent.
  std::vector<uint32_t> numbers() {
    std::vector<uint32_t> result;
    for (auto& x : of_type(sent(), "actor.Watch")) {
      wire::watch msg;
      REQUIRE(wire::decode(x.payload, msg));
      result.push_back(msg.watcher.request_id);
    }
    return result;
  }

  fake_stream_ptr in;
};

/// Two observers of joe: the Watch of one was written, the other's waits.
struct waiting_fixture : numbered_fixture {
  waiting_fixture() : alice(spawn_witness()), bob(spawn_witness()) {
    alice.monitor(remote("joe"));
    run();
    sent();
    auto out = last_dialled();
    out->hold_writes();
    send(remote("jim"), make_ping("hi"));
    bob.monitor(remote("joe"));
    run();
    CHECK_EQ(summary(sent()), strings{"caf_remote.test.Ping jim"});
    cut(out);
  }

  witness alice;
  witness bob;
};

TEST_CASE_FIXTURE(waiting_fixture, "who began to observe before the restart, "
                                   "but whose Watch waits, watches the new "
                                   "incarnation") {
  auto next = [this](const std::string& member_id) {
    shake_hands(member_id, caf_remote_intro(1 << 20));
  };
  next("member-b");
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK(bob.downs().empty());
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe", "actor.Watch joe"});
  SUBCASE("whose actor ends") {
    receive(accept("member-b", peer_address, caf_remote_intro(1 << 20)),
            {terminated_of("joe")});
    CHECK_EQ(bob.downs(), reasons{caf::exit_reason::normal});
  }
  SUBCASE("which restarts, too") {
    cut(last_dialled());
    advance(2s);
    next("member-c");
    CHECK_EQ(bob.downs(), reasons{unreachable});
    CHECK(sent().empty());
  }
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(waiting_fixture, "a further Watch that waits is taken back "
                                   "when the peer has restarted and nobody is "
                                   "left whom it is for") {
  bob.demonitor(remote("joe"));
  run();
  shake_hands("member-b", caf_remote_intro(1 << 20));
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK(bob.downs().empty());
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe", "actor.Unwatch joe"});
}

/// Alice watches joe at a peer that has restarted: joe's watcher hears of that
/// next, and of what is done before `run` only afterwards.
struct restart_fixture : numbered_fixture {
  restart_fixture()
    : joe(remote("joe")), alice(spawn_witness()), bob(spawn_witness()) {
    alice.monitor(joe);
    run();
    sent();
    peer_endpoint()->post_to_watcher(peer_connected{1, false});
  }

  void begin_to_watch(const witness& x) {
    proxy().attach(caf::default_attachable::make_monitor(proxy().address(),
                                                         x.hdl->address()));
  }

  void end_to_watch(const witness& x) {
    proxy().detach(caf::default_attachable::observe_token{
      x.hdl->address(), caf::default_attachable::monitor});
  }

  caf::abstract_actor& proxy() const {
    return *caf::actor_cast<caf::abstract_actor*>(joe);
  }

  caf::actor joe;
  witness alice;
  witness bob;
};

TEST_CASE_FIXTURE(restart_fixture, "a further Watch is taken back also if its "
                                   "observer goes at once") {
  begin_to_watch(bob);
  end_to_watch(bob);
  run();
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(summary(sent()), strings{"actor.Watch joe", "actor.Unwatch joe"});
}

TEST_CASE("watches that go on with another incarnation are renewed no faster "
          "than they can be sent") {
  options opts;
  opts.control_messages = 10;
  loss_fixture fix{opts};
  auto intro = actor_fixture::caf_remote_intro(1 << 20);
  fix.connect(actor_fixture::peer_member, intro);
  auto alice = fix.spawn_witness();
  auto bob = fix.spawn_witness();
  auto watch_all = [&](witness& x) {
    for (int i = 0; i < 8; ++i)
      x.monitor(fix.remote("joe-" + std::to_string(i)));
    fix.run();
  };
  watch_all(alice);
  fix.cut(fix.last_dialled());
  watch_all(bob);
  fix.shake_hands("member-b", intro);
  CHECK_EQ(alice.downs().size(), 8);
  CHECK(bob.downs().empty());
  CHECK_NE(fix.peer_endpoint(), nullptr);
}

TEST_CASE_FIXTURE(restart_fixture, "who watches anew while a restart is about "
                                   "to be told watches the new incarnation") {
  end_to_watch(alice);
  begin_to_watch(bob);
  run();
  CHECK(alice.downs().empty());
  CHECK(bob.downs().empty());
  receive(in, {terminated_of("joe", 0, numbers().back())});
  CHECK_EQ(bob.downs(), reasons{caf::exit_reason::normal});
}

TEST_CASE_FIXTURE(numbered_fixture, "each observer hears of the end of whoever "
                                    "had the name when it came") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(remote("joe"));
  bob.monitor(remote("joe"));
  bob.link_to(remote("joe"));
  run();
  auto xs = numbers();
  REQUIRE_EQ(xs.size(), 3);
  SUBCASE("the former holder ends first") {
    receive(in, {terminated_of("joe", 0, xs[0])});
    CHECK_EQ(alice.downs().size(), 1);
    CHECK(bob.downs().empty());
    CHECK(bob.exits().empty());
    receive(in, {terminated_of("joe", xs[0] + 1, xs[2])});
  }
  SUBCASE("the new holder ends first") {
    receive(in, {terminated_of("joe", xs[0] + 1, xs[2])});
    CHECK(alice.downs().empty());
    CHECK_EQ(bob.downs().size(), 1);
    CHECK_EQ(bob.exits().size(), 1);
    receive(in, {terminated_of("joe", 0, xs[0])});
  }
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(bob.downs().size(), 1);
  CHECK_EQ(bob.exits().size(), 1);
}

TEST_CASE_FIXTURE(numbered_fixture, "a renewed watch has the number of the "
                                    "latest observer") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  alice.monitor(remote("joe"));
  run();
  auto xs = numbers();
  REQUIRE_EQ(xs.size(), 2);
  cut(last_dialled());
  shake_hands(peer_member, caf_remote_intro(1 << 20));
  CHECK_EQ(numbers(), std::vector<uint32_t>{xs[1]});
}

TEST_CASE_FIXTURE(numbered_fixture, "who publishes a name after another is "
                                    "watched in its own right") {
  auto x = publish_witness("name");
  receive(in, {watch_of("name", "$watcher@x:1", 1)});
  REQUIRE_FALSE(home->processes->unpublish("name"));
  auto y = publish_witness("name");
  receive(in, {watch_of("name", "$watcher@x:1", 2)});
  strings ends;
  auto look = [&] {
    for (auto& e : of_type(sent(), "actor.Terminated")) {
      wire::terminated msg;
      REQUIRE(wire::decode(e.payload, msg));
      ends.push_back(std::to_string(e.target.request_id) + ".."
                     + std::to_string(msg.who.request_id));
    }
  };
  y.quit();
  run();
  look();
  CHECK_EQ(ends, strings{"2..2"});
  x.quit();
  run();
  look();
  CHECK_EQ(ends, strings{"2..2", "0..1"});
}

// -- what a bound keeps from being sent ---------------------------------------

TEST_CASE("a Watch that does not fit a frame ends in a down") {
  options opts;
  opts.max_batch_bytes = 1024;
  loss_fixture fix{opts};
  auto alice = fix.spawn_witness();
  auto name = std::string(1000, 'x');
  alice.monitor(fix.remote(name));
  fix.run();
  fix.shake_hands();
  CHECK_EQ(alice.downs(), reasons{unreachable});
  // others are not concerned
  alice.monitor(fix.remote("joe"));
  fix.run();
  CHECK_EQ(of_type(fix.sent(), "actor.Watch").size(), 1);
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_SUITE_END();

} // namespace
