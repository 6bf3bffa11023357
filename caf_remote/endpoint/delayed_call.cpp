// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/delayed_call.hpp"

#include <utility>

namespace caf_remote {

delayed_call::delayed_call(std::chrono::nanoseconds delay,
                           std::function<void()> f) {
  thread_ = std::thread{[this, delay, f = std::move(f)] {
    std::unique_lock<std::mutex> guard{mtx_};
    if (over_.wait_for(guard, delay, [this] { return cancelled_; }))
      return;
    guard.unlock();
    try {
      f();
    } catch (...) {
      // want of memory: nobody is there to be told
    }
  }};
}

delayed_call::~delayed_call() {
  {
    std::lock_guard<std::mutex> guard{mtx_};
    cancelled_ = true;
  }
  over_.notify_one();
  thread_.join();
}

} // namespace caf_remote
