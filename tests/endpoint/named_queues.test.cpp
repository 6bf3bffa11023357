// SPDX-License-Identifier: BSD-3-Clause

// What waits at nodes that only their own messages, or those of others, have
// made known.

#include "support/actor_fixture.hpp"
#include "support/text.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

options small_queues() {
  options result;
  result.queue_bytes = 1u << 20;
  result.pause_bytes = 1u << 18;
  result.inbound_bytes = 4u << 20;
  return result;
}

struct named_fixture : actor_fixture {
  named_fixture() : actor_fixture(small_queues()) {
    publish_echo("echo");
    in = accept();
  }

  static std::string address(size_t number) {
    return "192.0.2." + std::to_string(number + 1) + ":9000";
  }

  /// Each makes us answer with as much.
  void ask_from(const std::string& address, size_t count,
                size_t bytes = 60000) {
    auto x = make_envelope_for("echo", make_ping(std::string(bytes, 'x')));
    x.sender = {address, "bob", 0};
    receive(in, std::vector<envelope>(count, x));
  }

  size_t queued_bytes() const {
    size_t result = 0;
    for (auto& x : home->snapshot().endpoints)
      result += x.queued_bytes;
    return result;
  }

  size_t queued_at(const std::string& address) const {
    return home->endpoints.find(address)->queued();
  }

  fake_stream_ptr in;
};

TEST_SUITE_BEGIN("endpoint.named_queues");

TEST_CASE_FIXTURE(named_fixture, "what one stream makes us answer at many "
                                 "addresses is bounded in sum") {
  auto bound = home->opts.queue_bytes;
  for (size_t i = 0; i < 50; ++i)
    ask_from(address(i), 20);
  CHECK_EQ(home->endpoints.size(), 50);
  CHECK_LE(queued_bytes(), bound);
  CHECK_EQ(home->named_queues->held(), queued_bytes());
  // who takes all it can get leaves something to others
  CHECK_GE(queued_at(address(0)), 7);
  CHECK_GE(queued_at(address(1)), 3);
  ask_from(address(50), 1, 100);
  CHECK_EQ(queued_at(address(50)), 1);
  CHECK(balanced(home->endpoints.find(address(0))->read()));
  CHECK_GT(dead_letters(errc::queue_full), 0);
  CHECK_GE(lines_with(*log_lines, {"queue_full", "queue-bytes"}), 1);
}

TEST_CASE_FIXTURE(named_fixture, "what has left the queue is counted no more") {
  ask_from(address(0), 5);
  REQUIRE_GE(home->named_queues->held(), 5 * 60000);
  SUBCASE("it was written") {
    shake_hands();
  }
  SUBCASE("the address was given up") {
    while (home->endpoints.find(address(0)) != nullptr) {
      refuse_connection();
      advance(home->opts.retry_wait);
    }
  }
  CHECK_EQ(home->named_queues->held(), 0);
}

TEST_CASE_FIXTURE(named_fixture, "the program's own messages have the whole "
                                 "queue of their endpoint") {
  ask_from(address(0), 20);
  auto before = queued_at(address(0));
  CHECK_LT(before, 10);
  auto lost = dead_letters(errc::queue_full);
  auto counted = home->named_queues->held();
  SUBCASE("by another handle") {
    send_ping(remote("carol", address(0)), "hello");
  }
  SUBCASE("by the handle that the peer has named") {
    send_ping(remote("bob", address(0)), "hello");
  }
  SUBCASE("a watch") {
    auto alice = spawn_witness();
    alice.monitor(remote("carol", address(0)));
    run();
  }
  ask_from(address(0), 5);
  CHECK_GE(queued_at(address(0)), before + 5);
  CHECK_EQ(dead_letters(errc::queue_full), lost);
  // what had waited before goes on to count until it leaves
  CHECK_EQ(home->named_queues->held(), counted);
  shake_hands();
  CHECK_EQ(home->named_queues->held(), 0);
}

TEST_CASE_FIXTURE(named_fixture, "endpoints of the program's do not share the "
                                 "bound") {
  for (size_t i = 0; i < 4; ++i)
    for (auto n = 0; n < 10; ++n)
      send_ping(remote("bob", address(i)), std::string(60000, 'x'));
  CHECK_EQ(dead_letters(errc::queue_full), 0);
  CHECK_EQ(home->named_queues->held(), 0);
}

TEST_CASE("a little may wait anywhere, whatever waits elsewhere") {
  auto opts = small_queues();
  opts.max_endpoints = 16; // each may let 64 KiB wait
  actor_fixture fix{opts};
  fix.publish_echo("echo");
  auto in = fix.accept();
  auto ask_from = [&](const std::string& address, size_t count, size_t bytes) {
    auto x = make_envelope_for("echo", make_ping(std::string(bytes, 'x')));
    x.sender = {address, "bob", 0};
    fix.receive(in, std::vector<envelope>(count, x));
  };
  for (size_t i = 0; i < 7; ++i)
    ask_from(named_fixture::address(i), 200, 8000);
  REQUIRE_GT(fix.home->named_queues->held(), opts.queue_bytes * 9 / 10);
  auto lost = fix.dead_letters(errc::queue_full);
  ask_from(named_fixture::address(7), 40, 1000);
  CHECK_EQ(fix.dead_letters(errc::queue_full), lost);
}

TEST_SUITE_END();

} // namespace
