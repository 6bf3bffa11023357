// SPDX-License-Identifier: BSD-3-Clause

// Memory that a thread of a case frees stays where it is until the run is over,
// so that every later use of it is seen.

#include "interleavings/explorer.hpp"

#include <cstdlib>
#include <new>

#include <malloc.h>

using caf_remote::test::unexplored;

namespace {

void* checked(void* ptr) {
  if (ptr == nullptr)
    throw std::bad_alloc{};
  return ptr;
}

void release(void* ptr, const void* pc) noexcept {
  if (ptr == nullptr)
    return;
  unexplored here;
  if (here)
    here->bury(ptr, malloc_usable_size(ptr), pc);
  else
    std::free(ptr);
}

} // namespace

// The other forms of the operators call these.

void* operator new(size_t bytes) {
  return checked(std::malloc(bytes));
}

void* operator new(size_t bytes, std::align_val_t alignment) {
  void* ptr = nullptr;
  if (posix_memalign(&ptr, static_cast<size_t>(alignment), bytes) != 0)
    ptr = nullptr;
  return checked(ptr);
}

void operator delete(void* ptr) noexcept {
  release(ptr, __builtin_return_address(0));
}

void operator delete(void* ptr, size_t) noexcept {
  release(ptr, __builtin_return_address(0));
}

void operator delete(void* ptr, std::align_val_t) noexcept {
  release(ptr, __builtin_return_address(0));
}

void operator delete(void* ptr, size_t, std::align_val_t) noexcept {
  release(ptr, __builtin_return_address(0));
}
