// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/scheduling.hpp"

#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <type_traits>
#include <typeinfo>

namespace caf_remote {

namespace {

caf::scheduler::test_coordinator* by_hand(caf::actor_system& sys) {
  return dynamic_cast<caf::scheduler::test_coordinator*>(&sys.scheduler());
}

} // namespace

bool runs_by_hand(caf::actor_system& sys) {
  return by_hand(sys) != nullptr;
}

bool has_steady_time(caf::actor_system& sys) {
  static_assert(
    std::is_same_v<caf::actor_clock::clock_type, std::chrono::steady_clock>);
  auto& clock = sys.clock();
  return typeid(clock) == typeid(caf::detail::thread_safe_actor_clock);
}

void run_until_mail(caf::blocking_actor& self, caf::timespan limit) {
  using real_clock = std::chrono::steady_clock;
  auto sched = by_hand(self.system());
  if (sched == nullptr)
    return;
  auto& clock = sched->clock();
  auto real_start = real_clock::now();
  auto end = clock.now() + limit;
  while (!self.has_next_message()) {
    // an actor that never runs out of messages would keep the time from passing
    if (real_clock::now() - real_start < limit && sched->try_run_once())
      continue;
    auto& timers = clock.schedule();
    if (timers.empty() || timers.begin()->first > end)
      return;
    clock.trigger_timeout();
  }
}

} // namespace caf_remote
