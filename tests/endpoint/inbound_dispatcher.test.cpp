// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "caf_remote/endpoint/activator.hpp"

#include "support/actor_fixture.hpp"
#include "support/text.hpp"

#include "remote.pb.h"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// Connected in both directions.
struct dispatcher_fixture : actor_fixture {
  explicit dispatcher_fixture(options opts = {})
    : actor_fixture(std::move(opts)) {
    out = connect();
    in = accept();
  }

  void receive_all(const std::vector<envelope>& xs) {
    receive(in, xs);
  }

  /// DeadLetterResponses since the last look.
  std::vector<envelope> told() {
    return of_type(sent(), "actor.DeadLetterResponse");
  }

  size_t refused() const {
    return home->snapshot().refused_envelopes;
  }

  fake_stream_ptr out;
  fake_stream_ptr in;
};

envelope from_requester(envelope x, uint32_t request_id = 7) {
  x.sender = {"", "requester", request_id};
  return x;
}

envelope ping_to(const std::string& id, const std::string& text = "x") {
  return make_envelope_for(id, make_ping(text));
}

TEST_SUITE_BEGIN("endpoint.inbound_dispatcher");

// -- user messages ------------------------------------------------------------

TEST_CASE_FIXTURE(dispatcher_fixture, "a registered type arrives decoded") {
  auto alice = publish_witness("alice");
  receive_all({ping_to("alice", "hi")});
  CHECK_EQ(alice.texts(), strings{"hi"});
}

TEST_CASE_FIXTURE(dispatcher_fixture, "JSON arrives decoded as well") {
  auto alice = publish_witness("alice");
  auto x = ping_to("alice");
  x.serializer_id = wire::json_serializer;
  x.payload = R"({"text": "hi"})";
  receive_all({x});
  CHECK_EQ(alice.texts(), strings{"hi"});
}

TEST_CASE_FIXTURE(dispatcher_fixture, "JSON that is too long to be read is "
                                      "refused with what can be done") {
  auto alice = publish_witness("alice");
  auto limit = home->opts.inbound_bytes / 128;
  auto x = ping_to("alice");
  x.serializer_id = wire::json_serializer;
  std::string empty = R"({"text":""})";
  x.payload = R"({"text":")" + std::string(limit - empty.size(), 'x') + "\"}";
  receive_all({x});
  CHECK_EQ(alice.texts().size(), 1);
  x.payload += ' ';
  receive_all({x});
  CHECK_EQ(alice.texts().size(), 1);
  auto& line = log_lines->back();
  CHECK(contains(
    line, "message_too_large: " + std::to_string(limit + 1)
            + " bytes of JSON, the limit is " + std::to_string(limit)
            + ": send Protobuf, or raise inbound-bytes at the receiver"));
}

TEST_CASE_FIXTURE(dispatcher_fixture, "an unknown type arrives raw") {
  auto alice = publish_witness("alice");
  receive_all({make_system_envelope("alice", "other.Type", "bytes")});
  auto xs = alice.all<raw_message>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "other.Type");
  CHECK_EQ(xs[0].bytes, "bytes");
  CHECK_EQ(xs[0].serializer_id, 0);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "an actor may receive everything raw") {
  auto alice = spawn_witness();
  publish(alice.hdl, "alice", delivery_mode::raw);
  auto x = ping_to("alice", "hi");
  x.serializer_id = 42;
  receive_all({x});
  auto xs = alice.all<raw_message>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "caf_remote.test.Ping");
  CHECK_EQ(xs[0].serializer_id, 42);
  CHECK_EQ(xs[0].bytes, make_ping("hi").SerializeAsString());
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "a handler's answer goes to the requester "
                  "with its request id") {
  publish_echo("echo");
  receive_all({from_requester(ping_to("echo", "hi"), 4711)});
  auto xs = sent();
  REQUIRE_EQ(texts_of(xs), strings{"hi"});
  CHECK_EQ(xs[0].target.id, "requester");
  CHECK_EQ(xs[0].target.request_id, 4711);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "a message with a sender and no request "
                                      "id is answered by a message") {
  publish_echo("echo");
  receive_all({from_requester(ping_to("echo", "hi"), 0)});
  auto xs = sent();
  REQUIRE_EQ(texts_of(xs), strings{"hi"});
  CHECK_EQ(xs[0].target.id, "requester");
  CHECK_EQ(xs[0].target.request_id, 0);
  CHECK_EQ(xs[0].sender, pid{own_address, "echo"});
}

TEST_CASE_FIXTURE(dispatcher_fixture, "the header can be read by the handler") {
  auto seen = std::make_shared<message_header>();
  publish(sys.spawn([seen](caf::event_based_actor* self) -> caf::behavior {
    return {[seen, self](const Ping&) { *seen = header_of(self); }};
  }),
          "alice");
  auto x = ping_to("alice");
  x.header = {{"k", "v"}};
  receive_all({x});
  CHECK_EQ(*seen, message_header{{"k", "v"}});
  receive_all({ping_to("alice")});
  CHECK(seen->empty());
}

// -- whose targets ------------------------------------------------------------

TEST_CASE("targets are ours under every address that means us") {
  options opts;
  opts.aliases = {"alias.example:80"};
  dispatcher_fixture fix{opts};
  auto alice = fix.publish_witness("alice");
  for (auto address : {"", "nonhost", "127.0.0.1:8090", "localhost:8090",
                       "[::1]:8090", "alias.example:80"}) {
    auto x = ping_to("alice", address);
    x.target.address = address;
    fix.receive_all({x});
    REQUIRE_FALSE(alice.texts().empty());
    CHECK_EQ(alice.texts().back(), address);
  }
}

TEST_CASE_FIXTURE(dispatcher_fixture, "a target of another node is a dead "
                                      "letter and never relayed") {
  publish_witness("alice");
  for (auto address : {"127.0.0.1:8091", "10.0.0.1:8090", "localhost"}) {
    auto x = from_requester(ping_to("alice"));
    x.target.address = address;
    receive_all({x});
  }
  CHECK_EQ(dead_letters(errc::dead_letter), 3);
  CHECK_EQ(told().size(), 3);
  CHECK_EQ(dials(), 1);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "bare ids of the newer wire generation "
                                      "are understood") {
  auto alice = publish_witness("alice");
  remote::RemoteMessage msg;
  auto& batch = *msg.mutable_message_batch();
  batch.add_type_names("caf_remote.test.Ping");
  batch.add_targets("alice");
  batch.add_envelopes()->set_message_data(make_ping("hi").SerializeAsString());
  in->receive(msg.SerializeAsString());
  run();
  CHECK_EQ(alice.texts(), strings{"hi"});
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "only what was given a name is reachable") {
  auto hidden = spawn_witness();
  auto number = std::to_string(hidden.hdl->id());
  auto id = "$" + number + "." + home->run;
  receive_all({ping_to(id), ping_to(number)});
  CHECK(hidden.texts().empty());
  // it has sent a message out, so it can be answered from now on
  caf::send_as(hidden.hdl, remote("joe"), make_ping("hi"));
  run();
  receive_all({ping_to(id, "answer")});
  CHECK_EQ(hidden.texts(), strings{"answer"});
  // for as long as it lives
  hidden.quit();
  run();
  receive_all({ping_to(id)});
  CHECK_EQ(dead_letters(errc::dead_letter), 3);
}

// -- dead letters -------------------------------------------------------------

TEST_CASE_FIXTURE(
  dispatcher_fixture,
  "a message for nobody: a dead letter, the requester is told") {
  receive_all({from_requester(ping_to("nobody", "hi")), ping_to("nobody")});
  CHECK_EQ(dead_letters(errc::dead_letter), 2);
  auto xs = told();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].target.id, "requester");
  CHECK_EQ(xs[0].target.request_id, 7);
  CHECK_EQ(xs[0].sender.id, "");
  auto letters = events.all<dead_letter>();
  REQUIRE_EQ(letters.size(), 2);
  CHECK_EQ(letters[0].pid, pid{own_address, "nobody"});
  CHECK_EQ(letters[0].sender, pid{peer_address, "requester"});
}

TEST_CASE_FIXTURE(dispatcher_fixture, "dead letters are not answered by dead "
                                      "letters") {
  auto x = make_system_envelope("nobody", "actor.DeadLetterResponse");
  x.target.request_id = 99;
  receive_all({from_requester(x)});
  CHECK(told().empty());
}

/// Requests and plain messages of the peer that no handler takes.
struct untaken_fixture : dispatcher_fixture {
  void check_told_once(envelope x) {
    auto before = dead_letters(errc::dead_letter);
    receive_all({x});
    settle();
    CHECK_EQ(told().size(), x.sender.id.empty() ? 0 : 1);
    CHECK_EQ(dead_letters(errc::dead_letter), before + 1);
  }

  void check_all() {
    SUBCASE("a request") {
      check_told_once(from_requester(ping_to("alice")));
    }
    SUBCASE("a message with a sender") {
      check_told_once(from_requester(ping_to("alice"), 0));
    }
    SUBCASE("a message without a sender") {
      check_told_once(ping_to("alice"));
    }
    SUBCASE("a raw message") {
      check_told_once(
        from_requester(make_system_envelope("alice", "other.Type")));
    }
  }

  /// What lets the fate of the message show.
  std::function<void()> settle = [] {};
};

TEST_CASE_FIXTURE(untaken_fixture, "a message that no handler matches is told "
                                   "exactly once") {
  publish(sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    return {[](const Blob&) {}};
  }),
          "alice");
  check_all();
}

TEST_CASE_FIXTURE(untaken_fixture, "a message that was skipped until the actor "
                                   "ended is told exactly once") {
  auto hdl = sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::skip);
    return {[](const Blob&) {}};
  });
  publish(hdl, "alice");
  settle = [&] {
    caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
    run();
  };
  check_all();
}

TEST_CASE_FIXTURE(untaken_fixture, "what is in the mailbox of an actor that "
                                   "ends is told exactly once") {
  auto alice = publish_witness("alice");
  alice.quit();
  check_all();
  CHECK(alice.texts().empty());
}

TEST_CASE_FIXTURE(dispatcher_fixture, "an actor that failed answers with an "
                                      "error") {
  publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {
      [](const Ping&) -> caf::result<Ping> { return caf::sec::runtime_error; }};
  }),
          "alice");
  receive_all({from_requester(ping_to("alice"))});
  auto xs = told();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].target.request_id, 7);
  CHECK_EQ(dead_letters(errc::dead_letter), 0);
}

// -- bad input ----------------------------------------------------------------

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "a fault costs its envelope only, and the "
                  "rest is delivered in order") {
  auto alice = publish_witness("alice");
  remote::RemoteMessage msg;
  auto& batch = *msg.mutable_message_batch();
  batch.add_type_names("caf_remote.test.Ping");
  batch.add_type_names("");
  actor::PID target;
  target.set_id("alice");
  batch.add_targets(target.SerializeAsString());
  batch.add_targets(std::string{"\x01", 1});
  batch.add_targets("bad\xff");
  auto& requester = *batch.add_senders();
  requester.set_id("requester");
  batch.add_senders()->set_address("not an address");
  batch.mutable_senders(1)->set_id("x");
  auto add = [&](const std::string& text) {
    auto x = batch.add_envelopes();
    x->set_message_data(make_ping(text).SerializeAsString());
    return x;
  };
  auto answered = true; // the sender is known, so it can be told
  add("first");
  auto bad = add("bad");
  bad->set_sender(1);
  bad->set_sender_request_id(3);
  SUBCASE("type index = size") {
    bad->set_type_id(2);
  }
  SUBCASE("type index negative") {
    bad->set_type_id(-1);
  }
  SUBCASE("type index huge") {
    bad->set_type_id(INT32_MAX);
  }
  SUBCASE("empty type name") {
    bad->set_type_id(1);
  }
  SUBCASE("target index = size") {
    bad->set_target(3);
  }
  SUBCASE("target index negative") {
    bad->set_target(INT32_MIN);
  }
  SUBCASE("target with a control character") {
    bad->set_target(1);
  }
  SUBCASE("target that is not UTF-8") {
    bad->set_target(2);
  }
  SUBCASE("sender index above size") {
    bad->set_sender(3);
    answered = false;
  }
  SUBCASE("sender index negative") {
    bad->set_sender(-1);
    answered = false;
  }
  SUBCASE("sender with an unusable address") {
    bad->set_sender(2);
    answered = false;
  }
  SUBCASE("unknown serializer") {
    bad->set_serializer_id(42);
  }
  SUBCASE("negative serializer") {
    bad->set_serializer_id(-1);
  }
  SUBCASE("payload that does not parse") {
    bad->set_message_data("\xff\xff");
  }
  SUBCASE("a string that is not UTF-8") {
    bad->set_message_data(std::string{"\x0a\x01\xff", 3});
  }
  SUBCASE("broken JSON") {
    bad->set_serializer_id(wire::json_serializer);
    bad->set_message_data("{\"text\":");
  }
  SUBCASE("too many headers") {
    for (int i = 0; i < 65; ++i)
      (*bad->mutable_message_header()
          ->mutable_header_data())[std::to_string(i)] = "v";
  }
  SUBCASE("headers that are too large") {
    (*bad->mutable_message_header()->mutable_header_data())["k"] = std::string(
      17000, 'v');
  }
  add("last");
  in->receive(msg.SerializeAsString());
  run();
  CHECK_EQ(alice.texts(), strings{"first", "last"});
  CHECK_EQ(refused(), 1);
  CHECK_FALSE(log_lines->empty());
  CHECK_FALSE(in->over());
  auto xs = told();
  REQUIRE_EQ(xs.size(), answered ? 1 : 0);
  if (answered)
    CHECK_EQ(xs[0].target.request_id, 3);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "log lines have no control characters of "
                                      "a peer") {
  auto x = ping_to("nobody");
  x.target.id = "evil\nline";
  auto y = make_system_envelope("nobody", "evil\nline");
  receive_all({x, y});
  for (auto& line : *log_lines)
    CHECK_EQ(line.find('\n'), std::string::npos);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "system messages that lack a part are "
                                      "refused") {
  publish_witness("alice");
  for (auto type : {"actor.Watch", "actor.Unwatch", "actor.Terminated",
                    "remote.ActorPidRequest"})
    receive_all({make_system_envelope("alice", type)});
  for (auto type :
       {"actor.Watch", "actor.Unwatch", "actor.Terminated", "actor.Touched",
        "remote.ActorPidRequest", "remote.ActorPidResponse"})
    receive_all({make_system_envelope("alice", type, "\xff")});
  CHECK_EQ(refused(), 10);
  CHECK_FALSE(in->over());
}

envelope watch_of(const std::string& id, const std::string& watcher = "w") {
  return make_system_envelope(id, wire::watch::type_name,
                              wire::encode(wire::watch{{"", watcher, 0}}));
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "who watches an actor of a foreign address "
                  "hears that there is none, by the "
                  "address that it knows") {
  publish_witness("alice");
  auto foreign = watch_of("alice");
  foreign.target.address = "alias.example:1";
  receive_all({foreign, watch_of("alice")});
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
  auto take_back = make_system_envelope("alice", wire::unwatch::type_name,
                                        foreign.payload);
  take_back.target.address = foreign.target.address;
  auto check_answer = [&] {
    auto xs = of_type(sent(), wire::terminated::type_name);
    REQUIRE_EQ(xs.size(), 1);
    wire::terminated msg;
    REQUIRE(wire::decode(xs[0].payload, msg));
    CHECK_EQ(xs[0].target.id, "w");
    CHECK_EQ(msg.who.address, "alias.example:1");
    CHECK_EQ(msg.who.id, "alice");
    CHECK_EQ(msg.why, wire::terminated_reason::not_found);
  };
  check_answer();
  SUBCASE("again if the stream took it along") {
    cut(out);
    shake_hands();
    check_answer();
  }
  SUBCASE("unless it does not watch any more") {
    receive_all({take_back});
    cut(out);
    shake_hands();
    CHECK(sent().empty());
  }
  CHECK_FALSE(in->finished());
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "a Watch that cannot be answered ends the "
                  "peer's streams") {
  publish_witness("alice");
  envelope x;
  SUBCASE("a name that is too long") {
    x = watch_of(std::string(max_id_length + 1, 'x'));
  }
  SUBCASE("a watcher whose name is too long") {
    x = watch_of("alice", std::string(max_id_length + 1, 'w'));
  }
  SUBCASE("a watcher with a name that is none here") {
    x = watch_of("alice", "w\nw");
  }
  SUBCASE("a sender without a usable address") {
    x = watch_of("alice");
    x.sender = {"nowhere", "w", 0};
  }
  receive_all({x});
  CHECK_EQ(refused(), 1);
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, transport::status_code::unavailable);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "a Watch for the watcher of another node "
                                      "costs itself") {
  auto x = watch_of(std::string(max_id_length + 1, 'x'));
  x.payload = wire::encode(wire::watch{{"10.0.0.1:1", "w", 0}});
  receive_all({x});
  CHECK_EQ(refused(), 1);
  CHECK_FALSE(in->finished());
}

// -- answers ------------------------------------------------------------------

/// Addresses a message to who sent the request `asked`.
envelope answer_to(const envelope& asked, envelope x) {
  x.target.id = asked.sender.id;
  x.target.request_id = asked.sender.request_id;
  return x;
}

/// A request of ours is under way.
struct request_fixture : dispatcher_fixture {
  request_fixture() : answer(request(remote("joe"), make_ping("question"))) {
    asked = sent().at(0);
  }

  /// Addresses a message to the requester.
  envelope reply(envelope x) {
    return answer_to(asked, std::move(x));
  }

  outcome_ptr answer;
  envelope asked;
};

TEST_CASE_FIXTURE(request_fixture, "an answer comes to the requester once") {
  CHECK_EQ(asked.sender.address, own_address);
  CHECK_NE(asked.sender.request_id, 0);
  receive_all({reply(ping_to("", "answer")), reply(ping_to("", "again"))});
  REQUIRE_EQ(answer->as<Ping>().size(), 1);
  CHECK_EQ(answer->as<Ping>()[0].text(), "answer");
  CHECK_EQ(home->pending.size(), 0);
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
}

TEST_CASE_FIXTURE(request_fixture, "a DeadLetterResponse is an error at once") {
  receive_all({reply(make_system_envelope("", "actor.DeadLetterResponse"))});
  CHECK(answer->failed_with(errc::dead_letter));
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(request_fixture,
                  "an answer that does not decode is an error") {
  auto x = reply(ping_to(""));
  x.payload = "\xff\xff";
  receive_all({x});
  CHECK_EQ(answer->answers, 1);
  CHECK_NE(code_of(answer->reason), errc::none);
  CHECK_EQ(refused(), 1);
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(request_fixture, "a node that the request was passed on to "
                                   "answers it") {
  auto third = accept("member-x", "127.0.0.1:7777");
  receive(third, {reply(ping_to("", "answer"))});
  REQUIRE_EQ(answer->as<Ping>().size(), 1);
  CHECK_EQ(answer->as<Ping>()[0].text(), "answer");
  // once
  receive_all({reply(ping_to("", "again"))});
  CHECK_EQ(answer->answers, 1);
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(request_fixture, "the peer may answer under another address "
                                   "than the one that we dialled") {
  auto other = accept(peer_member, "node.example:9000");
  receive(other, {reply(ping_to("", "answer"))});
  CHECK_EQ(answer->as<Ping>().size(), 1);
}

TEST_CASE_FIXTURE(request_fixture, "an empty result of a caf_remote peer is an "
                                   "empty answer") {
  auto done = std::make_shared<int>(0);
  sys.spawn([=, joe = remote("joe")](caf::event_based_actor* self) {
    self->request(joe, caf::infinite, make_ping("do it"))
      .then([done] { ++*done; }, [done](caf::error&) { *done = -1; });
  });
  run();
  asked = sent().at(0);
  auto x = reply(make_system_envelope("", "google.protobuf.Empty"));
  x.header = {{"caf-remote-empty-result", "1"}};
  receive_all({x});
  CHECK_EQ(*done, 1);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "an answer's header can be read") {
  auto seen = std::make_shared<message_header>();
  sys.spawn([=, joe = remote("joe")](caf::event_based_actor* self) {
    self->request(joe, caf::infinite, make_ping("question"))
      .then([=](const Ping&) { *seen = header_of(self); });
  });
  run();
  auto asked = sent().at(0);
  auto x = answer_to(asked, ping_to("", "answer"));
  x.header = {{"trace", "42"}};
  receive_all({x});
  CHECK_EQ(*seen, message_header{{"trace", "42"}});
}

TEST_CASE("answers count against the inbound bound") {
  options opts;
  opts.inbound_messages = 4;
  dispatcher_fixture fix{opts};
  auto good = std::make_shared<int>(0);
  auto failed = std::make_shared<int>(0);
  fix.sys.spawn([=, joe = fix.remote("joe")](caf::event_based_actor* self) {
    for (int i = 0; i < 10; ++i)
      self->request(joe, caf::infinite, make_ping("question"))
        .then([=](const Ping&) { ++*good; },
              [=](const caf::error& x) {
                if (code_of(x) == errc::queue_full)
                  ++*failed;
              });
  });
  fix.run();
  std::vector<envelope> answers;
  for (auto& asked : fix.sent()) {
    answers.push_back(answer_to(asked, ping_to("", "answer")));
  }
  REQUIRE_EQ(answers.size(), 10);
  // the requester cannot run before all of them are there
  fix.receive_all(answers);
  CHECK_EQ(*good, 2);
  CHECK_EQ(*failed, 8);
  CHECK_EQ(fix.home->pending.size(), 0);
  CHECK_EQ(fix.dead_letters(errc::queue_full), 8);
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "an answer that CAF does not wait for any "
                  "more is a dead letter") {
  auto requester = sys.spawn(
    [=, joe = remote("joe")](caf::event_based_actor* self) -> caf::behavior {
      self->request(joe, 1s, make_ping("question"))
        .then([](const Ping&) {}, [](const caf::error&) {});
      return {[](int) {}};
    });
  run();
  auto asked = sent().at(0);
  advance(2s);
  auto x = answer_to(asked, ping_to("", "answer"));
  receive_all({x});
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE("an actor that awaits an answer gets it, whatever else has come") {
  options opts;
  opts.inbound_messages = 4;
  dispatcher_fixture fix{opts};
  auto texts = std::make_shared<strings>();
  auto hdl = fix.sys.spawn([=, joe = fix.remote("joe")](
                             caf::event_based_actor* self) -> caf::behavior {
    self->request(joe, caf::infinite, make_ping("question"))
      .await([=](const Ping& x) { texts->push_back(x.text()); });
    return {[=](const Ping& x) { texts->push_back(x.text()); }};
  });
  fix.publish(hdl, "alice");
  fix.run();
  auto asked = fix.sent().at(0);
  auto x = answer_to(asked, ping_to("", "answer"));
  fix.receive_all({ping_to("alice", "1"), ping_to("alice", "2"),
                   ping_to("alice", "too many"), x});
  CHECK_EQ(*texts, strings{"answer", "1", "2"});
  CHECK_EQ(fix.dead_letters(errc::queue_full), 1);
}

TEST_CASE("answers that a blocking actor never looks at do not count") {
  options opts;
  opts.inbound_messages = 2;
  dispatcher_fixture fix{opts};
  caf::scoped_actor self{fix.sys};
  auto joe = fix.remote("joe");
  std::vector<envelope> answers;
  for (int i = 0; i < 3; ++i) {
    // as after a time-out: nobody waits
    self->request(joe, caf::infinite, make_ping("question"));
    fix.run();
  }
  for (auto& asked : fix.sent()) {
    answers.push_back(answer_to(asked, ping_to("", "late")));
  }
  REQUIRE_EQ(answers.size(), 3);
  fix.receive_all(answers);
  auto last = self->request(joe, caf::infinite, make_ping("question"));
  fix.run();
  auto asked = fix.sent().at(0);
  auto x = answer_to(asked, ping_to("", "answer"));
  fix.receive_all({x});
  std::string text;
  last.receive([&](const Ping& y) { text = y.text(); },
               [&](const caf::error& y) { text = render(y); });
  CHECK_EQ(text, "answer");
  CHECK_EQ(fix.dead_letters(errc::queue_full), 0);
}

TEST_CASE("what such answers hold is bounded, and freed with the actor") {
  options opts;
  opts.inbound_bytes = 64 * 1024;
  dispatcher_fixture fix{opts};
  auto joe = fix.remote("joe");
  constexpr size_t many = 10;
  auto ask = [&](caf::scoped_actor& self) {
    for (size_t i = 0; i < many; ++i) {
      self->request(joe, caf::infinite, make_ping("question"));
      fix.run();
    }
    std::vector<envelope> answers;
    for (auto& asked : fix.sent())
      answers.push_back(
        answer_to(asked, ping_to("", std::string(16 * 1024, 'x'))));
    REQUIRE_EQ(answers.size(), many);
    fix.receive_all(answers);
  };
  constexpr size_t kept = 3; // a fourth would be more than 64 KiB
  {
    caf::scoped_actor self{fix.sys};
    ask(self);
    CHECK_EQ(fix.dead_letters(errc::queue_full), many - kept);
    CHECK_EQ(fix.home->pending.size(), 0);
    // others are not held back
    auto alice = fix.publish_witness("alice");
    fix.receive_all({ping_to("alice")});
    CHECK_EQ(alice.texts().size(), 1);
  }
  // now nobody can take them any more
  CHECK_EQ(fix.dead_letters(errc::dead_letter), kept);
  caf::scoped_actor self{fix.sys};
  ask(self);
  CHECK_EQ(fix.dead_letters(errc::queue_full), 2 * (many - kept));
}

TEST_CASE_FIXTURE(dispatcher_fixture, "an Empty with many headers is no empty "
                                      "result") {
  auto failed = std::make_shared<int>(0);
  sys.spawn([=, joe = remote("joe")](caf::event_based_actor* self) {
    self->request(joe, caf::infinite, make_ping("do it"))
      .then(
        [] {},
        [=](const caf::error& x) { *failed = static_cast<int>(code_of(x)); });
  });
  run();
  auto asked = sent().at(0);
  auto x = answer_to(asked, make_system_envelope("", "google.protobuf.Empty"));
  for (int i = 0; i < 100; ++i)
    x.header.emplace("caf-remote-empty-result" + std::to_string(i), "1");
  receive_all({x});
  CHECK_EQ(*failed, static_cast<int>(errc::header_too_large));
}

// -- system messages ----------------------------------------------------------

TEST_CASE_FIXTURE(dispatcher_fixture, "Stop ends an actor at once, PoisonPill "
                                      "after the messages before it") {
  auto taken = std::make_shared<int>(0);
  auto hdl = sys.spawn([taken](caf::event_based_actor*) -> caf::behavior {
    return {[taken](const Ping&) { ++*taken; }};
  });
  publish(hdl, "alice");
  auto w = spawn_witness();
  w.monitor(hdl);
  run();
  auto expected = 0;
  auto type = "actor.Stop";
  SUBCASE("Stop") {}
  SUBCASE("PoisonPill") {
    type = "actor.PoisonPill";
    expected = 2;
  }
  receive_all({ping_to("alice"), ping_to("alice"),
               make_system_envelope("alice", type), ping_to("alice")});
  CHECK_EQ(*taken, expected);
  CHECK_EQ(w.downs(), std::vector<caf::error>{caf::exit_reason::user_shutdown});
  CHECK_EQ(dead_letters(errc::dead_letter), 3 - expected);
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "Touch is answered once, in order, and no "
                  "handler sees it") {
  auto alice = publish_witness("alice");
  uint32_t request_id = 5;
  SUBCASE("as a request") {}
  SUBCASE("as a message with a sender") {
    request_id = 0;
  }
  receive_all(
    {from_requester(make_system_envelope("alice", "actor.Touch"), request_id)});
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.Touched");
  CHECK_EQ(xs[0].target.id, "requester");
  CHECK_EQ(xs[0].target.request_id, request_id);
  wire::touched msg;
  REQUIRE(wire::decode(xs[0].payload, msg));
  CHECK_EQ(msg.who, pid{own_address, "alice"});
  CHECK_EQ(alice.size(), 0);
  CHECK_EQ(dead_letters(errc::dead_letter), 0);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "Touch of a blocking actor is answered "
                                      "without it") {
  caf::scoped_actor self{sys};
  publish(caf::actor{self.ptr()}, "alice");
  receive_all(
    {from_requester(make_system_envelope("alice", "actor.Touch"), 3)});
  auto xs = of_type(sent(), "actor.Touched");
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].target.request_id, 3);
  wire::touched answer;
  REQUIRE(wire::decode(xs[0].payload, answer));
  CHECK_EQ(answer.who, pid{own_address, "alice", 0});
  CHECK_FALSE(self->has_next_message());
}

TEST_CASE_FIXTURE(dispatcher_fixture, "Touch of a missing actor is a dead "
                                      "letter, told once") {
  receive_all({from_requester(make_system_envelope("nobody", "actor.Touch"))});
  CHECK_EQ(sent().size(), 1);
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
}

TEST_CASE_FIXTURE(dispatcher_fixture, "Touch of an ending actor is told once") {
  auto alice = publish_witness("alice");
  alice.quit();
  receive_all({from_requester(make_system_envelope("alice", "actor.Touch"))});
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
}

TEST_CASE_FIXTURE(dispatcher_fixture, "peers cannot stop the activator") {
  auto hdl = sys.spawn<caf::hidden>(activator, home);
  REQUIRE_FALSE(home->processes->publish(
    caf::actor_cast<caf::strong_actor_ptr>(hdl), activator_id,
    delivery_mode::decoded, process_kind::activator));
  receive_all({make_system_envelope(activator_id, "actor.Stop"),
               make_system_envelope(activator_id, "actor.PoisonPill")});
  CHECK_EQ(refused(), 2);
  receive_all(
    {from_requester(make_system_envelope(activator_id, "actor.Touch"))});
  CHECK_EQ(of_type(sent(), "actor.Touched").size(), 1);
  caf::anon_send_exit(hdl, caf::exit_reason::kill);
  run();
}

TEST_CASE_FIXTURE(dispatcher_fixture,
                  "nothing reaches an actor of the module's "
                  "own by its reply address, but the "
                  "answers to its requests") {
  auto hdl = sys.spawn<caf::hidden>(spawner, home);
  home->processes->conceal(caf::actor_cast<caf::strong_actor_ptr>(hdl));
  auto answer = request<caf::actor>(hdl, remote_spawn{peer_address, "k", ""});
  auto asked = sent().at(0);
  REQUIRE_EQ(asked.type_name, wire::actor_pid_request::type_name);
  auto name = asked.sender.id;
  auto watch = make_system_envelope(name, "actor.Watch",
                                    wire::encode(wire::watch{{"", "w"}}));
  receive_all({make_system_envelope(name, "actor.Stop"),
               make_system_envelope(name, "actor.PoisonPill"), ping_to(name),
               from_requester(ping_to(name)),
               from_requester(make_system_envelope(name, "actor.Touch")), watch,
               from_requester(make_system_envelope(
                 name, wire::actor_pid_request::type_name,
                 wire::encode(wire::actor_pid_request{"x", "y"})))});
  CHECK_EQ(dead_letters(errc::dead_letter), 6);
  auto xs = sent();
  CHECK_EQ(of_type(xs, "actor.DeadLetterResponse").size(), 3);
  auto ends = of_type(xs, "actor.Terminated");
  REQUIRE_EQ(ends.size(), 1);
  wire::terminated end;
  REQUIRE(wire::decode(ends[0].payload, end));
  CHECK(end.why == wire::terminated_reason::not_found);
  // nor in a roundabout way, as the sender of what a local actor answers
  publish_echo("echo");
  auto x = ping_to("echo");
  for (auto id : {name, std::string{activator_id}}) {
    x.sender = {own_address, id, 0};
    receive_all({x});
  }
  CHECK_EQ(dead_letters(errc::dead_letter), 8);
  auto response = make_system_envelope(
    name, wire::actor_pid_response::type_name,
    wire::encode(wire::actor_pid_response{pid{peer_address, "k-1"}, 0}));
  response.target.request_id = asked.sender.request_id;
  receive_all({response});
  CHECK_EQ(answer->as<caf::actor>().size(), 1);
  caf::anon_send_exit(hdl, caf::exit_reason::kill);
}

TEST_SUITE_END();

} // namespace
