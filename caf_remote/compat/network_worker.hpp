// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/network_jobs.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/message_priority.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace caf_remote {

/// A worker beside those of CAF's scheduler, for the actors that the network
/// wakes, and those that these wake in turn. CAF's workers poll, and cannot be
/// woken while they do; this one is woken at once. What it cannot run soon it
/// gives to the scheduler (`network_jobs`): a second thread looks at each tick.
/// Any thread.
class network_worker : public caf::execution_unit {
public:
  using duration = std::chrono::steady_clock::duration;

  /// A job waits for two of these at most: no longer than CAF's own workers
  /// take to find a job in the queue of one that is busy.
  static constexpr duration default_tick = std::chrono::milliseconds{5};

  /// Null if CAF's scheduler is to run all actors: it has one worker only, so
  /// that no two actors run at the same time, or is the one for tests.
  static std::unique_ptr<network_worker> make(caf::actor_system& sys,
                                              duration tick = default_tick);

  network_worker(caf::actor_system& sys, duration tick);

  /// Blocks until the running job ends. Not before the last actor of the system
  /// has run: actors remember where they ran.
  ~network_worker() override;

  /// Leaves everything to the scheduler from now on. Does not wait for the
  /// running job.
  void stop();

  /// Takes over a reference to `x`.
  void exec_later(caf::resumable* x) override;

private:
  void work();
  void keep_time();
  void run(caf::resumable* x);
  void hand_over(const std::vector<caf::resumable*>& xs);

  const duration tick_;
  const size_t throughput_;
  std::mutex mtx_;
  std::condition_variable wake_worker_;
  std::condition_variable wake_clock_;
  network_jobs jobs_;
  bool worker_asleep_ = false;
  bool clock_asleep_ = false;
  bool stopped_ = false;
  // last: they use the rest
  std::thread worker_;
  std::thread clock_;
};

/// Sends `x` from outside of any actor. A receiver that sleeps is woken on
/// `where`, or by CAF's scheduler if that is null.
template <caf::message_priority Priority = caf::message_priority::normal,
          class T>
void post(const caf::actor& to, T x, caf::execution_unit* where) {
  auto id = caf::make_message_id(Priority);
  to->enqueue(caf::make_mailbox_element(nullptr, id, {}, std::move(x)), where);
}

} // namespace caf_remote
