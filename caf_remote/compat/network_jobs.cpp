// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/network_jobs.hpp"

namespace caf_remote {

bool network_jobs::push(job x) {
  if (stuck_ || waiting_.size() >= max_waiting)
    return false;
  auto at_once = !running_ && waiting_.empty();
  if (banned_ > 0 && (x.from == origin::guest || !at_once))
    return false;
  waiting_.push_back(x);
  return true;
}

network_jobs::job network_jobs::pop() {
  if (waiting_.empty())
    return {nullptr, origin::network};
  auto result = waiting_.front();
  waiting_.pop_front();
  ++popped_;
  running_ = true;
  idle_ = 0;
  return result;
}

void network_jobs::done() {
  running_ = false;
  stuck_ = false;
}

std::vector<network_jobs::job> network_jobs::tick() {
  // a job runs that was taken before the last tick
  stuck_ = running_ && popped_ == last_popped_;
  // jobs come and go in order: the oldest has waited if fewer were taken than
  // had come by then
  auto late = stuck_ || popped_ < last_pushed_;
  if (late)
    banned_ = ban;
  else if (banned_ > 0)
    --banned_;
  if (idle_ < idle_ticks)
    ++idle_;
  std::vector<job> result;
  if (late)
    result = take_all();
  last_pushed_ = pushed();
  last_popped_ = popped_;
  return result;
}

bool network_jobs::quiet() const noexcept {
  // a long job changes nothing until its end, and what then comes is popped
  return waiting_.empty()
         && (running_ ? stuck_ : idle_ >= idle_ticks && banned_ == 0);
}

std::vector<network_jobs::job> network_jobs::take_all() {
  std::vector<job> result{waiting_.begin(), waiting_.end()};
  waiting_.clear();
  popped_ += result.size();
  return result;
}

} // namespace caf_remote
