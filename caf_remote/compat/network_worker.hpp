// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/network_jobs.hpp"

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace caf_remote {

/// A worker beside those of CAF's scheduler, for the actors that the network
/// wakes, and those that these wake in turn, its guests. CAF's workers poll,
/// and cannot be woken while they do; this one is woken at once. What it cannot
/// run soon it gives to the scheduler, by the rules of `network_jobs`; a second
/// thread, its clock, looks at each tick. Any thread.
class network_worker : public caf::execution_unit {
public:
  using duration = std::chrono::steady_clock::duration;

  /// A job waits here for about two of these at most, then for the scheduler.
  /// That is no longer than CAF's own workers take to find what waits for one
  /// of them that is busy.
  static constexpr duration default_tick = std::chrono::milliseconds{5};

  /// Null if CAF's scheduler is to run all actors: it has one worker only, so
  /// that no two actors run at the same time, or is the one for tests; or the
  /// system has no more threads for us.
  static std::unique_ptr<network_worker> make(caf::actor_system& sys,
                                              duration tick = default_tick);

  network_worker(caf::actor_system& sys, duration tick);

  /// Blocks until the running job ends. Not before the last actor of the system
  /// is gone: actors remember where they ran.
  ~network_worker() override;

  /// Where the transport wakes actors. Those that run here have the worker
  /// itself as their context, and what they wake is a guest.
  caf::execution_unit* entrance() noexcept {
    return &entrance_;
  }

  /// Leaves everything to the scheduler from now on, and waits for the end of
  /// both threads, i.e. of the running job, but not for longer than `limit`,
  /// nor for itself if that job is the caller. Returns whether they have ended.
  bool stop(duration limit);

  /// Takes a guest, and over a reference to it.
  void exec_later(caf::resumable* x) override;

private:
  class network_entrance : public caf::execution_unit {
  public:
    explicit network_entrance(network_worker& home);

    void exec_later(caf::resumable* x) override;

  private:
    network_worker& home_;
  };

  template <class F>
  void start(std::thread& where, F f);

  void take(network_jobs::job x);
  void work();
  void keep_time();
  void run(network_jobs::job x);
  void hand_over(const std::vector<network_jobs::job>& xs);

  const duration tick_;
  const size_t throughput_;
  network_entrance entrance_;
  std::mutex mtx_;
  std::condition_variable wake_worker_;
  std::condition_variable wake_clock_;
  std::condition_variable thread_ended_;
  network_jobs jobs_;
  bool worker_asleep_ = false;
  bool clock_asleep_ = false;
  bool stopped_ = false;
  int threads_ = 0;
  std::thread worker_;
  std::thread clock_;
};

} // namespace caf_remote
