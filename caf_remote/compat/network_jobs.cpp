// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/network_jobs.hpp"

#include <utility>

namespace caf_remote {

bool network_jobs::push(job x, origin from) {
  if (stuck_ || waiting_.size() >= max_waiting
      || (from == origin::job && banned_ > 0))
    return false;
  waiting_.push_back(x);
  ++pushed_;
  return true;
}

network_jobs::job network_jobs::pop() {
  if (waiting_.empty())
    return nullptr;
  auto result = waiting_.front();
  waiting_.pop_front();
  ++popped_;
  running_ = true;
  return result;
}

void network_jobs::done() {
  running_ = false;
  stuck_ = false;
}

std::vector<network_jobs::job> network_jobs::tick() {
  stuck_ = running_ && last_running_ && popped_ == last_popped_;
  // jobs come and go in order: the oldest has waited if fewer were taken than
  // had come by then
  auto late = stuck_ || popped_ < last_pushed_;
  if (late)
    banned_ = ban;
  else if (banned_ > 0)
    --banned_;
  auto idle = popped_ == last_popped_ && waiting_.empty();
  idle_ = idle ? idle_ + 1 : 0;
  std::vector<job> result;
  if (late)
    result = take_all();
  last_pushed_ = pushed_;
  last_popped_ = popped_;
  last_running_ = running_;
  return result;
}

bool network_jobs::quiet() const noexcept {
  return waiting_.empty() && idle_ >= idle_ticks && (banned_ == 0 || stuck_);
}

std::vector<network_jobs::job> network_jobs::take_all() {
  std::vector<job> result{waiting_.begin(), waiting_.end()};
  waiting_.clear();
  popped_ += result.size();
  return result;
}

} // namespace caf_remote
