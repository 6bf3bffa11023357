// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

loopback_node::settings at_port(uint16_t port) {
  return patient({setting("port", port)});
}

uint16_t port_of(const std::string& address) {
  return static_cast<uint16_t>(
    std::stoi(address.substr(address.rfind(':') + 1)));
}

void restart(scene& x) {
  x.go = go_peer{{x.go.port(), {}, 280s}};
}

void check_sums(loopback_node& x) {
  auto sum = sum_of(x);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered + sum.queued);
}

} // namespace

TEST_SUITE_BEGIN("interop.loss");

TEST_CASE("what was sent while the Go node was away arrives in order") {
  scene x{patient()};
  auto hdl = x.there("sink");
  x.me.self()->monitor(hdl);
  REQUIRE(x.me.ask<StringValue>(hdl, empty_message()));
  x.go.kill();
  REQUIRE(eventually([&] {
    return counters_of(x.node, x.go.address()).state
           != connection_state::connected;
  }));
  for (int i = 1; i <= 5000; ++i)
    x.me.self()->send(hdl, text(std::to_string(i)));
  restart(x);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  auto answer = x.me.ask<StringValue>(hdl, empty_message());
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->value(), "count=5000 ordered=true last=5000");
  CHECK_EQ(x.me.count_downs(), 0u);
  check_sums(x.node);
}

TEST_CASE("a Go node is killed under load and comes back") {
  scene x{patient()};
  REQUIRE_FALSE(x.node.rm().subscribe(x.me.handle()));
  inbox observer{x.node};
  auto hdl = x.there("sink");
  auto first_id = x.go.system_id();
  observer.self()->monitor(hdl);
  REQUIRE(observer.ask<StringValue>(hdl, empty_message()));
  constexpr int total = 60000;
  for (int i = 1; i <= total; ++i) {
    observer.self()->send(hdl, text(std::to_string(i)));
    if (i == total / 3)
      x.go.kill();
    if (i == 2 * total / 3)
      restart(x);
  }
  CHECK_EQ(observer.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  // the old handle works again; what arrived has no holes
  auto answer = observer.ask<StringValue>(hdl, empty_message());
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_NE(answer->value().find("ordered=true last=60000"), std::string::npos);
  CHECK_EQ(observer.count_downs(), 0u);
  check_sums(x.node);
  CHECK_EQ(sum_of(x.node).dead_lettered, 0u);
  // two incarnations were met, one after the other
  CHECK_EQ(x.me.take<endpoint_connected>().member_id, first_id);
  CHECK_EQ(x.me.take<endpoint_connected>().member_id, x.go.system_id());
  x.check_both_alive();
}

TEST_CASE("requests that were written to a killed Go node fail once") {
  scene x{patient()};
  auto hdl = x.there("blackhole");
  REQUIRE(x.me.ask<touched>(hdl, touch{}));
  constexpr size_t count = 100;
  auto report = x.me.handle();
  x.node.sys().spawn([=](caf::event_based_actor* self) {
    for (size_t i = 0; i < count; ++i)
      self->request(hdl, caf::infinite, text("?"))
        .then([](const StringValue&) {},
              [=](caf::error& err) { self->send(report, std::move(err)); });
  });
  REQUIRE(eventually([&] {
    auto figures = counters_of(x.node, x.go.address());
    return figures.accepted > count && figures.queued == 0;
  }));
  x.go.kill();
  restart(x);
  // meets the new incarnation
  for (size_t i = 0; i < count; ++i) {
    x.me.self()->receive(
      [](const caf::error& err) {
        auto code = code_of(err);
        auto fits = code == errc::incarnation_over || code == errc::unconfirmed;
        CHECK_MESSAGE(fits, render(err));
      },
      caf::after(long_time) >> [] { FAIL("no error"); });
  }
  CHECK_EQ(x.node.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("a Go node that does not come back is given up once") {
  scene x{brisk({setting("max-retry-count", 3)})};
  REQUIRE_FALSE(x.node.rm().subscribe(x.me.handle()));
  inbox observer{x.node};
  auto hdl = x.there("sink");
  observer.self()->monitor(hdl);
  REQUIRE(observer.ask<StringValue>(hdl, empty_message()));
  x.go.kill();
  for (int i = 1; i <= 1000; ++i)
    observer.self()->send(hdl, text(std::to_string(i)));
  CHECK_EQ(observer.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  x.me.take<endpoint_terminated>();
  CHECK(eventually([&] { return sum_of(x.node).queued == 0; }));
  check_sums(x.node);
  // the next message starts anew
  restart(x);
  CHECK(eventually(
    [&] { return !!observer.ask<StringValue>(hdl, empty_message()); }));
  CHECK_EQ(observer.count_downs(), 0u);
}

TEST_CASE("a Go node restarts a few times and each incarnation is met") {
  scene x{patient()};
  auto hdl = x.there("echo");
  for (int i = 0; i < 5; ++i) {
    x.me.self()->monitor(hdl);
    REQUIRE(x.me.ask<StringValue>(hdl, text("hi")));
    x.go.kill();
    restart(x);
    CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  }
  CHECK_EQ(x.me.count_downs(), 0u);
  x.check_both_alive();
}

TEST_CASE("a restarted Go node dials first") {
  scene x{patient({{"retry-wait", caf::config_value{caf::timespan{10s}}}})};
  auto hdl = x.there("echo");
  x.me.self()->monitor(hdl);
  REQUIRE(x.me.ask<StringValue>(hdl, text("hi")));
  x.go.kill();
  REQUIRE(eventually([&] {
    return counters_of(x.node, x.go.address()).state
           != connection_state::connected;
  }));
  restart(x);
  x.publish_new("echo", echo);
  x.go.command("send " + x.here("echo") + " google.protobuf.StringValue \"a\"");
  // its handshake says that the old incarnation is over
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(x.me.count_downs(), 0u);
}

TEST_CASE("a restarted caf_remote node is met again by Go") {
  go_peer go;
  auto home = std::make_unique<loopback_node>(patient());
  auto address = home->address();
  auto ask = "request " + address
             + " echo google.protobuf.StringValue 2000 \"hi\"";
  std::string expected = "ok google.protobuf.StringValue \"hi\"";
  REQUIRE_FALSE(home->rm().publish(home->sys().spawn(echo), "echo"));
  CHECK_EQ(go.answer(ask), expected);
  for (int i = 0; i < 3; ++i) {
    home.reset();
    home = std::make_unique<loopback_node>(at_port(port_of(address)));
    REQUIRE_FALSE(home->rm().publish(home->sys().spawn(echo), "echo"));
    // Go throws away what it had queued for the old connection
    CHECK(eventually([&] { return go.answer(ask) == expected; }));
  }
  CHECK(go.alive());
}

TEST_SUITE_END();
