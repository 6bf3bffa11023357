// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/timespan.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace caf_remote::tool {

/// Ends the process if the program does not: the last resort that keeps the
/// promise to end in time, whatever blocks.
class time_limit {
public:
  using clock = std::chrono::steady_clock;

  time_limit();

  time_limit(const time_limit&) = delete;

  time_limit& operator=(const time_limit&) = delete;

  ~time_limit();

  /// Exit with `code` at this time, after printing `text`. Not called after
  /// `leave_in`.
  void exit_at(clock::time_point when, int code, std::string text);

  /// Takes back what `exit_at` said.
  void hold();

  /// The outcome is known: exit with `code` in `delay`, or at the time that was
  /// set before if that is sooner, and print nothing.
  void leave_in(caf::timespan delay, int code);

private:
  struct plan {
    clock::time_point when;
    int code;
    std::string text;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<plan> plan_;
  bool done_ = false;
  std::thread thread_;
};

} // namespace caf_remote::tool
