// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <new>

namespace caf_remote {

/// Runs what somebody would wait for in vain for ever if it were left out, and
/// what takes no more memory than an error does. For want of memory it is run
/// once more: what was given back on the way may do. Where even these few bytes
/// cannot be had, the process ends, as with CAF. Other exceptions of the first
/// time are the caller's.
template <class F>
void insist(F f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    [&]() noexcept { f(); }();
  }
}

} // namespace caf_remote
