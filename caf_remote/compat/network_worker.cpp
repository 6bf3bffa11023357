// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/network_worker.hpp"

#include <caf/logger.hpp>
#include <caf/ref_counted.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>

namespace caf_remote {

namespace {

// Messages that a job handles before the next one has its turn.
constexpr size_t turn = 1000;

thread_local const network_worker* running_here = nullptr;

// What CAF's own workers do around their loops.
class thread_of {
public:
  explicit thread_of(caf::actor_system& sys) : sys_(sys) {
    caf::logger::set_current_actor_system(&sys_);
    sys_.thread_started();
  }

  thread_of(const thread_of&) = delete;
  thread_of& operator=(const thread_of&) = delete;

  ~thread_of() {
    sys_.thread_terminates();
  }

private:
  caf::actor_system& sys_;
};

} // namespace

std::unique_ptr<network_worker> network_worker::make(caf::actor_system& sys,
                                                     duration tick) {
  auto& sched = sys.scheduler();
  if (sched.num_workers() < 2
      || dynamic_cast<caf::scheduler::test_coordinator*>(&sched) != nullptr)
    return nullptr;
  return std::make_unique<network_worker>(sys, tick);
}

network_worker::network_worker(caf::actor_system& sys, duration tick)
  : caf::execution_unit(&sys), tick_(tick),
    throughput_(std::min(turn, sys.scheduler().max_throughput())) {
  worker_ = std::thread{[this] { work(); }};
  clock_ = std::thread{[this] { keep_time(); }};
}

network_worker::~network_worker() {
  stop();
  worker_.join();
  clock_.join();
}

void network_worker::stop() {
  std::vector<caf::resumable*> left;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    stopped_ = true;
    left = jobs_.take_all();
  }
  wake_worker_.notify_one();
  wake_clock_.notify_one();
  hand_over(left);
}

void network_worker::exec_later(caf::resumable* x) {
  using origin = network_jobs::origin;
  auto from = running_here == this ? origin::job : origin::network;
  auto wake = false;
  auto mine = false;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    mine = !stopped_ && jobs_.push(x, from);
    wake = mine && std::exchange(worker_asleep_, false);
  }
  if (wake)
    wake_worker_.notify_one();
  if (!mine)
    system().scheduler().enqueue(x);
}

void network_worker::work() {
  running_here = this;
  thread_of here{system()};
  std::unique_lock<std::mutex> guard{mtx_};
  while (!stopped_) {
    auto x = jobs_.pop();
    if (x == nullptr) {
      worker_asleep_ = true;
      wake_worker_.wait(guard, [this] { return !worker_asleep_ || stopped_; });
      continue;
    }
    auto wake = std::exchange(clock_asleep_, false);
    guard.unlock();
    if (wake)
      wake_clock_.notify_one();
    run(x);
    guard.lock();
  }
}

void network_worker::run(caf::resumable* x) {
  auto state = x->resume(this, throughput_);
  {
    std::lock_guard<std::mutex> guard{mtx_};
    jobs_.done();
  }
  if (state == caf::resumable::resume_later)
    exec_later(x);
  else
    caf::intrusive_ptr_release(x);
}

void network_worker::hand_over(const std::vector<caf::resumable*>& xs) {
  for (auto x : xs)
    system().scheduler().enqueue(x);
}

void network_worker::keep_time() {
  std::unique_lock<std::mutex> guard{mtx_};
  while (!stopped_) {
    if (jobs_.quiet()) {
      clock_asleep_ = true;
      wake_clock_.wait(guard, [this] { return !clock_asleep_ || stopped_; });
      continue;
    }
    if (wake_clock_.wait_for(guard, tick_, [this] { return stopped_; }))
      break;
    auto late = jobs_.tick();
    guard.unlock();
    hand_over(late);
    guard.lock();
  }
}

} // namespace caf_remote
