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
  using job = caf::resumable*;

  /// Jobs that wait at the same time; with more the worker is not keeping up.
  static constexpr size_t max_waiting = 16;

  /// For how long guests are not let in after something had to wait.
  static constexpr int ban = 20;

  /// Ticks without anything to do after which the clock may stop.
  static constexpr int idle_ticks = 50;

  enum class origin {
    /// The transport: an actor of this module.
    network,
    /// A job of this worker: a guest, mostly a user's actor.
    job,
  };

  /// Takes a job. False: it is the scheduler's, because too many wait, the
  /// running one takes long, or a guest did lately.
  bool push(job x, origin from);

  /// The next job, which runs until `done`; null if none waits.
  job pop();

  void done();

  /// Time passes. Returns jobs that have waited since the tick before, and all
  /// behind them: they are the scheduler's from now on.
  std::vector<job> tick();

  /// Whether nothing depends on ticks until the next `push` or `pop`.
  bool quiet() const noexcept;

  /// Gives up what waits.
  std::vector<job> take_all();

private:
  std::deque<job> waiting_;
  uint64_t pushed_ = 0;
  uint64_t popped_ = 0;
  bool running_ = false;
  // the running job takes long: nothing is to wait for it
  bool stuck_ = false;
  int banned_ = 0;
  int idle_ = 0;
  // at the last tick
  uint64_t last_pushed_ = 0;
  uint64_t last_popped_ = 0;
  bool last_running_ = false;
};

} // namespace caf_remote
