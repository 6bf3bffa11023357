// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/scheduling.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

struct waiting_fixture : actor_fixture {
  /// What passes by the clock of the system until mail has come, or the limit.
  caf::timespan wait(caf::timespan limit) {
    auto start = sched.clock().now();
    run_until_mail(*self, limit);
    return sched.clock().now() - start;
  }

  caf::scoped_actor self{sys};
};

TEST_SUITE_BEGIN("compat.scheduling");

TEST_CASE_FIXTURE(actor_fixture, "a scheduler for tests runs by hand, and so "
                                 "does its time") {
  CHECK(runs_by_hand(sys));
  CHECK_FALSE(has_steady_time(sys));
}

TEST_CASE("CAF's own scheduler does not") {
  caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", 1u);
  caf::actor_system sys{cfg};
  CHECK_FALSE(runs_by_hand(sys));
  CHECK(has_steady_time(sys));
}

TEST_CASE_FIXTURE(waiting_fixture, "time passes until mail comes") {
  sys.spawn([this](caf::event_based_actor* other) {
    other->delayed_send(caf::actor_cast<caf::actor>(self), 3s, 42);
  });
  CHECK_EQ(wait(10s), 3s);
  self->receive([](int) {});
}

TEST_CASE_FIXTURE(waiting_fixture, "no timer after the limit is waited for") {
  sys.spawn([this](caf::event_based_actor* other) {
    other->delayed_send(caf::actor_cast<caf::actor>(self), 30s, 42);
  });
  CHECK_LE(wait(10s), 10s);
  CHECK_FALSE(self->has_next_message());
}

TEST_SUITE_END();

} // namespace
