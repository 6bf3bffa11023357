// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <chrono>
#include <cstdint>

namespace caf_remote::bench {

/// Says when each message is to be sent, whatever became of those before it:
/// what is due in a millisecond is due at its begin.
class schedule {
public:
  using clock = std::chrono::steady_clock;

  /// Starts a few milliseconds from now.
  schedule(uint64_t messages_per_second, uint64_t count);

  /// When message `number` was to be sent, from 0.
  clock::time_point due(uint64_t number) const;

  /// Calls `send` with the number of each message, on this thread, which sleeps
  /// in between. A late one is sent at once.
  template <class Send>
  void run(Send send) const {
    for (uint64_t i = 0; i < count_; ++i) {
      if (i == 0 || tick_of(i) != tick_of(i - 1))
        sleep_until(due(i));
      send(i);
    }
  }

private:
  uint64_t tick_of(uint64_t number) const;
  static void sleep_until(clock::time_point when);

  uint64_t rate_;
  uint64_t count_;
  clock::time_point start_;
};

} // namespace caf_remote::bench
