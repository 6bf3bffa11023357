// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/time_limit.hpp"

#include "caf_remote/tool/output.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace caf_remote::tool {

time_limit::time_limit() : thread_([this] { run(); }) {
  // nop
}

time_limit::~time_limit() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void time_limit::exit_at(clock::time_point when, int code, std::string text) {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    plan_ = plan{when, code, std::move(text)};
  }
  changed_.notify_all();
}

void time_limit::hold() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    plan_.reset();
  }
  changed_.notify_all();
}

void time_limit::leave_in(caf::timespan delay, int code) {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    auto when = clock::now() + delay;
    if (plan_)
      when = std::min(when, plan_->when);
    plan_ = plan{when, code, ""};
  }
  changed_.notify_all();
}

void time_limit::run() {
  std::unique_lock<std::mutex> guard{mutex_};
  while (!done_) {
    if (!plan_) {
      changed_.wait(guard);
    } else if (clock::now() < plan_->when) {
      auto when = plan_->when;
      changed_.wait_until(guard, when);
    } else {
      if (!plan_->text.empty())
        try_print_error_line("caf-remote: " + plan_->text);
      ::_exit(plan_->code);
    }
  }
}

} // namespace caf_remote::tool
