// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

namespace caf_remote {

// Nodes number their watches, in the request id of the Watcher's PID (own
// decision, see docs/decisions/0026). 0 is no number. The numbers begin anew
// when all 32 bits are used up, so that "later" means: less than half of all
// numbers ahead (as in RFC 1982).

constexpr bool is_later(uint32_t x, uint32_t y) noexcept {
  return static_cast<int32_t>(x - y) > 0;
}

constexpr uint32_t next_watch_number(uint32_t x) noexcept {
  return x + 1 != 0 ? x + 1 : 1;
}

/// Whether the watch with `number` is among those from `first` to `last` as a
/// Terminated names them. Without a `last` it means all there are, without a
/// `first` all up to `last`.
constexpr bool concerns(uint32_t first, uint32_t last,
                        uint32_t number) noexcept {
  if (last == 0)
    return true;
  return !is_later(number, last) && (first == 0 || !is_later(first, number));
}

} // namespace caf_remote
