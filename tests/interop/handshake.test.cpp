// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include "actor.pb.h"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("interop.handshake");

TEST_CASE("a touch makes the nodes meet in both directions") {
  scene x;
  REQUIRE_FALSE(x.node.rm().subscribe(x.me.handle()));
  auto res = x.node.rm().ping(x.go.address(), "activator", long_time);
  REQUIRE_MESSAGE(res, render(res ? caf::error{} : res.error()));
  CHECK_EQ(res->who.address, x.go.address());
  CHECK_EQ(res->who.id, "activator");
  auto event = x.me.take<endpoint_connected>();
  CHECK_EQ(event.address, x.go.address());
  CHECK_EQ(event.member_id, x.go.system_id());
  auto figures = counters_of(x.node, x.go.address());
  CHECK_EQ(figures.connects, 1u);
  CHECK_EQ(figures.inbound_streams, 1u);
  CHECK(figures.state == connection_state::connected);
  CHECK_EQ(x.go.event("connected"), "connected " + x.node.address());
}

TEST_CASE("a Go node may dial first") {
  scene x;
  CHECK_EQ(x.go.command("touch " + x.here("activator") + " 30000"),
           "who=" + x.node.address() + "/activator");
  CHECK_EQ(counters_of(x.node, x.go.address()).connects, 1u);
}

TEST_CASE("a Go node sees the advertised address of the sender") {
  scene x;
  auto hdl = x.publish_new("me", idle);
  auto answer = x.me.ask<raw_message>(x.there("whoami"), text("?"));
  REQUIRE(answer);
  actor::PID who;
  REQUIRE_EQ(answer->type_name, "actor.PID");
  REQUIRE(who.ParseFromString(answer->bytes));
  CHECK_EQ(who.address(), x.node.address());
  CHECK_GT(who.request_id(), 0u);
}

TEST_CASE("a Go node is reached under another spelling of its address") {
  scene x;
  auto alias = "localhost:" + std::to_string(x.go.port());
  auto hdl = x.node.remote(alias, "echo");
  for (int i = 0; i < 3; ++i) {
    auto answer = x.me.ask<StringValue>(hdl, text("hi"));
    REQUIRE(answer);
    CHECK_EQ(answer->value(), "hi");
  }
  auto pong = x.node.rm().ping(alias, "activator", long_time);
  REQUIRE(pong);
  CHECK_EQ(pong->who.address, x.go.address());
  CHECK(x.go.alive());
}

TEST_CASE("a watch under another spelling of the address ends in a down") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto hdl = x.node.remote("localhost:" + std::to_string(x.go.port()),
                           "victim");
  x.me.self()->monitor(hdl);
  // the answer to a request says that the watch before it was served
  REQUIRE(x.me.ask<StringValue>(hdl, text("hi")));
  x.go.command("local_stop victim");
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
}

TEST_CASE("a Go node reaches us under another spelling of our address") {
  scene x;
  x.publish_new("echo", echo);
  auto port = x.node.address().substr(x.node.address().rfind(':'));
  CHECK_EQ(x.go.command("request localhost" + port
                        + " echo google.protobuf.StringValue 30000 \"hi\""),
           "google.protobuf.StringValue \"hi\"");
}

TEST_CASE("a Go node that blocks us is given up at once") {
  scene x;
  REQUIRE_FALSE(x.node.rm().subscribe(x.me.handle()));
  x.go.command("block " + x.node.rm().member_id());
  auto err = x.me.ask_in_vain(x.there("echo"), text("hi"));
  CHECK_EQ(code_of(err), errc::blocked);
  auto event = x.me.take<endpoint_unreachable>();
  CHECK_EQ(event.address, x.go.address());
  CHECK(x.go.alive());
}

TEST_CASE("two systems in one process meet the same Go node") {
  scene x;
  loopback_node other{brisk()};
  inbox you{other};
  auto theirs = other.remote(x.go.address(), "echo");
  for (int i = 0; i < 10; ++i) {
    REQUIRE(x.me.ask<StringValue>(x.there("echo"), text("a")));
    REQUIRE(you.ask<StringValue>(theirs, text("b")));
  }
  CHECK_NE(other.rm().member_id(), x.node.rm().member_id());
  x.check_both_alive();
}

TEST_CASE("nothing listens at the address: the error comes at once") {
  scene x;
  auto port = x.go.port();
  auto address = x.go.address();
  x.go.kill();
  auto err = x.me.ask_in_vain(x.node.remote(address, "echo"), text("hi"));
  CHECK_EQ(code_of(err), errc::endpoint_terminated);
  // the address is not lost for ever
  x.go = go_peer{{port, {}, 280s}};
  CHECK(x.me.ask<StringValue>(x.there("echo"), text("hi")));
}

TEST_SUITE_END();
