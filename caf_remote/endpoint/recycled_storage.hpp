// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>

namespace caf_remote {

/// Memory for elements that one thread makes and another one drops, all day:
/// senders and writers. Blocks go through a stock per thread and change threads
/// in magazines, where `operator new` and `delete` would meet at a lock for
/// each. Any thread.
struct recycled_storage {
  /// Whether anything is recycled at all; if not, these are `operator new` and
  /// `delete` (CAF_REMOTE_RECYCLE).
#ifdef CAF_REMOTE_NO_RECYCLING
  static constexpr bool enabled = false;
#else
  static constexpr bool enabled = true;
#endif

  /// Returns a block of at least `bytes`. Throws `std::bad_alloc`.
  static void* allocate(size_t bytes);

  /// Takes a block back. `bytes` as it was asked for.
  static void release(void* ptr, size_t bytes) noexcept;

  /// What a block for `bytes` really holds.
  static size_t capacity(size_t bytes) noexcept;
};

} // namespace caf_remote
