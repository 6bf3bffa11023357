// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"
#include "support/loopback_node.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <future>

#include <pthread.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const Ping& x) { return x; },
    [](raw_message& x) { return std::move(x); },
  };
}

void check_echo(inbox& me, const caf::actor& hdl, int number) {
  auto answer = me.ask<Ping>(hdl, make_ping("hello", number));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->number(), number);
}

TEST_SUITE_BEGIN("integration.two_systems");

TEST_CASE("a request is answered by an actor of the other system") {
  loopback_node a;
  loopback_node b;
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn(echo), "echo"));
  auto hdl = a.remote(b.address(), "echo");
  caf::scoped_actor self{a.sys()};
  self->request(hdl, 10s, make_ping("hello", 42))
    .receive(
      [](const Ping& x) {
        CHECK_EQ(x.text(), "hello");
        CHECK_EQ(x.number(), 42);
      },
      [](const caf::error& err) { FAIL(render(err)); });
}

TEST_CASE("handlers run on the network worker, unless everything is left to "
          "CAF's scheduler") {
  loopback_node::settings xs;
  auto expected = true;
  SUBCASE("by default") {}
  SUBCASE("scheduler-only") {
    xs.push_back({"scheduler-only", caf::config_value{true}});
    expected = false;
  }
  loopback_node a{xs};
  loopback_node b{xs};
  auto seen = std::make_shared<std::atomic<bool>>(false);
  auto reporter = b.sys().spawn([seen](caf::event_based_actor*) {
    return caf::behavior{[seen](const Ping& x) {
      std::array<char, 16> name{};
      ::pthread_getname_np(::pthread_self(), name.data(), name.size());
      if (std::string{name.data()} == "caf.network")
        *seen = true;
      return x;
    }};
  });
  REQUIRE_FALSE(b.rm().publish(reporter, "reporter"));
  auto hdl = a.remote(b.address(), "reporter");
  inbox me{a};
  // the first ones may have to wait, and a slow machine leaves the rest to the
  // scheduler as well
  for (int i = 0; i < (expected ? 10000 : 100) && !*seen; ++i)
    check_echo(me, hdl, i);
  CHECK_EQ(*seen, expected);
}

TEST_CASE("a handler that blocks does not hold up other actors") {
  loopback_node a;
  loopback_node b;
  std::promise<void> started;
  std::promise<void> go_on;
  auto wait = go_on.get_future().share();
  auto blocker = b.sys().spawn([&, wait](caf::event_based_actor*) {
    return caf::behavior{[&, wait](const Ping&) {
      started.set_value();
      wait.wait();
    }};
  });
  REQUIRE_FALSE(b.rm().publish(blocker, "blocker"));
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn(echo), "echo"));
  caf::anon_send(a.remote(b.address(), "blocker"), make_ping("stop there"));
  started.get_future().wait();
  inbox me{a};
  auto hdl = a.remote(b.address(), "echo");
  for (int i = 0; i < 20; ++i)
    check_echo(me, hdl, i);
  go_on.set_value();
}

TEST_CASE("a request to a missing actor fails at once") {
  loopback_node a;
  loopback_node b;
  auto hdl = a.remote(b.address(), "nobody");
  caf::scoped_actor self{a.sys()};
  self->request(hdl, 10s, make_ping("hello"))
    .receive(
      [](const Ping&) { FAIL("answered"); },
      [](const caf::error& err) { CHECK_EQ(code_of(err), errc::dead_letter); });
}

TEST_CASE("an actor is spawned, watched, and stopped from afar") {
  loopback_node a;
  loopback_node b;
  REQUIRE_FALSE(b.rm().register_kind(
    "echo", [](caf::actor_system& sys) { return sys.spawn(echo); }));
  auto hdl = a.rm().spawn(b.address(), "echo", "joe", 10s);
  REQUIRE_MESSAGE(hdl, render(hdl ? caf::error{} : hdl.error()));
  caf::scoped_actor self{a.sys()};
  self->monitor(*hdl);
  self->request(*hdl, 10s, make_ping("hi"))
    .receive([](const Ping& x) { CHECK_EQ(x.text(), "hi"); },
             [](const caf::error& err) { FAIL(render(err)); });
  self->send_exit(*hdl, caf::exit_reason::user_shutdown);
  self->receive(
    [&](const caf::down_msg& x) {
      CHECK_EQ(x.source, hdl->address());
      CHECK_EQ(x.reason, caf::exit_reason::normal);
    },
    caf::after(10s) >> [] { FAIL("no down message"); });
}

TEST_CASE("ping returns the node's own address") {
  loopback_node a;
  loopback_node b;
  auto res = a.rm().ping(b.address(), "activator", 10s);
  REQUIRE_MESSAGE(res, render(res ? caf::error{} : res.error()));
  CHECK_EQ(res->who.address, b.address());
}

TEST_SUITE_END();

} // namespace
