// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/fwd.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <optional>

namespace caf_remote {

/// Decides when to try again. The wait is fixed (seed: 2 s, five attempts in
/// all); another policy is another `next_delay`. Pure: knows no clock.
class reconnect_policy {
public:
  reconnect_policy(size_t max_attempts, caf::timespan wait) noexcept
    : max_attempts_(max_attempts), wait_(wait) {
    // nop
  }

  /// An attempt begins. Returns its number, the first is 1.
  size_t begin_attempt() noexcept {
    return ++attempts_;
  }

  /// The attempt failed. Returns the time until the next one, nothing if that
  /// was the last.
  std::optional<caf::timespan> next_delay() const noexcept {
    if (attempts_ >= max_attempts_)
      return std::nullopt;
    return wait_;
  }

  /// A handshake worked.
  void reset() noexcept {
    attempts_ = 0;
  }

  size_t attempts() const noexcept {
    return attempts_;
  }

  size_t max_attempts() const noexcept {
    return max_attempts_;
  }

  caf::timespan wait() const noexcept {
    return wait_;
  }

private:
  size_t max_attempts_;
  caf::timespan wait_;
  size_t attempts_ = 0;
};

/// How long a peer's attempts to reach us may take: it is taken to try as often
/// as we would, and each attempt to take its full time.
caf::timespan dial_limit(const options& opts);

} // namespace caf_remote
