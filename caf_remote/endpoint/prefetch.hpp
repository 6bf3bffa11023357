// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>

namespace caf_remote {

/// What CPUs exchange memory by. Data that different threads write are kept
/// apart by it.
constexpr size_t cache_line = 64;

/// Tells the CPU that memory will be needed soon, which another core has
/// written last: to wait for that costs more than most of what is done with it.
/// Changes nothing else; any address is fine.
inline void prefetch(const void* begin, size_t bytes) noexcept {
#if defined(__GNUC__)
  auto pos = static_cast<const char*>(begin);
  for (size_t i = 0; i < bytes; i += cache_line)
    __builtin_prefetch(pos + i, 1);
#else
  static_cast<void>(begin);
  static_cast<void>(bytes);
#endif
}

} // namespace caf_remote
