// SPDX-License-Identifier: BSD-3-Clause

// Connections to nodes that only peers have named, once nobody needs them.

#include "caf_remote/endpoint/reconnect_policy.hpp"

#include "support/actor_fixture.hpp"
#include "support/monitor_senders.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

struct resting_fixture : actor_fixture {
  resting_fixture() {
    publish_echo("echo");
    in = accept("stranger", "127.0.0.1:7777");
  }

  /// One message with a sender at the peer's address.
  void name_peer(const std::string& target = "echo") {
    auto x = make_envelope_for(target, make_ping("hi"));
    x.sender = {peer_address, "bob", 0};
    receive(in, {x});
  }

  /// How often we dial a listener that hangs up after each handshake.
  size_t dials_in(int minutes) {
    auto before = dials();
    for (auto i = 0; i < 30 * minutes; ++i) {
      if (auto str = last_dialled(); !str->over())
        cut(shake_hands());
      advance(2s);
    }
    return dials() - before;
  }

  /// For which we do not dial it again by ourselves.
  bool rests() {
    return dials_in(1) == 0
           && peer_endpoint()->read().state == connection_state::idle;
  }

  connection_state state() const {
    return peer_endpoint()->read().state;
  }

  fake_stream_ptr in;
};

TEST_SUITE_BEGIN("endpoint.resting");

TEST_CASE_FIXTURE(resting_fixture,
                  "who was named once is not dialled for ever") {
  accept(peer_member); // or the endpoint would end
  name_peer();
  REQUIRE_EQ(dials(), 1);
  auto str = shake_hands();
  CHECK_EQ(texts_of(read_batches(str->take_written())).size(), 1);
  cut(str);
  CHECK(rests());
  CHECK_EQ(events.count<endpoint_connected>(), 1);
  CHECK_EQ(events.count<endpoint_terminated>(), 0);
}

TEST_CASE_FIXTURE(resting_fixture, "the next message connects again, at once "
                                   "but no more often than before") {
  accept(peer_member);
  name_peer();
  cut(shake_hands());
  REQUIRE_EQ(dials(), 1);
  name_peer();
  REQUIRE_EQ(dials(), 2);
  auto str = shake_hands();
  CHECK_EQ(texts_of(read_batches(str->take_written())).size(), 1);
  cut(str);
  name_peer();
  CHECK_EQ(dials(), 2);
  CHECK_EQ(state(), connection_state::reconnecting);
  advance(home->opts.retry_wait);
  CHECK_EQ(dials(), 3);
  str = shake_hands();
  CHECK_EQ(texts_of(read_batches(str->take_written())).size(), 1);
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 0);
}

TEST_CASE_FIXTURE(resting_fixture, "it ends when its node has had no stream to "
                                   "us for long enough, and is announced as "
                                   "over") {
  auto theirs = accept(peer_member);
  name_peer();
  auto out = shake_hands();
  SUBCASE("its own stream ends first") {
    cut(theirs);
    cut(out);
  }
  SUBCASE("or ours") {
    cut(out);
    advance(2 * dial_limit(home->opts));
    CHECK_NE(peer_endpoint(), nullptr);
    cut(theirs);
  }
  CHECK_NE(peer_endpoint(), nullptr);
  advance(dial_limit(home->opts));
  CHECK_EQ(peer_endpoint(), nullptr);
  CHECK_EQ(dials(), 1);
  CHECK_EQ(events.count<endpoint_connected>(), 1);
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
  CHECK_EQ(events.count<endpoint_unreachable>(), 0);
  CHECK(balanced(totals()));
  // the next message makes a new one
  name_peer();
  CHECK_EQ(dials(), 2);
}

TEST_CASE_FIXTURE(resting_fixture, "a connection that is needed is opened "
                                   "again") {
  accept(peer_member);
  SUBCASE("the program uses the address") {
    name_peer();
    send_ping(remote("carol"), "hello");
  }
  SUBCASE("or has used it") {
    send_ping(remote("carol"), "hello");
    name_peer();
  }
  SUBCASE("an actor of ours watches there") {
    publish(sys.spawn(monitor_senders), "watcher");
    name_peer("watcher");
  }
  SUBCASE("an actor of ours waits for an answer") {
    publish(sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
      return {[self](const Ping& x) {
        auto to = caf::actor_cast<caf::actor>(self->current_sender());
        self->request(to, caf::infinite, x).then([](const Ping&) {});
      }};
    }),
            "asker");
    name_peer("asker");
  }
  REQUIRE_EQ(dials(), 1);
  cut(shake_hands());
  CHECK_EQ(dials(), 2);
  CHECK_GE(dials_in(1), 10);
}

TEST_CASE_FIXTURE(resting_fixture, "so is one on which the peer was told of an "
                                   "end, which may have been lost") {
  auto alice = publish_witness("alice");
  auto theirs = accept(peer_member);
  receive(theirs,
          {make_system_envelope("alice", wire::watch::type_name,
                                wire::encode(wire::watch{{"", "w", 1}}))});
  CHECK_EQ(dials(), 0);
  alice.quit();
  run();
  REQUIRE_EQ(dials(), 1);
  cut(shake_hands());
  REQUIRE_EQ(dials(), 2);
  CHECK_EQ(of_type(read_batches(shake_hands()->take_written()),
                   wire::terminated::type_name)
             .size(),
           1);
}

TEST_CASE_FIXTURE(resting_fixture, "what was not written yet is") {
  name_peer();
  auto str = shake_hands_slowly();
  name_peer();
  cut(str);
  CHECK_EQ(dials(), 2);
  CHECK_EQ(texts_of(read_batches(shake_hands()->take_written())).size(), 1);
}

TEST_SUITE_END();

} // namespace
