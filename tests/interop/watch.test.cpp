// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

std::string terminated(scene& x, const std::string& watcher,
                       const std::string& name, int why) {
  return "terminated " + watcher + " " + x.node.address() + " " + name
         + " why=" + std::to_string(why);
}

/// Returns when the Go node has served everything that was written to it.
void settle(scene& x) {
  REQUIRE(x.me.ask<StringValue>(x.there("echo"), text("?")));
}

} // namespace

TEST_SUITE_BEGIN("interop.watch");

// -- we watch -----------------------------------------------------------------

TEST_CASE("a Go actor that stops is told once") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  settle(x);
  x.go.command("local_stop victim");
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  settle(x);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("a Go actor that does not exist is told as unknown") {
  scene x;
  auto hdl = x.there("nobody");
  x.me.self()->monitor(hdl);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::unknown);
}

TEST_CASE("a Go node that is killed takes its actors along") {
  scene x;
  auto hdl = x.there("echo");
  x.me.self()->monitor(hdl);
  settle(x);
  x.go.kill();
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("a Go node that leaves takes its actors along") {
  scene x;
  auto hdl = x.there("echo");
  x.me.self()->monitor(hdl);
  settle(x);
  CHECK_LT(x.go.shut_down(), 2s);
  // Go may stop its actors before it goes
  auto reason = x.me.wait_down(hdl);
  CHECK_EQ(reason, caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("each observer of a Go actor is told") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto hdl = x.there("victim");
  inbox other{x.node};
  x.me.self()->monitor(hdl);
  other.self()->monitor(hdl);
  settle(x);
  x.go.command("local_stop victim");
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  CHECK_EQ(other.wait_down(hdl), caf::exit_reason::normal);
}

TEST_CASE("an observer that demonitors is not told") {
  scene x;
  x.go.command("local_spawn victim echo");
  x.go.command("local_spawn other echo");
  auto hdl = x.there("victim");
  auto other = x.there("other");
  x.me.self()->monitor(hdl);
  x.me.self()->monitor(other);
  x.me.self()->demonitor(hdl);
  settle(x);
  x.go.command("local_stop victim");
  x.go.command("local_stop other");
  bool over = false;
  x.me.self()->receive_while([&] { return !over; })(
    [&](const caf::down_msg& down) {
      CHECK_EQ(down.source, other->address());
      over = true;
    },
    caf::after(long_time) >> [] { FAIL("no down message"); });
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("a Go actor can be watched again after it was told") {
  scene x;
  auto hdl = x.there("victim");
  for (int i = 0; i < 5; ++i) {
    x.go.command("local_spawn victim echo");
    x.me.self()->monitor(hdl);
    settle(x);
    x.go.command("local_stop victim");
    CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
  }
}

TEST_CASE("a link to a Go actor ends the local actor") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto linked = x.node.sys().spawn(idle);
  auto hdl = x.there("victim");
  caf::actor_cast<caf::abstract_actor*>(linked)->add_link(
    caf::actor_cast<caf::abstract_actor*>(hdl));
  x.me.self()->monitor(linked);
  settle(x);
  x.go.command("local_stop victim");
  CHECK_EQ(x.me.wait_down(linked), caf::exit_reason::unknown);
}

TEST_CASE("a local actor that fails stops the Go actor it is linked to") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto linked = x.node.sys().spawn(idle);
  auto hdl = x.there("victim");
  caf::actor_cast<caf::abstract_actor*>(linked)->add_link(
    caf::actor_cast<caf::abstract_actor*>(hdl));
  x.me.self()->monitor(hdl);
  settle(x);
  caf::anon_send_exit(linked, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
}

TEST_CASE("a thousand Go actors are watched") {
  scene x;
  constexpr size_t count = 1000;
  std::vector<caf::actor> all;
  for (size_t i = 0; i < count; ++i) {
    x.go.start("local_spawn w" + std::to_string(i) + " echo");
    all.push_back(x.there("w" + std::to_string(i)));
  }
  REQUIRE(x.go.alive());
  REQUIRE(eventually([&] {
    return x.go.answer("count w999").find("no such actor") == std::string::npos;
  }));
  for (auto& hdl : all)
    x.me.self()->monitor(hdl);
  settle(x);
  x.go.kill();
  size_t downs = 0;
  x.me.self()->receive_while([&] { return downs < count; })(
    [&](const caf::down_msg& y) {
      ++downs;
      CHECK_EQ(y.reason, caf::exit_reason::remote_link_unreachable);
    },
    caf::after(long_time) >>
      [&] {
        FAIL_CHECK(downs, " of ", count);
        downs = count;
      });
  CHECK_EQ(x.me.count_downs(), 0u);
}

// -- Go watches ---------------------------------------------------------------

TEST_CASE("Go is told when an actor stops") {
  scene x;
  auto hdl = x.publish_new("victim", idle);
  x.go.command("watch w " + x.here("victim"));
  // Go's watch is served before the touch that follows it
  x.go.command("touch " + x.here("victim") + " 30000");
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.go.event("terminated"), terminated(x, "w", "victim", 0));
  x.check_both_alive();
  CHECK_EQ(x.go.count_events("terminated"), 0u);
}

TEST_CASE("Go is told that there is no such actor") {
  scene x;
  x.go.command("watch w " + x.here("nobody"));
  // the wire says "not found", but Go forgets the reason of remote actors
  CHECK_EQ(x.go.event("terminated"), terminated(x, "w", "nobody", 0));
}

TEST_CASE("an actor that was unpublished and ends is told to its watchers") {
  scene x;
  auto hdl = x.publish_new("victim", idle);
  x.go.command("watch w " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  REQUIRE_FALSE(x.node.rm().unpublish("victim"));
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.go.event("terminated"), terminated(x, "w", "victim", 0));
}

TEST_CASE("Go is told once when our node leaves") {
  scene x;
  x.publish_new("victim", idle);
  x.go.command("watch w " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  x.node.rm().stop();
  CHECK_EQ(x.go.event("terminated"), terminated(x, "w", "victim", 1));
  x.go.event("endpoint_terminated " + x.node.address());
  CHECK_EQ(x.go.count_events("terminated"), 0u);
}

TEST_CASE("Go is not told after it stopped watching") {
  scene x;
  auto hdl = x.publish_new("victim", idle);
  auto other = x.publish_new("other", idle);
  x.go.command("watch w " + x.here("victim"));
  x.go.command("watch w " + x.here("other"));
  x.go.command("unwatch w " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  x.me.self()->wait_for(hdl);
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.go.event("terminated"), terminated(x, "w", "other", 0));
  CHECK_EQ(x.go.count_events("terminated"), 0u);
}

TEST_CASE("several Go actors watch one actor") {
  scene x;
  auto hdl = x.publish_new("victim", idle);
  for (auto name : {"a", "b", "c"})
    x.go.command("watch " + std::string{name} + " " + x.here("victim"));
  x.go.command("touch " + x.here("victim") + " 30000");
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  for (auto name : {"a", "b", "c"})
    CHECK_EQ(x.go.event("terminated " + std::string{name}),
             terminated(x, name, "victim", 0));
}

TEST_CASE("Go watches a thousand actors") {
  scene x;
  constexpr size_t count = 1000;
  std::vector<caf::actor> all;
  for (size_t i = 0; i < count; ++i)
    all.push_back(x.publish_new("v" + std::to_string(i), idle));
  for (size_t i = 0; i < count; ++i)
    x.go.command("watch w " + x.here("v" + std::to_string(i)));
  x.go.command("touch " + x.here("activator") + " 30000");
  for (auto& hdl : all)
    caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  for (size_t i = 0; i < count; ++i)
    x.go.event("terminated w " + x.here("v" + std::to_string(i)) + " why=0");
  CHECK_EQ(x.go.count_events("terminated"), 0u);
}

TEST_SUITE_END();
