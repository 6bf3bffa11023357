// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/recycled_storage.hpp"

#include "caf_remote/endpoint/prefetch.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <utility>

namespace caf_remote {

namespace {

// Nearly all elements are as small as the first: a block much larger than its
// content costs more time in cache misses than it saves. With the allocator's
// word in front they fill whole cache lines.
constexpr std::array<size_t, 3> block_sizes{248, 504, 1272};

constexpr size_t none = block_sizes.size();

// Blocks that change threads at once.
constexpr size_t magazine = 64;

// Memory in blocks of one size that waits for a thread; what is more goes back
// to the system.
constexpr size_t max_bytes = 16u << 20;

size_t class_of(size_t bytes) noexcept {
  if (!recycled_storage::enabled)
    return none;
  size_t i = 0;
  while (i < block_sizes.size() && bytes > block_sizes[i])
    ++i;
  return i;
}

struct block {
  block* next = nullptr;
  // of the first block of a magazine in the depot
  block* next_magazine = nullptr;
};

void destroy(block* head) noexcept {
  while (head != nullptr) {
    auto next = head->next;
    ::operator delete(head);
    head = next;
  }
}

/// The blocks of one size that belong to no thread, in lists of a magazine.
class depot {
public:
  explicit depot(size_t block_size) noexcept
    : limit_(max_bytes / (magazine * block_size)) {
    // nop
  }

  block* take() noexcept {
    std::lock_guard<std::mutex> guard{mtx_};
    if (head_ != nullptr)
      --size_;
    return std::exchange(head_,
                         head_ != nullptr ? head_->next_magazine : nullptr);
  }

  void give(block* list) noexcept {
    {
      std::lock_guard<std::mutex> guard{mtx_};
      if (size_ < limit_) {
        list->next_magazine = std::exchange(head_, list);
        ++size_;
        return;
      }
    }
    destroy(list);
  }

private:
  const size_t limit_;
  std::mutex mtx_;
  size_t size_ = 0;
  block* head_ = nullptr;
};

depot& depot_of(size_t i) {
  // threads may end after the destruction of static objects
  static auto& instances = *new std::array<depot, block_sizes.size()>{
    depot{block_sizes[0]}, depot{block_sizes[1]}, depot{block_sizes[2]}};
  return instances[i];
}

/// One thread's blocks of one size: up to two magazines.
struct stock {
  block* head = nullptr;
  size_t size = 0;
  // a full magazine in reserve
  block* reserve = nullptr;
};

struct thread_stock {
  std::array<stock, block_sizes.size()> by_class;

  // What is released on this thread later, by other objects of the thread that
  // end after this one, is not freed any more.
  ~thread_stock() {
    for (auto& x : by_class) {
      destroy(x.head);
      destroy(x.reserve);
      x = stock{};
    }
  }
};

stock& stock_of(size_t i) {
  thread_local thread_stock instance;
  return instance.by_class[i];
}

} // namespace

void* recycled_storage::allocate(size_t bytes) {
  auto i = class_of(bytes);
  if (i == none)
    return ::operator new(bytes);
  auto& mine = stock_of(i);
  if (mine.head == nullptr) {
    mine.head = mine.reserve != nullptr ? mine.reserve : depot_of(i).take();
    mine.reserve = nullptr;
    mine.size = mine.head != nullptr ? magazine : 0;
  }
  if (mine.head == nullptr)
    return ::operator new(block_sizes[i]);
  auto result = mine.head;
  mine.head = result->next;
  if (mine.head != nullptr)
    prefetch(mine.head, std::min<size_t>(block_sizes[i], 512));
  --mine.size;
  return result;
}

void recycled_storage::release(void* ptr, size_t bytes) noexcept {
  auto i = class_of(bytes);
  if (i == none) {
    ::operator delete(ptr);
    return;
  }
  auto& mine = stock_of(i);
  if (mine.size == magazine) {
    if (mine.reserve != nullptr)
      depot_of(i).give(mine.reserve);
    mine.reserve = mine.head;
    mine.head = nullptr;
    mine.size = 0;
  }
  mine.head = new (ptr) block{mine.head, nullptr};
  ++mine.size;
}

size_t recycled_storage::capacity(size_t bytes) noexcept {
  auto i = class_of(bytes);
  return i == none ? bytes : block_sizes[i];
}

} // namespace caf_remote
