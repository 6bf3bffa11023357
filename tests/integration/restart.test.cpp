// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"
#include "support/raw_peer.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

loopback_node::settings patient() {
  return {
    {"max-retry-count", caf::config_value{int64_t{500}}},
    {"retry-wait", caf::config_value{caf::timespan{20ms}}},
  };
}

loopback_node::settings at_port(uint16_t port) {
  auto result = patient();
  result.emplace_back("port", caf::config_value{int64_t{port}});
  return result;
}

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const Ping& x) { return x; },
  };
}

std::unique_ptr<loopback_node> restart(std::unique_ptr<loopback_node> x) {
  auto port = split_address(x->address()).second;
  x.reset();
  auto result = std::make_unique<loopback_node>(at_port(port));
  REQUIRE_FALSE(result->rm().publish(result->sys().spawn(echo), "echo"));
  return result;
}

TEST_SUITE_BEGIN("integration.restart");

TEST_CASE("a handle works again after each restart of its node") {
  loopback_node a{patient()};
  auto b = std::make_unique<loopback_node>(patient());
  REQUIRE_FALSE(b->rm().publish(b->sys().spawn(echo), "echo"));
  auto hdl = a.remote(b->address(), "echo");
  inbox me{a};
  for (int i = 0; i < 20; ++i) {
    me.self()->monitor(hdl);
    REQUIRE(me.ask<Ping>(hdl, make_ping("hi")));
    b = restart(std::move(b));
    CHECK_EQ(me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
    CHECK_EQ(me.count_downs(), 0u);
  }
  CHECK(me.ask<Ping>(hdl, make_ping("hi")));
  CHECK(eventually([&] { return sum_of(a).queued == 0; }));
  auto sum = sum_of(a);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered);
}

TEST_CASE("both nodes of a pair restart in turn") {
  auto a = std::make_unique<loopback_node>(patient());
  auto b = std::make_unique<loopback_node>(patient());
  for (auto x : {&a, &b})
    REQUIRE_FALSE((*x)->rm().publish((*x)->sys().spawn(echo), "echo"));
  for (int i = 0; i < 10; ++i) {
    for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      inbox me{**from};
      auto hdl = (*from)->remote((*to)->address(), "echo");
      CHECK(eventually([&] { return !!me.ask<Ping>(hdl, make_ping("hi")); }));
    }
    auto& x = i % 2 == 0 ? a : b;
    x = restart(std::move(x));
  }
}

TEST_CASE("a peer that comes back as another tells the observers once") {
  loopback_node node{patient()};
  inbox me{node};
  auto old = std::make_unique<raw_peer>();
  auto address = old->address();
  auto hdl = node.remote(address, "actor");
  me.self()->monitor(hdl);
  auto answer = me.self()->request(hdl, caf::infinite, make_ping("hi"));
  old->wait_for_type("caf_remote.test.Ping");
  // it says by its own handshake that it is another now
  old->restart_as("another");
  auto str = old->connect(node.address());
  CHECK_EQ(me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  answer.receive(
    [](const Ping&) { FAIL_CHECK("answered"); },
    [](caf::error& err) { CHECK_EQ(code_of(err), errc::incarnation_over); });
  CHECK_EQ(me.count_downs(), 0u);
  CHECK_EQ(node.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("a peer with the same member id may open a second stream") {
  loopback_node node{patient()};
  REQUIRE_FALSE(node.rm().publish(node.sys().spawn(echo), "echo"));
  raw_peer peer;
  inbox me{node};
  auto hdl = node.remote(peer.address(), "actor");
  me.self()->monitor(hdl);
  peer.wait_for_type("actor.Watch");
  auto first = peer.connect(node.address());
  auto second = peer.connect(node.address());
  for (auto str : {&first, &second}) {
    batch_maker batch;
    auto ping = make_ping("hi").SerializeAsString();
    auto& x = batch.add("caf_remote.test.Ping", "echo", ping);
    x.set_sender(batch.sender("asker"));
    x.set_sender_request_id(str == &first ? 1 : 2);
    str->write(batch.frame());
    peer.wait_for(
      [&](auto& y) { return y.target_request_id == x.sender_request_id(); });
  }
  CHECK_EQ(me.count_downs(), 0u);
}

TEST_SUITE_END();

} // namespace
