// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// Makes streams in both directions, with a watch in each.
void connect_and_watch(scene& x) {
  x.publish_new("victim", idle);
  x.go.command("watch w " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  x.me.self()->monitor(x.there("echo"));
  REQUIRE(x.me.ask<StringValue>(x.there("echo"), text("hi")));
}

uint16_t port_of(const std::string& address) {
  return static_cast<uint16_t>(
    std::stoi(address.substr(address.rfind(':') + 1)));
}

template <class F>
std::chrono::milliseconds time_of(F f) {
  auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - start);
}

} // namespace

TEST_SUITE_BEGIN("interop.ends");

TEST_CASE("our graceful stop tells Go's watchers once") {
  scene x;
  connect_and_watch(x);
  CHECK_LT(time_of([&] { x.node.rm().stop(); }), 4s);
  CHECK_EQ(x.go.event("terminated"),
           "terminated w " + x.here("victim") + " why=1");
  x.go.event("endpoint_terminated " + x.node.address());
  CHECK_EQ(x.go.count_events("terminated"), 0u);
  CHECK(x.go.alive());
}

TEST_CASE("our observers are told by our own stop") {
  scene x;
  connect_and_watch(x);
  auto hdl = x.there("echo");
  x.node.rm().stop();
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("Go can leave at once after our stop") {
  scene x;
  connect_and_watch(x);
  x.node.rm().stop();
  CHECK_LT(x.go.shut_down(), 2s);
}

TEST_CASE("Go leaves at once while it is connected to us") {
  scene x;
  connect_and_watch(x);
  auto hdl = x.there("echo");
  REQUIRE_FALSE(x.node.rm().subscribe(x.me.handle()));
  CHECK_LT(x.go.shut_down(), 2s);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("an idle Go node leaves at once after our process's end") {
  scene x;
  CHECK_LT(x.go.shut_down(), 2s);
}

TEST_CASE("queued messages are written out before we leave") {
  scene x;
  auto hdl = x.there("sink");
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  for (int i = 1; i <= 20000; ++i)
    x.me.self()->send(hdl, text(std::to_string(i)));
  x.node.rm().stop();
  auto sum = sum_of(x.node);
  CHECK_EQ(sum.queued, 0u);
  CHECK_EQ(sum.dead_lettered, 0u);
  CHECK(eventually([&] {
    return x.sink_summary("sink") == "count=20000 ordered=true last=20000";
  }));
}

TEST_CASE("after our restart at the same port Go sends to us again") {
  go_peer go;
  auto home = std::make_unique<loopback_node>(brisk());
  auto address = home->address();
  auto port = port_of(address);
  for (int i = 0; i < 3; ++i) {
    auto me = std::make_unique<inbox>(*home);
    auto seen = std::make_shared<sink_figures>();
    auto hdl = home->sys().spawn(sink, seen);
    REQUIRE_FALSE(home->rm().publish(hdl, "sink"));
    // one message is enough: Go has noticed the end of the last stream
    CHECK(eventually([&] {
      go.command("send " + address + " sink google.protobuf.StringValue \"1\"");
      return eventually([&] { return seen->count > 0; }, 500ms);
    }));
    go.command("watch w " + address + " sink");
    REQUIRE(
      me->ask<StringValue>(home->remote(go.address(), "echo"), text("hi")));
    go.command("touch " + address + " sink 30000");
    home->rm().stop();
    CHECK_EQ(go.event("terminated"), "terminated w " + address + " sink why=1");
    hdl = nullptr;
    me.reset();
    home.reset();
    home = std::make_unique<loopback_node>(brisk({setting("port", port)}));
  }
  CHECK_EQ(go.count_events("terminated"), 0u);
}

TEST_CASE("a stop with a frozen Go node ends within its limit") {
  scene x{brisk({{"shutdown-timeout", caf::config_value{caf::timespan{1s}}}})};
  connect_and_watch(x);
  x.go.child().send_signal(SIGSTOP);
  CHECK_LT(time_of([&] { x.node.rm().stop(); }), 3s);
  x.go.child().send_signal(SIGCONT);
  CHECK_EQ(x.go.event("terminated"),
           "terminated w " + x.here("victim") + " why=1");
}

TEST_SUITE_END();
