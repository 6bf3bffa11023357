// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tracing.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
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
};

/// The module's log: one line per event, at most `lines_per_second` of a kind,
/// with a count of what was left out. Any thread. Debian builds CAF's own
/// logger out, hence a small one here.
class log {
public:
  static constexpr uint32_t lines_per_second = 10;

  log();

  /// A null sink turns the log off.
  void sink(log_sink f);

  /// Whether a line of this kind may be written now; counts it as left out if
  /// not. Cheap, so that callers may ask before they build the line.
  bool allows(log_kind kind) noexcept;

  /// Writes a line. @pre `allows(kind)` has just returned true.
  void write(log_kind kind, std::string_view line);

  uint64_t suppressed() const noexcept {
    return suppressed_total_.load(std::memory_order_relaxed);
  }

private:
  struct limiter {
    std::atomic<int64_t> second{-1};
    std::atomic<uint32_t> lines{0};
    std::atomic<uint64_t> suppressed{0};
  };

  limiter& of(log_kind kind) noexcept {
    return limiters_[static_cast<size_t>(kind)];
  }

  std::array<limiter, 8> limiters_;
  std::atomic<uint64_t> suppressed_total_{0};
  std::atomic<bool> on_{true};
  std::mutex mtx_;
  log_sink sink_;
};

/// Makes text from outside safe for a log line: no control characters, bounded.
std::string printable(std::string_view str, size_t max_length = 200);

} // namespace caf_remote
