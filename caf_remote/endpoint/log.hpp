// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tracing.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace caf_remote {

/// What a log line is about; each kind has its own rate limit.
enum class log_kind : uint8_t {
  connected,
  disconnected,
  reconnect,
  dead_letter,
  bad_input,
  shortage,
  stopped,
  no_way_back,
  failure,
};

/// The module's log: one line per event, at most `lines_per_second` of a kind,
/// with a count of what was left out. Any thread. Debian builds CAF's own
/// logger out, hence a small one here.
///
/// The sink is code of the user's: it runs with no lock held, one call at a
/// time. A line that comes while another one is being written waits and is
/// written by the same thread. What the sink causes on its own thread is left
/// out, or a sink that sends messages might never come to an end.
class log {
public:
  static constexpr uint32_t lines_per_second = 10;

  /// Lines that may wait for a slow sink; more are left out.
  static constexpr size_t max_waiting = 1000;

  /// What a whole line may have, in bytes.
  static constexpr size_t max_line = 2000;

  log();

  /// A null sink turns the log off. The former sink has returned from its last
  /// call when this returns, unless it is the caller.
  void sink(log_sink f);

  /// Whether a line of this kind may be written now; counts it as left out if
  /// not. Cheap, so that callers may ask before they build the line.
  bool allows(log_kind kind) noexcept;

  /// Writes a line, made printable. @pre `allows(kind)` has just returned true.
  void write(log_kind kind, std::string_view line);

  uint64_t suppressed() const noexcept {
    return suppressed_total_.load(std::memory_order_relaxed);
  }

  /// How often a sink threw. The first time that one does is told on stderr.
  uint64_t exceptions() const noexcept {
    return exceptions_.load(std::memory_order_relaxed);
  }

private:
  struct limiter {
    // the last second with a line, and how many it has: one cannot be changed
    // without the other
    std::atomic<uint64_t> last{0};
    std::atomic<uint64_t> suppressed{0};
  };

  struct installed {
    log_sink f;
    bool complained_of = false;
  };

  limiter& of(log_kind kind) noexcept {
    return limiters_[static_cast<size_t>(kind)];
  }

  void leave_out(log_kind kind) noexcept;
  void write_waiting();
  void call(installed& sink, const std::string& line) noexcept;

  std::array<limiter, 9> limiters_;
  std::atomic<uint64_t> suppressed_total_{0};
  std::atomic<uint64_t> exceptions_{0};
  std::atomic<bool> on_{true};
  std::mutex mtx_;
  std::condition_variable returned_;
  std::shared_ptr<installed> sink_;
  // the sink that is being called
  const installed* running_ = nullptr;
  // whether some thread writes what waits
  bool writing_ = false;
  std::deque<std::string> waiting_;
};

} // namespace caf_remote
