// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/prefetch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace caf_remote {

/// How many messages with how many bytes came and have not gone yet. Messages
/// and bytes share a word, and coming and going have a word each, so that an
/// arrival costs no atomic read-modify-write and a departure one. Right as long
/// as no more than `max_messages` and `max_bytes` are there at once.
class tally {
public:
  static constexpr unsigned byte_bits = 40;
  static constexpr size_t max_messages = (size_t{1} << (64 - byte_bits)) - 1;
  static constexpr size_t max_bytes = (size_t{1} << byte_bits) - 1;

  struct amount {
    size_t messages;
    size_t bytes;
  };

  /// A message comes. Only one thread may call this.
  void enter(size_t bytes) noexcept {
    came_.store(came_.load(std::memory_order_relaxed) + word(bytes),
                std::memory_order_release);
  }

  /// The same on any thread; not to be mixed with the other.
  void enter_shared(size_t bytes) noexcept {
    came_.fetch_add(word(bytes), std::memory_order_release);
  }

  /// A message goes. Any thread.
  void leave(size_t bytes) noexcept {
    went_.fetch_add(word(bytes));
  }

  /// Any thread.
  amount held() const noexcept {
    // in this order: what went had come before
    auto went = went_.load();
    return split(came_.load() - went);
  }

  /// The same for the thread that calls `enter`, without asking the CPUs on
  /// which messages go: may count some that went since its last `look`.
  amount held_at_most() const noexcept {
    return split(came_.load(std::memory_order_relaxed) - seen_);
  }

  amount look() noexcept {
    seen_ = went_.load();
    return held_at_most();
  }

  /// Changes whenever a message goes.
  uint64_t departures() const noexcept {
    return went_.load(std::memory_order_relaxed);
  }

private:
  static uint64_t word(size_t bytes) noexcept {
    return (uint64_t{1} << byte_bits) + bytes;
  }

  static amount split(uint64_t x) noexcept {
    return {static_cast<size_t>(x >> byte_bits),
            static_cast<size_t>(x & max_bytes)};
  }

  // Sums of words, which may overflow: their difference does not.
  alignas(cache_line) std::atomic<uint64_t> came_{0};
  // what had gone at the last look
  uint64_t seen_ = 0;
  alignas(cache_line) std::atomic<uint64_t> went_{0};
};

} // namespace caf_remote
