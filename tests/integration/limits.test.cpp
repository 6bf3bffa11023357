// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"

#include <caf/attach_stream_source.hpp>
#include <caf/downstream.hpp>

#include <doctest/doctest.h>

#include <future>
#include <memory>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

/// The limits that docs/guarantees.md names.

namespace {

caf::behavior idle(caf::event_based_actor*) {
  return {
    [](const Nested&) {},
  };
}

} // namespace

TEST_SUITE_BEGIN("integration.limits");

TEST_CASE("an actor that was spawned too late stays, and its name leads to "
          "it") {
  loopback_node a;
  loopback_node b;
  auto gate = std::make_shared<std::promise<void>>();
  REQUIRE_FALSE(b.rm().register_kind(
    "slow", [opened = gate->get_future().share()](caf::actor_system& sys) {
      opened.wait_for(long_time);
      return sys.spawn(idle);
    }));
  inbox me{a};
  // CAF's own request does not tell its time limit, so it is sent all the same
  for (auto name : {"joe", ""}) {
    caf::error err;
    me.self()
      ->request(a.rm().spawner(), 1ms, remote_spawn{b.address(), "slow", name})
      .receive([](const caf::actor&) {},
               [&](caf::error& x) { err = std::move(x); });
    CHECK_EQ(err, caf::sec::request_timeout);
  }
  gate->set_value();
  CHECK(eventually([&] { return b.rm().snapshot().published == 2; }));
  auto again = a.rm().spawn(b.address(), "slow", "joe", long_time);
  REQUIRE_FALSE(again);
  CHECK_EQ(code_of(again.error()), errc::name_taken);
  CHECK_NE(render(again.error()).find(b.address() + "/joe"), std::string::npos);
  auto joe = a.remote(b.address(), "joe");
  me.self()->monitor(joe);
  caf::anon_send_exit(joe, caf::exit_reason::user_shutdown);
  CHECK_EQ(me.wait_down(joe), caf::exit_reason::normal);
}

TEST_CASE("a stream of CAF's to a remote actor is a dead letter") {
  loopback_node a;
  loopback_node b;
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn(idle), "sink"));
  auto sink = a.remote(b.address(), "sink");
  auto source = a.sys().spawn([sink](caf::event_based_actor* self) {
    caf::attach_stream_source(
      self, sink, [](int& x) { x = 0; },
      [](int& x, caf::downstream<int>& out, size_t) { out.push(++x); },
      [](const int& x) { return x > 0; });
  });
  CHECK(
    eventually([&] { return dead_letters(a, errc::not_serializable) == 1; }));
  caf::anon_send_exit(source, caf::exit_reason::kill);
}

TEST_SUITE_END();
