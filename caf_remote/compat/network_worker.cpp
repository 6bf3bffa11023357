// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/network_worker.hpp"

#include <caf/detail/set_thread_name.hpp>
#include <caf/logger.hpp>
#include <caf/ref_counted.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace caf_remote {

namespace {

using origin = network_jobs::origin;

// Messages that a job handles before the next one has its turn.
constexpr size_t turn = 1000;

// What CAF does around the loops of its own threads.
class thread_of {
public:
  explicit thread_of(caf::actor_system& sys) : sys_(sys) {
    caf::logger::set_current_actor_system(&sys_);
    caf::detail::set_thread_name("caf.network");
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

network_worker::network_entrance::network_entrance(network_worker& home)
  : caf::execution_unit(&home.system()), home_(home) {
  // nop
}

void network_worker::network_entrance::exec_later(caf::resumable* x) {
  home_.take({x, origin::network});
}

std::unique_ptr<network_worker> network_worker::make(caf::actor_system& sys,
                                                     duration tick) {
  auto& sched = sys.scheduler();
  if (sched.num_workers() < 2
      || dynamic_cast<caf::scheduler::test_coordinator*>(&sched) != nullptr)
    return nullptr;
  try {
    return std::make_unique<network_worker>(sys, tick);
  } catch (const std::system_error&) {
    return nullptr; // no more threads
  }
}

network_worker::network_worker(caf::actor_system& sys, duration tick)
  : caf::execution_unit(&sys), tick_(tick),
    throughput_(std::min(turn, sys.scheduler().max_throughput())),
    entrance_(*this) {
  start(clock_, [this] { keep_time(); });
  try {
    start(worker_, [this] { work(); });
  } catch (...) {
    stop(duration::zero());
    clock_.join();
    throw;
  }
}

network_worker::~network_worker() {
  stop(duration::zero());
  worker_.join();
  clock_.join();
}

template <class F>
void network_worker::start(std::thread& where, F f) {
  where = std::thread{[this, f] {
    {
      thread_of here{system()};
      f();
    }
    std::lock_guard<std::mutex> guard{mtx_};
    --threads_;
    thread_ended_.notify_all();
  }};
  std::lock_guard<std::mutex> guard{mtx_};
  ++threads_;
}

bool network_worker::stop(duration limit) {
  std::vector<network_jobs::job> left;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    stopped_ = true;
    left = jobs_.take_all();
  }
  wake_worker_.notify_one();
  wake_clock_.notify_one();
  hand_over(left);
  auto self = std::this_thread::get_id() == worker_.get_id() ? 1 : 0;
  std::unique_lock<std::mutex> guard{mtx_};
  return thread_ended_.wait_for(guard, limit, [&] { return threads_ <= self; });
}

void network_worker::exec_later(caf::resumable* x) {
  take({x, origin::guest});
}

void network_worker::take(network_jobs::job x) {
  auto wake = false;
  auto mine = false;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    mine = !stopped_ && jobs_.push(x);
    wake = mine && std::exchange(worker_asleep_, false);
  }
  if (wake)
    wake_worker_.notify_one();
  if (!mine)
    system().scheduler().enqueue(x.what);
}

void network_worker::work() {
  std::unique_lock<std::mutex> guard{mtx_};
  while (!stopped_) {
    auto x = jobs_.pop();
    if (x.what == nullptr) {
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

void network_worker::run(network_jobs::job x) {
  auto state = x.what->resume(this, throughput_);
  auto again = state == caf::resumable::resume_later;
  // may be the end of the actor, and as long as the job itself
  if (!again)
    caf::intrusive_ptr_release(x.what);
  auto wake = false;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    jobs_.done();
    // it does not tick during a long job
    wake = std::exchange(clock_asleep_, false);
  }
  if (wake)
    wake_clock_.notify_one();
  if (again)
    take(x);
}

void network_worker::hand_over(const std::vector<network_jobs::job>& xs) {
  for (auto& x : xs)
    system().scheduler().enqueue(x.what);
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
