// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_clock.hpp>

#include <chrono>
#include <cstdint>

namespace caf_remote {

/// A point in time in the few bytes that a message has left for it:
/// milliseconds of the actor system's clock in 32 bits, which start anew every
/// 49 days. It may be compared with a present that is less than `reach` away.
/// By default no time at all, which never comes.
class brief_time {
public:
  static constexpr auto reach = std::chrono::hours{24 * 24};

  constexpr brief_time() noexcept = default;

  /// Rounds up: it does not come before `x`.
  explicit brief_time(caf::actor_clock::time_point x) noexcept
    : ticks_(ticks(std::chrono::ceil<unit>(x.time_since_epoch()))) {
    // zero means something else
    if (ticks_ == 0)
      ticks_ = 1;
  }

  constexpr bool never() const noexcept {
    return ticks_ == 0;
  }

  /// @pre `!never()`
  bool is_over(caf::actor_clock::time_point now) const noexcept {
    auto present = ticks(std::chrono::floor<unit>(now.time_since_epoch()));
    return present - ticks_ < (1u << 31);
  }

private:
  using unit = std::chrono::milliseconds;

  static constexpr uint32_t ticks(unit x) noexcept {
    return static_cast<uint32_t>(x.count());
  }

  uint32_t ticks_ = 0;
};

} // namespace caf_remote
