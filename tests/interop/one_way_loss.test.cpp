// SPDX-License-Identifier: BSD-3-Clause

// Of the two connections with a Go node, the one is lost by which the end of an
// actor is told; the other one stays.

#include "interop/scene.hpp"
#include "support/relay.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// Our node is reached through the relay.
loopback_node::settings behind(const relay& x, int64_t attempts) {
  auto port = static_cast<int64_t>(x.port());
  return {
    {"max-retry-count", caf::config_value{attempts}},
    {"retry-wait", caf::config_value{caf::timespan{100ms}}},
    {"connect-timeout", caf::config_value{caf::timespan{1s}}},
    {"host", caf::config_value{std::string{relay::target_host}}},
    {"port", caf::config_value{port}},
    {"advertised-host", caf::config_value{std::string{"127.0.0.1"}}},
    {"advertised-port", caf::config_value{port}},
  };
}

/// The Go node is reached through the relay.
go_peer::options go_behind(const relay& x) {
  go_peer::options result;
  result.port = x.port();
  result.arguments = {"--host", relay::target_host, "--advertised",
                      x.address()};
  return result;
}

std::string told(scene& x, int why) {
  return "terminated w " + x.here("victim") + " why=" + std::to_string(why);
}

} // namespace

TEST_SUITE_BEGIN("interop.one_way_loss");

TEST_CASE("a Go node that cannot reach us any more takes its actors along") {
  relay way_back;
  scene x{behind(way_back, 2)};
  x.go.command("local_spawn victim echo");
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  REQUIRE(x.me.ask<StringValue>(x.there("echo"), text("?")));
  way_back.cut();
  x.go.command("local_stop victim");
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("an end that a Go node could not tell is asked for") {
  relay way_back;
  scene x{behind(way_back, 100)};
  x.go.command("local_spawn victim echo");
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  REQUIRE(x.me.ask<StringValue>(x.there("echo"), text("?")));
  way_back.cut();
  x.go.command("local_stop victim");
  way_back.restore();
  auto reason = x.me.wait_down(hdl);
  auto ended = reason == caf::exit_reason::normal
               || reason == caf::exit_reason::unknown;
  CHECK_MESSAGE(ended, x.node.sys().render(reason));
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("an end that a Go node cannot be told costs it its stream") {
  relay way_back;
  scene x{brisk(), go_behind(way_back)};
  auto hdl = x.publish_new("victim", idle);
  x.go.command("watch w " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  way_back.cut();
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.go.event("terminated"), told(x, 1));
  CHECK_EQ(x.go.count_events("terminated"), 0u);
}

TEST_CASE("an end is told to a Go node as soon as it can be reached again") {
  relay way_back;
  scene x{patient(), go_behind(way_back)};
  auto hdl = x.publish_new("victim", idle);
  x.go.command("watch w " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  way_back.cut();
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  x.me.self()->wait_for(hdl);
  way_back.restore();
  CHECK_EQ(x.go.event("terminated"), told(x, 0));
  CHECK_EQ(x.go.count_events("terminated"), 0u);
}

TEST_SUITE_END();
