// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_reader.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using transport::status_code;
using strings = std::vector<std::string>;

wire::connect_response response_in(const fake_stream_ptr& x) {
  auto frames = x->take_written();
  REQUIRE_EQ(frames.size(), 1);
  auto content = wire::decode_frame(frames[0]);
  auto result = std::get_if<wire::connect_response>(&content);
  REQUIRE(result != nullptr);
  return *result;
}

bool is_disconnect_request(const std::string& frame) {
  return std::holds_alternative<wire::disconnect_request>(
    wire::decode_frame(frame));
}

std::string hello(const std::string& member, const std::string& address) {
  return wire::encode(wire::server_connection{member, address});
}

options with_inbound_bound(size_t messages, size_t bytes = 64u << 20) {
  options result;
  result.inbound_messages = messages;
  result.inbound_bytes = bytes;
  return result;
}

TEST_SUITE_BEGIN("endpoint.endpoint_reader");

// -- handshake ----------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a ConnectRequest is answered with our id") {
  auto in = accept();
  auto x = response_in(in);
  CHECK_EQ(x.member_id, home->member_id);
  CHECK_FALSE(x.blocked);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 1);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->member_id(), peer_member);
  CHECK_EQ(dials(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer may claim that it is caf_remote") {
  accept(peer_member, peer_address, caf_remote_intro(1u << 20));
  auto who = home->endpoints.peer_of(peer_address);
  CHECK(who->claims_caf_remote());
  CHECK_FALSE(who->is_caf_remote());
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a silent peer is cut off after the time limit "
                  "of the handshake") {
  auto in = open_inbound();
  advance(10s - 1ns);
  CHECK_FALSE(in->over());
  advance(1ns);
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::invalid_argument);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that does not read our answer to its "
                                 "handshake is cut off") {
  auto in = open_inbound();
  in->hold_writes();
  in->receive(hello(peer_member, peer_address));
  run();
  REQUIRE(in->writing());
  advance(20s - 1ns);
  CHECK_FALSE(in->over());
  SUBCASE("unless it does in time") {
    in->complete_write();
    run();
    advance(1h);
    CHECK_FALSE(in->finished());
  }
  SUBCASE("") {
    advance(1ns);
    REQUIRE(in->finished());
    CHECK_EQ(in->finished()->code, status_code::invalid_argument);
  }
}

TEST_CASE_FIXTURE(actor_fixture, "a peer with a handshake may be idle") {
  auto in = accept();
  advance(1h);
  CHECK_FALSE(in->over());
}

TEST_CASE_FIXTURE(actor_fixture, "what is not a good first message ends the "
                                 "stream with an error") {
  std::string frame;
  auto code = status_code::invalid_argument;
  SUBCASE("a batch") {
    frame = batch_frame({});
  }
  SUBCASE("garbage") {
    frame = "\xff\xff";
  }
  SUBCASE("an empty message") {
    frame = "";
  }
  SUBCASE("a ConnectResponse") {
    frame = wire::encode(wire::connect_response{"m", false});
  }
  SUBCASE("no member id") {
    frame = hello("", peer_address);
  }
  SUBCASE("an unusable address") {
    frame = hello("m", "not an address");
  }
  SUBCASE("a client connection") {
    frame = std::string{"\x12\x05\x0a\x03\x0a\x01m", 7};
    code = status_code::unimplemented;
  }
  auto in = open_inbound();
  in->receive(frame);
  run();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, code);
  CHECK_EQ(home->snapshot().protocol_errors, 1);
  CHECK_FALSE(log_lines->empty());
  // the next peer is fine
  CHECK_FALSE(accept()->over());
}

TEST_CASE_FIXTURE(actor_fixture, "a half-close before the handshake is an "
                                 "error") {
  auto in = open_inbound();
  in->receive_half_close();
  run();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::failed_precondition);
}

// -- batches ------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "messages arrive in order") {
  auto alice = publish_witness("alice");
  auto in = accept();
  for (auto text : {"a", "b", "c"})
    in->receive(batch_frame({make_envelope_for("alice", make_ping(text)),
                             make_envelope_for("alice", make_ping(text))}));
  run();
  CHECK_EQ(alice.texts(), strings{"a", "a", "b", "b", "c", "c"});
  CHECK_EQ(home->snapshot().received_messages, 6);
  CHECK_EQ(home->snapshot().received_batches, 3);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a frame that makes no sense ends the stream") {
  std::string frame;
  SUBCASE("garbage") {
    frame = "\xff\xff";
  }
  SUBCASE("an empty message") {
    frame = "";
  }
  SUBCASE("a garbled batch") {
    frame = std::string{"\x0a\x02\xff\xff", 4};
  }
  SUBCASE("a second handshake") {
    frame = hello(peer_member, peer_address);
  }
  auto in = accept();
  in->receive(frame);
  run();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::invalid_argument);
  CHECK_EQ(home->snapshot().protocol_errors, 1);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a frame above the limit is an error of the "
                                 "peer") {
  auto in = accept();
  in->close({status_code::resource_exhausted, "too large", true});
  run();
  CHECK_EQ(home->snapshot().protocol_errors, 1);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 0);
  accept()->close({status_code::resource_exhausted, "not its fault", false});
  run();
  CHECK_EQ(home->snapshot().protocol_errors, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "an empty batch is fine") {
  auto in = accept();
  receive(in, {});
  CHECK_FALSE(in->over());
}

// -- pressure -----------------------------------------------------------------

/// Holds its mailbox until it is told to go on.
struct slow_actor {
  explicit slow_actor(actor_fixture& fix, const std::string& name)
    : taken(std::make_shared<size_t>(0)) {
    hdl = fix.sys.spawn(
      [n = taken](caf::event_based_actor* self) -> caf::behavior {
        self->set_default_handler(caf::skip);
        return {[self, n](caf::ok_atom) {
          self->become([n](const Ping&) { ++*n; });
        }};
      });
    fix.publish(hdl, name);
    fix.run();
  }

  void go_on() {
    caf::anon_send(hdl, caf::ok_atom::value);
  }

  caf::actor hdl;
  std::shared_ptr<size_t> taken;
};

TEST_CASE("two batches may be under way") {
  actor_fixture fix;
  auto in = fix.accept();
  CHECK_EQ(in->credit(), 2);
  fix.receive(in, {});
  CHECK_EQ(in->credit(), 2);
}

TEST_CASE_FIXTURE(actor_fixture, "an idle stream goes on where it was") {
  auto alice = publish_witness("alice");
  auto in = accept();
  for (auto text : {"a", "b", "c"}) {
    receive(in, {make_envelope_for("alice", make_ping(text))});
    advance(5s);
    advance(5s); // nothing came: the memory for messages to come is freed
    advance(1h);
  }
  CHECK_EQ(alice.texts(), std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("above the bound reading stops until actors have taken messages") {
  actor_fixture fix{with_inbound_bound(10)};
  std::vector<slow_actor> xs;
  for (int i = 0; i < 4; ++i)
    xs.emplace_back(fix, "slow" + std::to_string(i));
  auto in = fix.accept();
  std::vector<envelope> batch;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 3; ++j)
      batch.push_back(
        make_envelope_for("slow" + std::to_string(i), make_ping("x")));
  fix.receive(in, batch); // 12 messages
  CHECK_EQ(in->credit(), 1);
  fix.receive(in, {}); // was on its way already
  CHECK_EQ(in->credit(), 0);
  in->receive(batch_frame({}));
  fix.run();
  CHECK_EQ(in->unread(), 1);
  for (auto& x : xs) {
    x.go_on();
    fix.run();
    CHECK_EQ(*x.taken, 3);
  }
  CHECK_EQ(in->unread(), 0);
  // as many batches as before may be under way again
  CHECK_EQ(in->credit(), 2);
}

TEST_CASE("the bound in bytes stops reading as well") {
  actor_fixture fix{with_inbound_bound(1000, 100000)};
  slow_actor a{fix, "a"};
  slow_actor b{fix, "b"};
  slow_actor c{fix, "c"};
  auto in = fix.accept();
  auto big = make_ping(std::string(45000, 'x'));
  fix.receive(in, {make_envelope_for("a", big), make_envelope_for("b", big),
                   make_envelope_for("c", big)});
  CHECK_EQ(in->credit(), 1);
  for (auto x : {a, b, c})
    x.go_on();
  fix.run();
  CHECK_EQ(in->credit(), 2);
}

TEST_CASE("a blocked actor holds at most half and keeps nobody out") {
  actor_fixture fix{with_inbound_bound(10)};
  slow_actor slow{fix, "slow"};
  auto alice = fix.publish_witness("alice");
  fix.connect();
  auto in = fix.accept();
  std::vector<envelope> batch;
  for (int i = 0; i < 20; ++i) {
    batch.push_back(make_envelope_for("slow", make_ping(std::to_string(i))));
    batch.back().sender = {"", "sender", 7};
  }
  batch.push_back(make_envelope_for("alice", make_ping("hi")));
  fix.receive(in, batch);
  // it is waited for, but not for ever
  CHECK_EQ(in->credit(), 1);
  fix.advance(fix.home->opts.inbound_stall_timeout);
  CHECK_EQ(in->credit(), 2);
  CHECK_EQ(alice.texts(), strings{"hi"});
  CHECK_EQ(fix.dead_letters(errc::queue_full), 15);
  // each requester is told
  auto told = of_type(fix.sent(), "actor.DeadLetterResponse");
  REQUIRE_EQ(told.size(), 15);
  CHECK_EQ(told[0].target.request_id, 7);
  // Stop and Watch come through
  fix.receive(in, {make_system_envelope("slow", "actor.Watch",
                                        wire::encode(wire::watch{{"", "w"}})),
                   make_system_envelope("slow", "actor.Stop")});
  CHECK_EQ(of_type(fix.sent(), "actor.Terminated").size(), 1);
}

TEST_CASE("a target that is merely slow pauses the stream and loses nothing") {
  actor_fixture fix{with_inbound_bound(16)};
  slow_actor slow{fix, "slow"};
  auto in = fix.accept();
  fix.receive(
    in, std::vector<envelope>(5, make_envelope_for("slow", make_ping("x"))));
  CHECK_EQ(in->credit(), 1);
  slow.go_on();
  fix.run();
  CHECK_EQ(in->credit(), 2);
  CHECK_EQ(*slow.taken, 5);
  CHECK_EQ(fix.dead_letters(errc::queue_full), 0);
}

TEST_CASE("each pause has its whole time") {
  actor_fixture fix{with_inbound_bound(16)};
  slow_actor first{fix, "first"};
  slow_actor second{fix, "second"};
  auto in = fix.accept();
  auto limit = fix.home->opts.inbound_stall_timeout;
  auto crowd = [&](const std::string& id) {
    fix.receive(
      in, std::vector<envelope>(5, make_envelope_for(id, make_ping("x"))));
    REQUIRE_EQ(in->credit(), 1);
  };
  crowd("first");
  fix.advance(limit - 1ns);
  first.go_on();
  fix.run();
  crowd("second");
  fix.advance(limit - 1ns);
  CHECK_EQ(in->credit(), 1);
  fix.advance(1ns);
  CHECK_EQ(in->credit(), 2);
}

TEST_CASE("messages of a stream that ended are still delivered") {
  actor_fixture fix{with_inbound_bound(10)};
  slow_actor slow{fix, "slow"};
  auto in = fix.accept();
  fix.receive(in, {make_envelope_for("slow", make_ping("x"))});
  fix.cut(in);
  slow.go_on();
  fix.run();
  CHECK_EQ(*slow.taken, 1);
}

// -- ends ---------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture,
                  "OK comes only after the dialler's half-close") {
  auto in = accept();
  CHECK_FALSE(in->finished());
  in->receive_half_close();
  run();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::ok);
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 0);
}

TEST_CASE_FIXTURE(actor_fixture, "the dialler may say that it leaves") {
  auto in = accept();
  in->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK_FALSE(in->over());
  in->receive_half_close();
  run();
  CHECK_EQ(in->finished()->code, status_code::ok);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "leaving: DisconnectRequest, dead letters, and "
                  "OK after the half-close") {
  auto alice = publish_witness("alice");
  auto in = accept();
  in->take_written();
  caf::anon_send(home->manager(), leave{});
  run();
  auto frames = in->take_written();
  REQUIRE_EQ(frames.size(), 1);
  CHECK(is_disconnect_request(frames[0]));
  CHECK_FALSE(in->finished());
  receive(in, {make_envelope_for("alice", make_ping("late"))});
  CHECK(alice.texts().empty());
  CHECK_EQ(dead_letters(errc::not_running), 1);
  in->receive_half_close();
  run();
  CHECK_EQ(in->finished()->code, status_code::ok);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "leaving: a peer that does not half-close gets "
                  "UNAVAILABLE at the limit") {
  auto in = accept();
  caf::anon_send(home->manager(), leave{});
  // the rest of the limit is for the end itself
  advance(3200ms - 1ns);
  CHECK_FALSE(in->finished());
  advance(1ns);
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::unavailable);
}

TEST_CASE_FIXTURE(actor_fixture, "leaving waits for the write in flight") {
  auto in = open_inbound();
  in->receive(hello(peer_member, peer_address));
  run();
  REQUIRE_EQ(in->take_written().size(), 1);
  caf::anon_send(home->manager(), leave{});
  run();
  CHECK(in->take_written().empty());
  in->complete_write();
  run();
  auto frames = in->take_written();
  REQUIRE_EQ(frames.size(), 1);
  CHECK(is_disconnect_request(frames[0]));
}

TEST_SUITE_END();

} // namespace
