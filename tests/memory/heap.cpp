// SPDX-License-Identifier: BSD-3-Clause

#include "memory/heap.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<size_t> in_use{0};
std::atomic<size_t> peak{0};

thread_local size_t until_failure = 0;

bool is_to_fail() noexcept {
  return until_failure != 0 && --until_failure == 0;
}

// The allocator's own word before each block.
constexpr size_t head = sizeof(size_t);

void* counted(void* ptr) {
  if (ptr == nullptr)
    throw std::bad_alloc{};
  auto bytes = malloc_usable_size(ptr) + head;
  auto now = in_use.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  auto before = peak.load(std::memory_order_relaxed);
  while (
    before < now
    && !peak.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
    // again
  }
  return ptr;
}

void release(void* ptr) noexcept {
  if (ptr == nullptr)
    return;
  in_use.fetch_sub(malloc_usable_size(ptr) + head, std::memory_order_relaxed);
  std::free(ptr);
}

void* aligned(size_t bytes, std::align_val_t alignment) {
  void* ptr = nullptr;
  if (is_to_fail()
      || posix_memalign(&ptr, static_cast<size_t>(alignment), bytes) != 0)
    ptr = nullptr;
  return counted(ptr);
}

} // namespace

// The other forms of the operators call these.

void* operator new(size_t bytes) {
  return counted(is_to_fail() ? nullptr : std::malloc(bytes));
}

void* operator new(size_t bytes, std::align_val_t alignment) {
  return aligned(bytes, alignment);
}

void operator delete(void* ptr) noexcept {
  release(ptr);
}

void operator delete(void* ptr, size_t) noexcept {
  release(ptr);
}

void operator delete(void* ptr, std::align_val_t) noexcept {
  release(ptr);
}

void operator delete(void* ptr, size_t, std::align_val_t) noexcept {
  release(ptr);
}

namespace caf_remote::test {

size_t heap_in_use() noexcept {
  return in_use.load(std::memory_order_relaxed);
}

size_t take_heap_peak() noexcept {
  return peak.exchange(heap_in_use(), std::memory_order_relaxed);
}

void fail_allocation(size_t n) noexcept {
  until_failure = n;
}

bool has_failed_allocation() noexcept {
  return until_failure == 0;
}

} // namespace caf_remote::test
