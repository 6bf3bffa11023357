// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace caf_remote {

/// Calls a function once when the time is up, on a thread of its own, unless
/// it is destroyed before. For when no actor can do that any more.
class delayed_call {
public:
  /// Throws `std::system_error` if there are no more threads.
  delayed_call(std::chrono::nanoseconds delay, std::function<void()> f);

  delayed_call(const delayed_call&) = delete;
  delayed_call& operator=(const delayed_call&) = delete;

  /// Waits for the end of a call that has begun.
  ~delayed_call();

private:
  std::mutex mtx_;
  std::condition_variable over_;
  bool cancelled_ = false;
  std::thread thread_;
};

} // namespace caf_remote
