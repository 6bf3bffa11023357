// SPDX-License-Identifier: BSD-3-Clause

// What streams to us claim about who opened them, against what we know better.

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;
using transport::status_code;

std::string hello(const std::string& member) {
  return wire::encode(
    wire::server_connection{member, actor_fixture::peer_address});
}

transport::metadata question() {
  auto result = actor_fixture::caf_remote_intro(1u << 20);
  result.emplace(introduction_key::question, "1");
  return result;
}

constexpr const char* elsewhere = "127.0.0.1:7777";

TEST_SUITE_BEGIN("endpoint.claims");

// -- a member id is public ----------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture,
                  "who claims a peer's member id does not divert "
                  "its messages") {
  std::string expected = "nonhost";
  transport::metadata intro;
  SUBCASE("of a Go node") {}
  SUBCASE("of a caf_remote node") {
    expected = "node.example:9000";
    intro = caf_remote_intro(1u << 20);
    intro.emplace(introduction_key::address, expected);
  }
  auto str = connect(peer_member, intro);
  auto stranger = accept(peer_member, elsewhere,
                         {{introduction_key::version, "1"},
                          {introduction_key::max_receive, "100000"},
                          {introduction_key::address, elsewhere}});
  CHECK_FALSE(stranger->over());
  send_ping(remote("joe"), "hello");
  CHECK_EQ(read_batches(str->take_written()).at(0).target,
           pid{expected, "joe"});
  // nor those of the next stream
  cut(str);
  str = shake_hands(peer_member, intro);
  send_ping(remote("joe"), "hello");
  CHECK_EQ(read_batches(str->take_written()).at(0).target,
           pid{expected, "joe"});
  CHECK_EQ(peer_endpoint()->read().member_id, peer_member);
}

TEST_CASE_FIXTURE(actor_fixture, "who claims a peer's member id before we dial "
                                 "it does not divert its messages") {
  accept(peer_member, elsewhere);
  send_ping(remote("joe"), "hello");
  auto str = last_dialled();
  str->complete_writes();
  str->receive(wire::encode(wire::connect_response{peer_member, false}));
  str->take_written();
  run();
  CHECK_EQ(read_batches(str->take_written()).at(0).target,
           pid{"nonhost", "joe"});
}

TEST_CASE_FIXTURE(actor_fixture, "who claims the member id of a node that has "
                                 "told its address speaks not for it") {
  auto intro = caf_remote_intro(1u << 20);
  intro.emplace(introduction_key::address, peer_address);
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  shake_hands(peer_member, intro);
  auto stranger = accept(peer_member, elsewhere);
  receive(stranger,
          {make_system_envelope(
            peer_endpoint()->watcher_id(), wire::terminated::type_name,
            wire::encode(wire::terminated{{"", "joe"},
                                          wire::terminated_reason::stopped}))});
  CHECK(alice.downs().empty());
}

// -- an address can be claimed by anybody -------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "who claims an address where we know somebody "
                                 "is let in only if the address confirms it") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  auto out = shake_hands(peer_member);
  auto answer = request(remote("joe"), make_ping("question"));
  auto stranger = accept("stranger");
  CHECK_FALSE(stranger->over());
  SUBCASE("it denies it") {
    answer_probe(peer_member);
  }
  SUBCASE("a third one answers") {
    answer_probe("somebody");
  }
  SUBCASE("nobody answers") {
    answer_probe();
  }
  SUBCASE("nobody answers in time") {
    auto probe = take_probe();
    advance(home->opts.connect_timeout);
    CHECK(probe->cancelled());
  }
  REQUIRE(stranger->finished());
  CHECK_EQ(stranger->finished()->code, status_code::unavailable);
  CHECK_FALSE(out->over());
  CHECK(alice.downs().empty());
  CHECK_EQ(answer->answers, 0);
  CHECK_EQ(home->snapshot().protocol_errors, 1);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->member_id(), peer_member);
  CHECK_FALSE(accept(peer_member)->over());
}

TEST_CASE_FIXTURE(actor_fixture, "a stream to us is not ended by a claim") {
  auto alice = publish_witness("alice");
  auto in = accept(peer_member);
  auto stranger = accept("stranger");
  answer_probe(peer_member);
  CHECK(stranger->finished());
  receive(in, {make_envelope_for("alice", make_ping("hi"))});
  CHECK_EQ(alice.texts(), strings{"hi"});
}

TEST_CASE_FIXTURE(actor_fixture, "who is known does not wait while another "
                                 "claim is in doubt") {
  connect(peer_member);
  auto stranger = accept("stranger");
  auto in = accept(peer_member);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 1);
  answer_probe(peer_member);
  CHECK(stranger->finished());
  CHECK_FALSE(in->over());
}

TEST_CASE_FIXTURE(actor_fixture, "a claim while we reconnect is no news") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  cut(shake_hands(peer_member));
  auto stranger = accept("stranger");
  answer_probe(peer_member);
  CHECK(stranger->finished());
  shake_hands(peer_member);
  CHECK(alice.downs().empty());
}

TEST_CASE_FIXTURE(actor_fixture, "what an alias is said to be stays with those "
                                 "who answer under it") {
  // the stranger listens and may answer what it likes
  send_ping(remote("joe"), "hello");
  auto out = shake_hands(peer_member);
  accept(peer_member, elsewhere);
  auto again = accept("stranger", elsewhere);
  answer_probe("stranger");
  // it has come to live where it says; our peer is asked, and still there
  answer_probe(peer_member);
  CHECK_FALSE(again->over());
  CHECK_FALSE(out->over());
  CHECK_EQ(events.count<endpoint_terminated>(), 0);
}

// -- what is claimed to be caf_remote -----------------------------------------

TEST_CASE_FIXTURE(actor_fixture,
                  "no claim makes a Go peer pass for caf_remote") {
  auto str = connect(peer_member);
  accept(peer_member, peer_address, caf_remote_intro(1u << 20));
  send(remote("joe"), raw_message{"other.Type", 0, "bytes"});
  send(remote("joe"), raw_message{"caf_remote.test.Ping", 42, "bytes"});
  CHECK(str->take_written().empty());
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 2);
}

TEST_CASE_FIXTURE(actor_fixture, "nor one that comes before we dial it") {
  accept(peer_member, peer_address, caf_remote_intro(1u << 20));
  send(remote("joe"), raw_message{"other.Type", 0, "bytes"});
  shake_hands(peer_member);
  CHECK(sent().empty());
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "an empty result for who claims to be "
                                 "caf_remote goes to who is") {
  publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const Ping&) {}};
  }),
          "alice");
  auto x = make_envelope_for("alice", make_ping("question"));
  x.sender = {"", "requester", 7};
  receive(accept(peer_member, peer_address, caf_remote_intro(1u << 20)), {x});
  REQUIRE_EQ(dials(), 1);
  std::string expected;
  transport::metadata intro;
  SUBCASE("it is") {
    expected = "google.protobuf.Empty";
    intro = caf_remote_intro(1u << 20);
  }
  SUBCASE("it is not") {
    expected = "actor.DeadLetterResponse";
  }
  shake_hands(peer_member, intro);
  run();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, expected);
  CHECK_EQ(xs[0].target.request_id, 7);
}

TEST_CASE_FIXTURE(actor_fixture, "what a large answer may be is decided when "
                                 "the peer has introduced itself") {
  publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const Ping&) { return make_ping(std::string(5u << 20, 'x')); }};
  }),
          "alice");
  auto x = make_envelope_for("alice", make_ping("question"));
  x.sender = {"", "requester", 7};
  auto intro = caf_remote_intro(32u << 20);
  receive(accept(peer_member, peer_address, intro), {x});
  shake_hands(peer_member, intro);
  CHECK_EQ(texts_of(sent()).size(), 1);
}

// -- two at the same moment ---------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "of two incarnations at the same moment one "
                                 "stays") {
  std::vector<fake_stream_ptr> xs{open_inbound(), open_inbound()};
  for (auto& x : xs)
    x->complete_writes();
  xs[0]->receive(hello("member-a"));
  xs[1]->receive(hello("member-b"));
  run();
  SUBCASE("the newer one") {
    answer_probe("member-b");
    CHECK(xs[0]->finished());
    CHECK_FALSE(xs[1]->over());
  }
  SUBCASE("the older one") {
    answer_probe("member-a");
    CHECK_FALSE(xs[0]->over());
    CHECK(xs[1]->finished());
  }
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a restarted peer that both dials and is "
                                 "dialled is one event") {
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  auto old_in = accept("member-a");
  cut(shake_hands("member-a"));
  auto out = last_dialled();
  out->complete_writes();
  auto in = open_inbound();
  in->complete_writes();
  auto answer = wire::encode(wire::connect_response{"member-b", false});
  SUBCASE("at once") {
    out->receive(answer);
    in->receive(hello("member-b"));
    run();
  }
  SUBCASE("the claim first") {
    in->receive(hello("member-b"));
    run();
    auto probe = take_probe();
    out->receive(answer);
    run();
    probe->complete_writes();
    probe->receive(answer);
    run();
  }
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
  CHECK(old_in->finished());
  CHECK_FALSE(in->over());
  CHECK_FALSE(out->over());
  CHECK_EQ(dials(), 2);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a new incarnation that we meet under an alias "
                  "ends the streams of the old one") {
  auto alice = publish_witness("alice");
  send_ping(remote("joe", "alias.example:9000"), "hello");
  auto out = shake_hands("member-a");
  auto in = accept("member-a");
  cut(out);
  shake_hands("member-b");
  SUBCASE("if it lives at their address, too") {
    answer_probe("member-b");
    CHECK(in->finished());
    in->receive(batch_frame({make_envelope_for("alice", make_ping("late"))}));
    run();
    CHECK(alice.texts().empty());
  }
  SUBCASE("but not those of who still lives there") {
    answer_probe("member-a");
    CHECK_FALSE(in->over());
  }
  CHECK_EQ(events.count<endpoint_connected>(), 2);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "of two incarnations that our own streams meet "
                  "the later one lives there") {
  auto alice = spawn_witness();
  auto first = connect("member-z");
  // the address is asked, and has not answered yet
  accept("member-y");
  auto probe = take_probe();
  cut(first);
  auto second = shake_hands("member-a");
  cut(second);
  advance(home->opts.retry_wait);
  REQUIRE_NE(last_dialled(), second);
  shake_hands("member-b");
  alice.monitor(remote("joe"));
  run();
  probe->close(transport::status_code::unavailable);
  run();
  CHECK_EQ(home->endpoints.peer_of(peer_address)->member_id(), "member-b");
  CHECK(alice.downs().empty());
  CHECK_FALSE(accept("member-b")->finished());
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a handshake whose stream has ended does not end "
                  "the streams of who lives there now") {
  auto alice = publish_witness("alice");
  auto old = accept("member-a");
  // the address is asked
  auto next = accept("member-b");
  auto probe = take_probe();
  // we still meet the old one, but have to wait
  send_ping(remote("joe"), "one");
  shake_hands("member-a");
  cut(last_dialled());
  cut(old);
  probe->complete_writes();
  probe->receive(wire::encode(wire::connect_response{"member-b", false}));
  run();
  CHECK_FALSE(next->finished());
  shake_hands("member-b");
  CHECK_FALSE(next->finished());
  receive(next, {make_envelope_for("alice", make_ping("x"))});
  CHECK_EQ(alice.texts().size(), 1);
}

// -- a question brings nothing ------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a stream that asks who lives there says so, "
                                 "and others do not") {
  connect();
  CHECK_EQ(connector->dials.back().opts.call_metadata.count(
             introduction_key::question),
           0);
  accept("stranger");
  CHECK_EQ(connector->dials.back().opts.call_metadata.count(
             introduction_key::question),
           1);
  answer_probe(peer_member);
}

TEST_CASE_FIXTURE(actor_fixture, "a message on a stream that only asks ends "
                                 "it") {
  auto alice = publish_witness("alice");
  auto in = accept(peer_member, peer_address, question());
  receive(in, {make_envelope_for("alice", make_ping("x"))});
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::invalid_argument);
  CHECK(alice.texts().empty());
}

TEST_CASE_FIXTURE(actor_fixture, "a question is answered at once, also by who "
                                 "is in doubt about its address") {
  // each of two nodes asks the other one who lives there, because of strangers
  cut(connect("member-a"));
  SUBCASE("a claim is being asked about") {
    accept("stranger");
    take_probe();
  }
  SUBCASE("we have met another incarnation there") {
    // and nobody has claimed anything
  }
  auto before = dials();
  auto asks = accept("member-b", peer_address, question());
  auto answers = asks->take_written();
  REQUIRE_EQ(answers.size(), 1);
  auto content = wire::decode_frame(answers[0]);
  auto answer = std::get_if<wire::connect_response>(&content);
  REQUIRE(answer);
  CHECK_EQ(answer->member_id, home->member_id);
  CHECK_FALSE(answer->blocked);
  CHECK_EQ(dials(), before);
  CHECK_FALSE(asks->over());
}

TEST_CASE_FIXTURE(actor_fixture, "a question is no claim: nothing is known of "
                                 "who asks, and nobody is ended for it") {
  auto out = connect(peer_member);
  auto in = accept(peer_member);
  accept("stranger", peer_address, question());
  accept("stranger", elsewhere, question(), "127.0.0.1:5555");
  CHECK_EQ(dials(), 1);
  CHECK_FALSE(in->over());
  CHECK_FALSE(out->over());
  CHECK_EQ(peer_endpoint()->read().inbound_streams, 1);
  CHECK_EQ(home->endpoints.inbound_streams(), 1);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->member_id(), peer_member);
  CHECK_EQ(home->endpoints.peer_of(elsewhere)->member_id(), "");
  CHECK_FALSE(home->endpoints.is_connected(elsewhere));
  CHECK_EQ(home->snapshot().protocol_errors, 0);
}

// -- a claim ends with its stream ---------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "how a stranger spells a peer's address is "
                                 "forgotten when the peer comes") {
  auto carol = remote("carol", "127.0.0.1:9100");
  publish(sys.spawn([carol](caf::event_based_actor* self) {
    return caf::behavior{
      [=](const Ping& x) { return self->delegate(carol, x); },
    };
  }),
          "forward");
  cut(accept("member-b", "B.Example.ORG:9000", {}, "10.9.9.9:1"));
  auto b = accept("member-b", "b.example.org:9000", {}, "10.0.0.2:5555");
  auto x = make_envelope_for("forward", make_ping("hi"));
  x.sender = {"b.example.org:9000", "bob", 7};
  receive(b, {x});
  shake_hands("member-c");
  auto xs = of_type(sent(), "caf_remote.test.Ping");
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].sender.address, "b.example.org:9000");
}

TEST_CASE_FIXTURE(actor_fixture, "a Go node is told of its dead letters, also "
                                 "after a stranger's claim that it is "
                                 "caf_remote") {
  cut(accept(peer_member, peer_address, caf_remote_intro(1u << 20),
             "10.9.9.9:1"));
  auto in = accept(peer_member, peer_address, {}, "127.0.0.1:5555");
  auto x = make_envelope_for("nobody", make_ping("hi"));
  x.sender = {"", "bob", 0};
  receive(in, {x});
  REQUIRE_EQ(dials(), 1);
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.DeadLetterResponse").size(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a Go node whose stream is open is told, "
                                 "whoever claims its address and member id") {
  publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {
      [](const Ping&) -> caf::result<Ping> { return caf::sec::runtime_error; }};
  }),
          "failing");
  auto go = accept(peer_member);
  accept(peer_member, peer_address, caf_remote_intro(1u << 20), "10.9.9.9:1");
  std::vector<envelope> xs;
  for (auto target : {"nobody", "failing"}) {
    xs.push_back(make_envelope_for(target, make_ping("hi")));
    xs.back().sender = {"", "bob", 0};
  }
  receive(go, xs);
  REQUIRE_EQ(dials(), 1);
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.DeadLetterResponse").size(), 2);
  CHECK_EQ(dead_letters(errc::stray_error), 0);
}

TEST_SUITE_END();

} // namespace
