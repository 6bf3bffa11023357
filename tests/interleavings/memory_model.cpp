// SPDX-License-Identifier: BSD-3-Clause

#include "interleavings/memory_model.hpp"

#include <algorithm>

namespace caf_remote::test {

namespace {

using clock = memory_model::clock;
using access = memory_model::access;

void join(clock& x, const clock& y) {
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = std::max(x[i], y[i]);
}

bool acquires(std::memory_order x) {
  return x != std::memory_order_relaxed && x != std::memory_order_release;
}

bool releases(std::memory_order x) {
  return x == std::memory_order_release || x == std::memory_order_acq_rel
         || x == std::memory_order_seq_cst;
}

bool writes(access x) {
  return x == access::write || x == access::atomic_write;
}

bool is_atomic(access x) {
  return x == access::atomic_read || x == access::atomic_write;
}

bool exclude(access x, access y) {
  return (writes(x) || writes(y)) && !(is_atomic(x) && is_atomic(y));
}

} // namespace

void memory_model::begin() {
  ++run_;
  used_ = 0;
  for (auto& x : clocks_)
    x = {};
  to_acquire_ = {};
  to_release_ = {};
  // what the test itself did happens before all
  for (size_t i = 1; i < max_threads; ++i)
    clocks_[i][i] = 1;
  objects_.clear();
  locks_.clear();
}

// -- plain memory --------------------------------------------------------------

memory_model::cell* memory_model::find(uintptr_t word, bool make) {
  auto i = (word * 0x9e3779b97f4a7c15u) >> 40;
  for (;; ++i) {
    auto& x = cells_[i & (cells_.size() - 1)];
    if (x.run == run_ && x.word == word)
      return &x;
    if (x.run == run_)
      continue;
    // a full table sees less, and is far larger than what a run touches
    if (!make || used_ > cells_.size() / 2)
      return nullptr;
    ++used_;
    x.word = word;
    x.run = run_;
    x.freed = false;
    x.count = 0;
    return &x;
  }
}

const char* memory_model::look(size_t thread, cell& x, uint8_t bytes,
                               access how) const {
  if (x.freed)
    return "memory is used that was freed";
  for (size_t i = 0; i < x.count; ++i) {
    auto& y = x.marks[i];
    if (y.thread != thread && (y.bytes & bytes) != 0 && exclude(y.how, how)
        && !before(y.thread, y.when, thread))
      return "a data race";
  }
  return nullptr;
}

void memory_model::write_down(size_t thread, cell& x, uint8_t bytes,
                              access how) const {
  mark y{static_cast<uint8_t>(thread), bytes, how, clocks_[thread][thread]};
  for (size_t i = 0; i < x.count; ++i)
    if (x.marks[i].thread == thread && x.marks[i].bytes == bytes
        && x.marks[i].how == how) {
      x.marks[i] = y;
      return;
    }
  if (x.count < x.marks.size()) {
    x.marks[x.count++] = y;
    return;
  }
  std::rotate(x.marks.begin(), x.marks.begin() + 1, x.marks.end());
  x.marks.back() = y;
}

const char* memory_model::touch(size_t thread, const void* where, size_t bytes,
                                access how) {
  auto begin = reinterpret_cast<uintptr_t>(where);
  auto end = begin + bytes;
  for (auto word = begin >> 3; word << 3 < end; ++word) {
    uint8_t which = 0;
    for (unsigned i = 0; i < 8; ++i)
      if (auto pos = (word << 3) + i; pos >= begin && pos < end)
        which = static_cast<uint8_t>(which | 1u << i);
    auto x = find(word, true);
    if (x == nullptr)
      return nullptr;
    if (auto what = look(thread, *x, which, how))
      return what;
    write_down(thread, *x, which, how);
  }
  return nullptr;
}

const char* memory_model::free(size_t thread, const void* where, size_t bytes) {
  auto begin = reinterpret_cast<uintptr_t>(where);
  const char* result = nullptr;
  for (auto word = begin >> 3; word << 3 < begin + bytes; ++word) {
    auto x = find(word, true);
    if (x == nullptr)
      return result;
    if (result == nullptr && look(thread, *x, 0xff, access::write) != nullptr)
      result = x->freed ? "memory is freed twice"
                        : "memory is freed while it may be in use";
    x->freed = true;
  }
  return result;
}

// -- atomics -------------------------------------------------------------------

memory_model::object& memory_model::at(const void* where, uint64_t value) {
  auto& result = objects_[where];
  if (result.stores.empty() || result.stores.back().value != value) {
    result.stores.clear();
    result.reads.clear();
    result.stores.push_back({value, 0, 0, true, {}});
  }
  return result;
}

size_t memory_model::visible(size_t thread, const object& x,
                             std::memory_order how) const {
  size_t oldest = 0;
  for (size_t i = 0; i < x.stores.size(); ++i) {
    auto& y = x.stores[i];
    if (before(y.thread, y.when, thread)
        || (how == std::memory_order_seq_cst && y.sequential))
      oldest = i;
  }
  for (auto& y : x.reads)
    if (before(y.thread, y.when, thread))
      oldest = std::max(oldest, y.index);
  return x.stores.size() - oldest;
}

uint64_t memory_model::load(size_t thread, object& x, size_t age,
                            std::memory_order how) {
  auto index = x.stores.size() - 1 - age;
  auto& from = x.stores[index];
  join(acquires(how) ? clocks_[thread] : to_acquire_[thread], from.released);
  x.reads.push_back({thread, clocks_[thread][thread]++, index});
  return from.value;
}

void memory_model::add(size_t thread, object& x, uint64_t value,
                       std::memory_order how, bool read_modify_write) {
  auto released = releases(how) ? clocks_[thread] : to_release_[thread];
  // who acquires what was read and changed acquires what came before as well
  if (read_modify_write)
    join(released, x.stores.back().released);
  x.stores.push_back({value, thread, clocks_[thread][thread]++,
                      how == std::memory_order_seq_cst, released});
}

void memory_model::fence(size_t thread, std::memory_order how) {
  if (acquires(how))
    join(clocks_[thread], to_acquire_[thread]);
  if (releases(how))
    to_release_[thread] = clocks_[thread];
  ++clocks_[thread][thread];
}

// -- locks ---------------------------------------------------------------------

void memory_model::acquire(size_t thread, const void* lock) {
  join(clocks_[thread], locks_[lock]);
}

void memory_model::release(size_t thread, const void* lock) {
  join(locks_[lock], clocks_[thread]);
  ++clocks_[thread][thread];
}

} // namespace caf_remote::test
