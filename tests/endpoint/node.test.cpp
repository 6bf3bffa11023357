// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/node.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using strings = std::vector<std::string>;

transport::metadata intro_with(const std::string& max_receive,
                               const std::string& address = "") {
  transport::metadata result{{introduction_key::version, "1.0.0"},
                             {introduction_key::max_receive, max_receive}};
  if (!address.empty())
    result.emplace(introduction_key::address, address);
  return result;
}

TEST_SUITE_BEGIN("endpoint.node");

TEST_CASE_FIXTURE(actor_fixture, "each node has a member id of its own") {
  node other{sys, options{}, connector};
  CHECK_EQ(home->member_id.size(), 22);
  CHECK_NE(home->member_id, other.member_id);
  CHECK_FALSE(other.listening());
}

TEST_CASE_FIXTURE(actor_fixture, "our introduction can be read by peers") {
  auto x = read_introduction(home->introduction());
  CHECK(x.is_caf_remote);
  CHECK_EQ(x.max_receive_bytes, home->opts.max_receive_bytes);
  CHECK_EQ(x.address, own_address);
}

TEST_CASE("an introduction out of range is ignored") {
  CHECK_FALSE(read_introduction({}).is_caf_remote);
  for (auto text : {"", "0", "4095", "-1", "4294967296", "99999999999999999999",
                    "1e6", "4096 "})
    CHECK_FALSE(read_introduction(intro_with(text)).is_caf_remote);
  CHECK(read_introduction(intro_with("4096")).is_caf_remote);
  CHECK_EQ(read_introduction(intro_with("4096", "a:1")).address, "a:1");
  CHECK_EQ(read_introduction(intro_with("4096", "nonsense")).address, "");
}

TEST_CASE_FIXTURE(actor_fixture, "a dead letter is counted, told, and logged") {
  auto hook = std::make_shared<recording_hook>();
  home->hook(hook);
  pid joe{peer_address, "joe", 0};
  auto event = lost_message::make(joe, caf::make_message(make_ping("x")), 1,
                                  {own_address, "me", 0});
  home->dead_letter(joe, event, "some.Type", errc::queue_full);
  run();
  CHECK_EQ(dead_letters(errc::queue_full), 1);
  CHECK_EQ(home->snapshot().dead_letters.at("queue_full"), 1);
  CHECK_EQ(hook->events, strings{"dead letter joe queue_full"});
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].pid.id, "joe");
  CHECK_EQ(xs[0].sender.id, "me");
  CHECK(xs[0].message.match_elements<Ping>());
  REQUIRE_EQ(log_lines->size(), 1);
  CHECK_EQ(log_lines->at(0),
           "[caf_remote] dead letter: some.Type to 127.0.0.1:9000/joe: "
           "queue_full: "
             + std::string{explain(errc::queue_full)});
}

TEST_CASE_FIXTURE(actor_fixture, "a dead letter of a raw type stays raw") {
  send(remote("joe"), raw_message{"other.Type", 1, "bytes"});
  refuse_all_connections();
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 1);
  REQUIRE(xs[0].message.match_elements<raw_message>());
  auto& x = xs[0].message.get_as<raw_message>(0);
  CHECK_EQ(x.type_name, "other.Type");
  CHECK_EQ(x.serializer_id, 1);
  CHECK_EQ(x.bytes, "bytes");
}

TEST_CASE("a raw message that would become a large object stays raw as a dead "
          "letter") {
  options opts;
  opts.inbound_bytes = 1024;
  actor_fixture fix{opts};
  auto send = [&fix](int pings) {
    Nested x;
    for (auto i = 0; i < pings; ++i)
      x.add_pings();
    fix.send(fix.remote("joe"),
             raw_message{"caf_remote.test.Nested", 0, x.SerializeAsString()});
  };
  send(10);
  send(10000);
  fix.refuse_all_connections();
  auto xs = fix.events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 2);
  CHECK(xs[0].message.match_elements<Nested>());
  CHECK(xs[1].message.match_elements<raw_message>());
}

TEST_CASE_FIXTURE(actor_fixture, "a dead letter says who sent it") {
  auto alice = publish_witness("alice");
  caf::send_as(alice.hdl, remote("joe"), make_ping("x"));
  refuse_all_connections();
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].pid, pid{peer_address, "joe"});
  CHECK_EQ(xs[0].sender, pid{own_address, "alice"});
}

TEST_CASE_FIXTURE(actor_fixture, "a foreign sender whose message was lost is "
                                 "told") {
  auto jim = remote("jim", "127.0.0.1:9001");
  send_ping(jim, "hello");
  auto str = shake_hands("member-x");
  str->take_written();
  caf::send_as(jim, remote("joe"), make_ping("x"));
  run();
  refuse_all_connections();
  auto xs = read_batches(str->take_written());
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
  CHECK_EQ(xs[0].target.id, "jim");
}

TEST_CASE_FIXTURE(actor_fixture,
                  "nobody makes us dial a node by naming it as the sender of "
                  "a message that is lost") {
  auto x = make_envelope_for("nobody", make_ping("x"));
  x.sender = {"127.0.0.1:9001", "jim", 0};
  receive(accept(), {x});
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
  CHECK_EQ(dials(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that we have not dialled yet is told "
                                 "of a dead letter") {
  auto x = make_envelope_for("nobody", make_ping("x"));
  x.sender = {"", "requester", 7};
  receive(accept(), {x});
  REQUIRE_EQ(dials(), 1);
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.DeadLetterResponse").size(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "the snapshot shows what there is") {
  publish_witness("alice");
  connect();
  accept();
  auto answer = request(remote("joe"), make_ping("x"));
  auto x = home->snapshot();
  REQUIRE_EQ(x.endpoints.size(), 1);
  CHECK_EQ(x.endpoints[0].address, peer_address);
  CHECK_EQ(x.endpoints[0].member_id, peer_member);
  CHECK_EQ(x.endpoints[0].state, connection_state::connected);
  CHECK_EQ(x.endpoints[0].written, 2);
  CHECK_EQ(x.endpoints[0].inbound_streams, 1);
  CHECK_EQ(x.endpoints[0].connects, 1);
  CHECK_EQ(x.pending_requests, 1);
  CHECK_EQ(x.published, 1);
  CHECK_EQ(answer->answers, 0);
}

TEST_CASE_FIXTURE(actor_fixture, "the streams of all peers are counted, with "
                                 "an endpoint or without") {
  CHECK_EQ(home->snapshot().inbound_streams, 0);
  connect();
  accept();
  auto other = accept("member-2", "127.0.0.1:9002");
  auto x = home->snapshot();
  CHECK_EQ(x.endpoints.size(), 1);
  CHECK_EQ(x.inbound_streams, 2);
  cut(other);
  CHECK_EQ(home->snapshot().inbound_streams, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "the last failure to connect can be read") {
  send_ping(remote("joe"), "x");
  refuse_connection();
  CHECK_EQ(peer_endpoint()->read().last_error, "UNAVAILABLE: refused");
  CHECK_EQ(peer_endpoint()->read().state, connection_state::connecting);
  advance(home->opts.retry_wait);
  shake_hands();
  CHECK_EQ(peer_endpoint()->read().last_error, "");
}

TEST_CASE_FIXTURE(actor_fixture, "the time is that of the actor system, while "
                                 "there is one") {
  CHECK(home->now() == sched.clock().now());
  advance(std::chrono::hours(1));
  CHECK(home->now() == sched.clock().now());
  home->detach();
  CHECK(home->now() > sched.clock().now());
  caf::actor_system_config cfg;
  caf::actor_system real{cfg};
  node other{real, options{}, connector};
  auto before = real.clock().now();
  auto now = other.now();
  CHECK(now >= before);
  CHECK(now <= real.clock().now());
}

TEST_SUITE_END();

} // namespace
