// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// Is busy until it is let go, then counts.
caf::behavior blocked(caf::event_based_actor*, sink_ptr seen,
                      std::shared_ptr<std::atomic<bool>> free) {
  return {
    [=](const StringValue&) {
      eventually([&] { return free->load(); });
      ++seen->count;
    },
  };
}

} // namespace

TEST_SUITE_BEGIN("interop.flood");

TEST_CASE("what does not fit into a small queue is dead-lettered and counted") {
  scene x{brisk({setting("queue-messages", 500)})};
  auto hdl = x.there("sink");
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  auto before = sum_of(x.node);
  constexpr uint64_t count = 200000;
  for (uint64_t i = 1; i <= count; ++i)
    x.me.self()->send(hdl, text(std::to_string(i)));
  REQUIRE(eventually([&] { return sum_of(x.node).queued == 0; }));
  auto sum = sum_of(x.node);
  CHECK_EQ(sum.accepted - before.accepted, count);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered);
  CHECK_EQ(dead_letters(x.node, errc::queue_full), sum.dead_lettered);
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  auto written = std::to_string(sum.written - before.written);
  auto details = x.go.command("sink sink");
  CHECK_NE(details.find("\"count\":" + written + ","), std::string::npos);
  CHECK_NE(details.find("\"backward\":0"), std::string::npos);
}

TEST_CASE("a small bound in bytes holds") {
  scene x{brisk({{"queue-bytes", caf::config_value{"1MiB"}}})};
  auto hdl = x.there("sink");
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  uint64_t most = 0;
  auto large = bytes(10000);
  for (int i = 0; i < 20000; ++i) {
    x.me.self()->send(hdl, large);
    if (i % 100 == 0)
      most = std::max(most, counters_of(x.node, x.go.address()).queued_bytes);
  }
  CHECK_LE(most, 1u << 20);
  REQUIRE(eventually([&] { return sum_of(x.node).queued == 0; }));
  auto sum = sum_of(x.node);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered);
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
}

TEST_CASE("a paced sender loses nothing") {
  scene x{
    brisk({setting("queue-messages", 3000), setting("pause-messages", 1000)})};
  auto hdl = x.there("sink");
  constexpr int count = 50000;
  for (int i = 1; i <= count; ++i) {
    x.me.self()->send(hdl, text(std::to_string(i)));
    if (x.node.rm().load_of(hdl).has_room)
      continue;
    REQUIRE_FALSE(x.node.rm().notify_when_room(hdl, x.me.handle()));
    x.me.take<endpoint_room>();
  }
  auto answer = x.me.ask<StringValue>(hdl, empty_message());
  REQUIRE(answer);
  CHECK_EQ(answer->value(), "count=50000 ordered=true last=50000");
  CHECK(x.node.rm().snapshot().dead_letters.empty());
}

TEST_CASE("a blocked actor does not keep Go from the others") {
  scene x{brisk({setting("inbound-messages", 200)})};
  auto seen = std::make_shared<sink_figures>();
  auto free = std::make_shared<std::atomic<bool>>(false);
  x.publish_new("blocked", blocked, seen, free);
  x.publish_new("echo", echo);
  constexpr uint64_t count = 20000;
  x.go.command("events off");
  x.go.command("seq " + x.here("blocked") + " " + std::to_string(count));
  CHECK_EQ(x.go.command("request " + x.here("echo")
                        + " google.protobuf.StringValue 30000 \"hi\""),
           "google.protobuf.StringValue \"hi\"");
  free->store(true);
  CHECK(eventually([&] {
    return seen->count + dead_letters(x.node, errc::queue_full) == count;
  }));
  CHECK_GE(seen->count, 100u);
  x.check_both_alive();
}

TEST_CASE("an actor that is merely slow loses nothing of Go's flood") {
  scene x;
  auto seen = std::make_shared<sink_figures>();
  x.publish_new("sink", sink, seen);
  x.go.command("flood " + x.here("sink") + " 30000 1000");
  CHECK(eventually([&] { return seen->count == 30000; }));
  CHECK(x.node.rm().snapshot().dead_letters.empty());
}

TEST_SUITE_END();
