// SPDX-License-Identifier: BSD-3-Clause

#include "support/schedule.hpp"

#include <cerrno>

#include <sys/prctl.h>
#include <time.h>

namespace caf_remote::bench {

namespace {

constexpr uint64_t ticks_per_second = 1000;

} // namespace

schedule::schedule(uint64_t messages_per_second, uint64_t count)
  : rate_(messages_per_second), count_(count),
    start_(clock::now() + std::chrono::milliseconds{5}) {
  // nop
}

schedule::clock::time_point schedule::due(uint64_t number) const {
  return start_ + std::chrono::milliseconds{tick_of(number)};
}

uint64_t schedule::tick_of(uint64_t number) const {
  return ((number + 1) * ticks_per_second - 1) / rate_;
}

void schedule::sleep_until(clock::time_point when) {
  // the kernel may let others sleep 50 us longer
  thread_local auto precise = prctl(PR_SET_TIMERSLACK, 1);
  static_cast<void>(precise);
  // libstdc++'s steady clock is CLOCK_MONOTONIC
  auto ns = std::chrono::nanoseconds{when.time_since_epoch()}.count();
  timespec until;
  until.tv_sec = ns / 1'000'000'000;
  until.tv_nsec = ns % 1'000'000'000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr)
         == EINTR) {
    // nop
  }
}

} // namespace caf_remote::bench
