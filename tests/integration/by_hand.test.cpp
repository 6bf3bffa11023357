// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"
#include "support/plain_socket.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

/// A system under CAF's scheduler for tests, whose actors run when somebody
/// says so: whoever blocks for them must see to that.

namespace {

class system_by_hand {
public:
  system_by_hand() {
    cfg_.load<remoting>();
    cfg_.load<caf::id_block::caf_remote_test>();
    cfg_.set("scheduler.policy", caf::atom("testing"));
    sys_ = std::make_unique<caf::actor_system>(cfg_);
    REQUIRE_FALSE(rm().set_log_sink(nullptr));
    auto res = rm().listen();
    REQUIRE(res);
    address = *res;
  }

  caf::actor_system& sys() {
    return *sys_;
  }

  remoting& rm() {
    return get(*sys_);
  }

  caf::scheduler::test_coordinator& sched() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(sys_->scheduler());
  }

  /// What became of messages to endpoints.
  endpoint_counters totals() {
    auto all = rm().snapshot();
    auto result = all.retired;
    for (auto& x : all.endpoints) {
      result.accepted += x.accepted;
      result.dead_lettered += x.dead_lettered;
      result.written += x.written;
      result.queued += x.queued;
    }
    return result;
  }

  std::string address;

private:
  config cfg_;
  std::unique_ptr<caf::actor_system> sys_;
};

} // namespace

TEST_SUITE_BEGIN("integration.by_hand");

TEST_CASE("a system by hand ends by itself") {
  system_by_hand x;
}

TEST_CASE("a stop by hand loses nothing without a trace") {
  system_by_hand x;
  plain_socket silent;
  auto address = "127.0.0.1:" + std::to_string(silent.listen());
  auto hdl = x.rm().lookup(address, "nobody");
  REQUIRE(hdl);
  for (int i = 0; i < 10; ++i)
    caf::anon_send(*hdl, make_ping("x"));
  caf::scoped_actor self{x.sys()};
  self->monitor(*hdl);
  auto answer = self->request(*hdl, caf::infinite, make_ping("hi"));
  x.rm().stop();
  answer.receive([](const Ping&) { FAIL("answered"); },
                 [](caf::error& err) { CHECK_NE(code_of(err), errc::none); });
  self->receive([](const caf::down_msg& y) {
    CHECK_EQ(y.reason, caf::exit_reason::remote_link_unreachable);
  });
  auto sum = x.totals();
  CHECK_EQ(sum.accepted, 11u);
  CHECK_EQ(sum.queued, 0u);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered);
}

TEST_CASE("a peer of a system by hand hears of its end") {
  auto x = std::make_unique<system_by_hand>();
  loopback_node peer;
  inbox me{peer};
  me.self()->monitor(peer.remote(x->address, "nobody"));
  x.reset();
  me.take<caf::down_msg>();
}

TEST_CASE("blocking calls end by hand as well") {
  system_by_hand x;
  plain_socket silent;
  auto address = "127.0.0.1:" + std::to_string(silent.listen());
  CHECK_FALSE(x.rm().ping(address, "activator", 1s));
  CHECK_FALSE(x.rm().spawn(address, "kind", "name", 1s));
  caf::anon_send(*x.rm().lookup(address, "nobody"), make_ping("x"));
  CHECK_FALSE(x.rm().flush(address, 1ms));
}

TEST_CASE("an actor that never rests does not hold up a stop by hand") {
  system_by_hand x;
  auto hdl = x.sys().spawn([](caf::event_based_actor* self) {
    self->send(self, make_ping("again"));
    return caf::behavior{
      [self](const Ping& y) { self->send(self, y); },
    };
  });
  REQUIRE_FALSE(x.rm().publish(hdl, "restless"));
  x.rm().stop(published_actors::end);
}

TEST_SUITE_END();
