// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::expected<caf::actor> spawn_there(scene& x, const std::string& kind,
                                      const std::string& name) {
  return x.node.rm().spawn(x.go.address(), kind, name, long_time);
}

std::string spawn_here(scene& x, const std::string& kind,
                       const std::string& name) {
  return x.go.command("spawn " + x.node.address() + " " + kind + " " + name
                      + " 30000");
}

} // namespace

TEST_SUITE_BEGIN("interop.spawn");

TEST_CASE("an actor is spawned on a Go node") {
  scene x;
  auto hdl = spawn_there(x, "echo", "joe");
  REQUIRE_MESSAGE(hdl, render(hdl ? caf::error{} : hdl.error()));
  CHECK_EQ(x.node.rm().pid_of(*hdl).address, x.go.address());
  auto answer = x.me.ask<StringValue>(*hdl, text("hi"));
  REQUIRE(answer);
  CHECK_EQ(answer->value(), "hi");
  x.me.self()->monitor(*hdl);
  REQUIRE(x.me.ask<StringValue>(*hdl, text("hi")));
  x.me.self()->send_exit(*hdl, caf::exit_reason::user_shutdown);
  CHECK_EQ(x.me.wait_down(*hdl), caf::exit_reason::normal);
}

TEST_CASE("a Go node chooses names") {
  scene x;
  auto first = spawn_there(x, "echo", "");
  auto second = spawn_there(x, "echo", "");
  REQUIRE(first);
  REQUIRE(second);
  CHECK_NE(*first, *second);
  CHECK(x.me.ask<StringValue>(*first, text("hi")));
  CHECK(x.me.ask<StringValue>(*second, text("hi")));
}

TEST_CASE("a name that is taken on a Go node is an error with its holder") {
  scene x;
  auto first = spawn_there(x, "echo", "joe");
  REQUIRE(first);
  auto second = spawn_there(x, "echo", "joe");
  REQUIRE_FALSE(second);
  CHECK_EQ(code_of(second.error()), errc::name_taken);
  auto holder = to_string(x.node.rm().pid_of(*first));
  CHECK_NE(render(second.error()).find(holder), std::string::npos);
}

TEST_CASE("a Go node survives the wish for a kind that it does not know") {
  scene x;
  for (int i = 0; i < 3; ++i) {
    auto hdl = spawn_there(x, "no such kind", "joe");
    REQUIRE_FALSE(hdl);
    CHECK_EQ(code_of(hdl.error()), errc::spawn_failed);
  }
  CHECK(x.go.alive());
  CHECK(spawn_there(x, "echo", "joe"));
  x.check_both_alive();
}

TEST_CASE("actors spawn on a Go node without blocking") {
  scene x;
  auto res = x.me.ask<caf::actor>(x.node.rm().spawner(),
                                  remote_spawn{x.go.address(), "echo", "joe"});
  REQUIRE(res);
  CHECK(x.me.ask<StringValue>(*res, text("hi")));
}

TEST_CASE("Go spawns actors here") {
  scene x;
  REQUIRE_FALSE(x.node.rm().register_kind(
    "echo", [](caf::actor_system& sys) { return sys.spawn(echo); }));
  CHECK_EQ(spawn_here(x, "echo", "joe"), "0 " + x.node.address() + "/joe");
  CHECK_EQ(x.go.command("request " + x.here("joe")
                        + " google.protobuf.StringValue 30000 \"hi\""),
           "google.protobuf.StringValue \"hi\"");
  x.go.command("watch w " + x.here("joe"));
  x.go.command("stop " + x.here("joe"));
  CHECK_EQ(x.go.event("terminated"),
           "terminated w " + x.here("joe") + " why=0");
  // the name is free again
  CHECK(eventually([&] {
    return spawn_here(x, "echo", "joe") == "0 " + x.node.address() + "/joe";
  }));
}

TEST_CASE("Go lets us choose names") {
  scene x;
  REQUIRE_FALSE(x.node.rm().register_kind(
    "echo", [](caf::actor_system& sys) { return sys.spawn(echo); }));
  auto first = spawn_here(x, "echo", "-");
  auto second = spawn_here(x, "echo", "-");
  CHECK_EQ(first.rfind("0 " + x.node.address() + "/", 0), 0u);
  CHECK_NE(first, second);
}

TEST_CASE("Go is told that a name is taken here, and by whom") {
  scene x;
  x.publish_new("joe", idle);
  REQUIRE_FALSE(x.node.rm().register_kind(
    "echo", [](caf::actor_system& sys) { return sys.spawn(echo); }));
  CHECK_EQ(spawn_here(x, "echo", "joe"), "3 " + x.node.address() + "/joe");
}

TEST_CASE("Go is told that a kind is unknown or cannot be made") {
  scene x;
  REQUIRE_FALSE(
    x.node.rm().register_kind("thrower", [](caf::actor_system&) -> caf::actor {
      throw std::runtime_error{"no"};
    }));
  REQUIRE_FALSE(x.node.rm().register_kind(
    "nothing", [](caf::actor_system&) { return caf::actor{}; }));
  CHECK_EQ(spawn_here(x, "unknown", "joe"), "4 -");
  CHECK_EQ(spawn_here(x, "thrower", "joe"), "4 -");
  CHECK_EQ(spawn_here(x, "nothing", "joe"), "4 -");
  x.check_both_alive();
}

TEST_SUITE_END();
