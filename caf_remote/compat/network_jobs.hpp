// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/resumable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace caf_remote {

/// What waits for a `network_worker`, and what is left to CAF's scheduler
/// instead: a job must not wait behind a long one, nor many behind each other.
/// Knows no threads and no clock; whoever ticks gives it the time. Not
/// thread-safe.
class network_jobs {
public:
  /// Jobs that wait at the same time; with more the worker is not keeping up.
  static constexpr size_t max_waiting = 8;

  /// For how many ticks guests are not let in after a job took long or had to
  /// wait.
  static constexpr int ban = 20;

  /// Ticks without a job after which the clock may stop.
  static constexpr int idle_ticks = 50;

  enum class origin : uint8_t {
    /// The transport has news for the actor.
    network,
    /// A job of this worker has woken the actor, or made it.
    guest,
  };

  struct job {
    caf::resumable* what;
    origin from;
  };

  /// Takes a job. False: it is the scheduler's, because too many wait or the
  /// running one takes long; during a ban also because it is a guest, or would
  /// not run at once.
  bool push(job x);

  /// The next job, which runs until `done`; null if none waits.
  job pop();

  void done();

  /// Time passes. If a job takes long or had to wait for a whole tick, returns
  /// all that wait: they are the scheduler's from now on.
  std::vector<job> tick();

  /// Whether nothing depends on ticks until the next `pop`.
  bool quiet() const noexcept;

  /// Gives up what waits.
  std::vector<job> take_all();

private:
  /// Jobs that have come so far.
  uint64_t pushed() const noexcept {
    return popped_ + waiting_.size();
  }

  std::deque<job> waiting_;
  uint64_t popped_ = 0;
  bool running_ = false;
  // the running job takes long: nothing is to wait for it
  bool stuck_ = false;
  int banned_ = 0;
  int idle_ = 0;
  // at the last tick
  uint64_t last_pushed_ = 0;
  uint64_t last_popped_ = 0;
};

} // namespace caf_remote
