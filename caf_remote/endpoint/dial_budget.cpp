// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/dial_budget.hpp"

#include <algorithm>
#include <utility>

namespace caf_remote {

dial_budget::dial_budget(size_t per_minute, std::shared_ptr<dial_budget> all)
  : per_minute_(static_cast<double>(per_minute)), all_(std::move(all)),
    left_(per_minute_) {
  // nop
}

dial_budget::dial_budget(of_host, size_t per_minute)
  : per_minute_(static_cast<double>(per_minute)), is_of_host_(true),
    left_(per_minute_) {
  // nop
}

bool dial_budget::take(clock::time_point now) {
  std::lock_guard<std::mutex> guard{mtx_};
  refill(now);
  if (left_ < 1 || (all_ != nullptr && !all_->take(now)))
    return false;
  --left_;
  return true;
}

bool dial_budget::is_full(clock::time_point now) {
  std::lock_guard<std::mutex> guard{mtx_};
  refill(now);
  return left_ >= per_minute_;
}

void dial_budget::refill(clock::time_point now) {
  using minutes = std::chrono::duration<double, std::ratio<60>>;
  if (since_ != clock::time_point{} && now > since_)
    left_ = std::min(per_minute_,
                     left_ + per_minute_ * minutes{now - since_}.count());
  since_ = std::max(since_, now);
}

} // namespace caf_remote
