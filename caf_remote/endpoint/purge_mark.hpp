// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <cstddef>

namespace caf_remote {

/// Says when a table is worth being looked through for entries that nobody
/// needs any more: when it has grown to twice of what the last look left. All
/// looks together then cost a few steps per entry that was ever added, whatever
/// the order in which entries come and go, and the table holds at most twice
/// what is needed and a few more.
class purge_mark {
public:
  static constexpr size_t least = 64;

  /// Whether a table of this size is to be looked through before it grows.
  bool due(size_t size) const noexcept {
    return size >= mark_;
  }

  /// The look is done and has left so many entries.
  void looked(size_t left) noexcept {
    mark_ = std::max(2 * left, least);
  }

private:
  size_t mark_ = least;
};

} // namespace caf_remote
