// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"
#include "support/plain_socket.hpp"
#include "support/raw_peer.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

loopback_node::settings brisk() {
  return {
    {"max-retry-count", caf::config_value{int64_t{2}}},
    {"retry-wait", caf::config_value{caf::timespan{50ms}}},
    {"handshake-timeout", caf::config_value{caf::timespan{300ms}}},
    {"connect-timeout", caf::config_value{caf::timespan{1s}}},
  };
}

void check_well(loopback_node& x) {
  loopback_node other;
  auto pong = x.rm().ping(other.address(), "activator", long_time);
  CHECK_MESSAGE(pong, render(pong ? caf::error{} : pong.error()));
}

/// Asks and watches an actor at `address`; both must end soon, with errors.
void check_given_up(const std::string& address, errc expected) {
  loopback_node node{brisk()};
  inbox me{node};
  inbox subscriber{node};
  REQUIRE_FALSE(node.rm().subscribe(subscriber.handle()));
  auto hdl = node.remote(address, "actor");
  me.self()->monitor(hdl);
  auto err = me.ask_in_vain(hdl, make_ping("hi"));
  CHECK_MESSAGE(code_of(err) == expected, render(err));
  CHECK_EQ(me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(subscriber.take<endpoint_unreachable>().address, address);
  CHECK_EQ(me.count_downs(), 0u);
  CHECK(eventually([&] { return sum_of(node).queued == 0; }));
  CHECK_EQ(node.rm().snapshot().pending_requests, 0u);
  check_well(node);
}

} // namespace

TEST_SUITE_BEGIN("integration.bad_listener");

TEST_CASE("a listener that never answers the handshake") {
  raw_peer peer{manners::silent};
  check_given_up(peer.address(), errc::endpoint_terminated);
  CHECK_EQ(peer.streams(), 2u);
}

TEST_CASE("a listener that answers the handshake with something else") {
  for (auto how : {manners::garbage, manners::empty, manners::batch,
                   manners::request, manners::nameless}) {
    CAPTURE(static_cast<int>(how));
    raw_peer peer{how};
    check_given_up(peer.address(), errc::endpoint_terminated);
  }
}

TEST_CASE("a listener that ends the stream instead of an answer") {
  for (auto how : {manners::end_ok, manners::end_error}) {
    CAPTURE(static_cast<int>(how));
    raw_peer peer{how};
    check_given_up(peer.address(), errc::endpoint_terminated);
  }
}

TEST_CASE("a listener that blocks us is asked once") {
  raw_peer peer{manners::blocked};
  check_given_up(peer.address(), errc::blocked);
  CHECK_EQ(peer.streams(), 1u);
}

TEST_CASE("a listener that answers twice costs streams, no dead letters") {
  loopback_node node{brisk()};
  raw_peer peer{manners::twice};
  inbox me{node};
  auto hdl = node.remote(peer.address(), "actor");
  // what is written right before the second answer goes down with its stream
  auto sent = 0u;
  auto written = [&] { return sum_of(node).written == sent; };
  while (sent < 1000 && peer.received().empty()) {
    me.self()->send(hdl, make_ping("hi"));
    ++sent;
    REQUIRE(eventually(written));
  }
  CHECK_EQ(peer.wait_for_type("caf_remote.test.Ping").target, "actor");
  CHECK(eventually([&] { return node.rm().snapshot().protocol_errors > 0; }));
  CHECK(written());
  CHECK_EQ(sum_of(node).dead_lettered, 0u);
  check_well(node);
}

TEST_CASE("a port without gRPC behind it") {
  plain_socket silent;
  auto port = silent.listen();
  check_given_up("127.0.0.1:" + std::to_string(port),
                 errc::endpoint_terminated);
}

TEST_CASE("a listener that hangs up after each handshake keeps no one busy") {
  for (auto how : {manners::end_ok_later, manners::end_error_later}) {
    CAPTURE(static_cast<int>(how));
    loopback_node node{{
      {"max-retry-count", caf::config_value{int64_t{2}}},
      {"retry-wait", caf::config_value{caf::timespan{200ms}}},
    }};
    raw_peer peer{how};
    inbox me{node};
    auto hdl = node.remote(peer.address(), "actor");
    me.self()->send(hdl, make_ping("hi"));
    auto start = std::chrono::steady_clock::now();
    CHECK(eventually([&] { return peer.streams() >= 6; }));
    auto elapsed = std::chrono::steady_clock::now() - start;
    // two in each time of waiting
    CHECK_GE(elapsed, 380ms);
    check_well(node);
    node.rm().stop();
    auto sum = sum_of(node);
    CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered + sum.queued);
  }
}

TEST_CASE("a peer that ends an idle stream is met again for the next message") {
  loopback_node node{brisk()};
  raw_peer peer;
  inbox me{node};
  auto hdl = node.remote(peer.address(), "actor");
  me.self()->send(hdl, make_ping("1"));
  peer.wait_for_type("caf_remote.test.Ping");
  for (auto code :
       {transport::status_code::ok, transport::status_code::unavailable}) {
    auto before = peer.streams();
    peer.end_all({code, "as told"});
    me.self()->send(hdl, make_ping("again"));
    CHECK(eventually([&] { return peer.streams() > before; }));
  }
  // what was written to a stream whose end was on its way is lost, and not sent
  // again
  CHECK(eventually([&] { return sum_of(node).queued == 0; }));
  CHECK_EQ(sum_of(node).accepted, sum_of(node).written);
  CHECK_LE(peer.received().size(), 3u);
}

TEST_CASE("a peer that vanishes with watches in force") {
  loopback_node node{brisk()};
  auto peer = std::make_unique<raw_peer>();
  inbox me{node};
  auto hdl = node.remote(peer->address(), "actor");
  me.self()->monitor(hdl);
  peer->wait_for_type("actor.Watch");
  peer.reset();
  CHECK_EQ(me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(me.count_downs(), 0u);
}

TEST_CASE("live watches are sent again after a reconnect") {
  loopback_node node{brisk()};
  raw_peer peer;
  inbox me{node};
  auto hdl = node.remote(peer.address(), "actor");
  me.self()->monitor(hdl);
  peer.wait_for_type("actor.Watch");
  peer.end_all({transport::status_code::unavailable, "as told"});
  CHECK(eventually([&] {
    size_t watches = 0;
    for (auto& x : peer.received())
      watches += x.type_name == "actor.Watch";
    return watches == 2;
  }));
  CHECK_EQ(me.count_downs(), 0u);
}

TEST_SUITE_END();
