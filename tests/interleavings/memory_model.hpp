// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "interleavings/search.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// What C++ says about memory, for the threads of one run: which accesses
/// happen before which, hence which are data races, and which values a load may
/// return. The order of the run is the one of all sequentially consistent
/// operations and of all changes of one object.
class memory_model {
public:
  /// By thread: how far its work happens before.
  using clock = std::array<uint32_t, max_threads>;

  /// A run begins; forgets all.
  void begin();

  // -- plain memory ----------------------------------------------------------

  enum class access : uint8_t { read, write, atomic_read, atomic_write };

  /// Returns what is wrong with an access, usually nothing.
  const char* touch(size_t thread, const void* where, size_t bytes, access how);

  /// The same for the end of a block: nobody may use it afterwards, nor at the
  /// same time.
  const char* free(size_t thread, const void* where, size_t bytes);

  // -- atomics ---------------------------------------------------------------

  struct store {
    uint64_t value;
    size_t thread;
    uint32_t when;
    bool sequential;
    // happens before who acquires it
    clock released;
  };

  struct seen {
    size_t thread;
    uint32_t when;
    size_t index;
  };

  /// An atomic object: what was stored there, in order.
  struct object {
    std::vector<store> stores;
    std::vector<seen> reads;
  };

  /// `value` is what it has: somebody may have changed it whom we cannot see.
  object& at(const void* where, uint64_t value);

  /// How many of the last stores a load may return.
  size_t visible(size_t thread, const object& x, std::memory_order how) const;

  /// Reads the last store (0), the one before (1), ...
  uint64_t load(size_t thread, object& x, size_t age, std::memory_order how);

  void add(size_t thread, object& x, uint64_t value, std::memory_order how,
           bool read_modify_write);

  void fence(size_t thread, std::memory_order how);

  // -- locks -----------------------------------------------------------------

  /// All that happened before a `release` there happens before what comes now.
  void acquire(size_t thread, const void* lock);

  void release(size_t thread, const void* lock);

private:
  /// One access to eight bytes of memory.
  struct mark {
    uint8_t thread;
    uint8_t bytes; // one bit each
    access how;
    uint32_t when;
  };

  struct cell {
    uintptr_t word = 0;
    uint32_t run = 0;
    bool freed = false;
    uint8_t count = 0;
    std::array<mark, 6> marks;
  };

  cell* find(uintptr_t word, bool make);
  const char* look(size_t thread, cell& x, uint8_t bytes, access how) const;
  void write_down(size_t thread, cell& x, uint8_t bytes, access how) const;

  bool before(size_t thread, uint32_t when, size_t now) const noexcept {
    return when <= clocks_[now][thread];
  }

  std::array<clock, max_threads> clocks_{};
  // what fences add
  std::array<clock, max_threads> to_acquire_{};
  std::array<clock, max_threads> to_release_{};
  std::unordered_map<const void*, object> objects_;
  std::unordered_map<const void*, clock> locks_;
  // a hash table that is emptied by counting
  std::vector<cell> cells_ = std::vector<cell>(size_t{1} << 16);
  uint32_t run_ = 0;
  size_t used_ = 0;
};

} // namespace caf_remote::test
