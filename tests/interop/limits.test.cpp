// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

constexpr size_t mebibyte = 1024 * 1024;

/// Go ends a stream that carries more than 4 MiB at once.
void check_never_reconnected(scene& x) {
  auto figures = counters_of(x.node, x.go.address());
  CHECK_EQ(figures.connects, 1u);
  CHECK_EQ(figures.unconfirmed, 0u);
  CHECK_EQ(figures.dead_lettered, 0u);
}

} // namespace

TEST_SUITE_BEGIN("interop.limits");

TEST_CASE("5000 messages of 1 KiB fit into batches that Go takes") {
  scene x;
  auto hdl = x.there("sink");
  for (int i = 0; i < 5000; ++i)
    x.me.self()->send(hdl, bytes(1024));
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  CHECK_NE(x.go.command("sink sink").find("\"bytes\":5120000"),
           std::string::npos);
  check_never_reconnected(x);
}

TEST_CASE("messages of 3 MiB go to Go one by one") {
  scene x;
  auto hdl = x.there("sink");
  for (int i = 0; i < 10; ++i)
    x.me.self()->send(hdl, bytes(3 * mebibyte));
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  CHECK_NE(x.go.command("sink sink").find("\"bytes\":31457280"),
           std::string::npos);
  check_never_reconnected(x);
}

TEST_CASE("messages of many sizes stay below Go's limit") {
  scene x;
  auto hdl = x.there("sink");
  size_t total = 0;
  uint32_t random = 1;
  for (int i = 0; i < 300; ++i) {
    random = random * 1664525 + 1013904223;
    auto size = (random >> 8) % (1u << (6 + i % 16));
    total += size;
    x.me.self()->send(hdl, bytes(size));
  }
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  CHECK_NE(x.go.command("sink sink").find("\"bytes\":" + std::to_string(total)),
           std::string::npos);
  check_never_reconnected(x);
}

TEST_CASE("a message that Go would refuse is refused here") {
  scene x;
  auto hdl = x.there("sink");
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  x.me.self()->send(hdl, bytes(5 * mebibyte));
  CHECK_EQ(code_of(x.me.ask_in_vain(hdl, bytes(5 * mebibyte))),
           errc::message_too_large);
  CHECK_EQ(dead_letters(x.node, errc::message_too_large), 2u);
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  CHECK_EQ(counters_of(x.node, x.go.address()).connects, 1u);
  CHECK_EQ(counters_of(x.node, x.go.address()).unconfirmed, 0u);
}

TEST_CASE("a message that Go would refuse is refused before Go is known") {
  scene x;
  auto hdl = x.there("sink");
  CHECK_EQ(code_of(x.me.ask_in_vain(hdl, bytes(5 * mebibyte))),
           errc::message_too_large);
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  CHECK_EQ(counters_of(x.node, x.go.address()).connects, 1u);
}

TEST_CASE("a batch of Go above 4 MiB is taken") {
  scene x;
  auto seen = std::make_shared<sink_figures>();
  x.publish_new("sink", sink, seen);
  x.go.command("flood " + x.here("sink") + " 1000 30000");
  CHECK(eventually([&] { return seen->count == 1000; }));
  CHECK_EQ(seen->bytes, 30000000u);
  x.go.command("flood " + x.here("sink") + " 1 31000000");
  CHECK(eventually([&] { return seen->count == 1001; }));
  CHECK_EQ(x.node.rm().snapshot().protocol_errors, 0u);
}

TEST_CASE("a message of Go above our limit ends its stream only") {
  scene x{brisk({{"max-receive-bytes", caf::config_value{"5MiB"}}})};
  auto seen = std::make_shared<sink_figures>();
  x.publish_new("sink", sink, seen);
  x.go.command("flood " + x.here("sink") + " 1 4000000");
  CHECK(eventually([&] { return seen->count == 1; }));
  x.go.command("flood " + x.here("sink") + " 1 6000000");
  x.go.event("endpoint_terminated " + x.node.address());
  CHECK_EQ(seen->count, 1u);
  CHECK(eventually([&] {
    return x.go.answer("touch " + x.here("activator") + " 2000")
           == "ok who=" + x.node.address() + "/activator";
  }));
}

TEST_SUITE_END();
