// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>

namespace caf_remote::test {

/// What this program has allocated with `operator new` and not yet freed, as
/// the allocator rounds it. Only in the program that replaces the operators.
size_t heap_in_use() noexcept;

/// The most that was in use since the last call.
size_t take_heap_peak() noexcept;

/// The n-th allocation of this thread from now on fails, and no other; 0: none.
void fail_allocation(size_t n) noexcept;

/// Whether it has.
bool has_failed_allocation() noexcept;

} // namespace caf_remote::test
