// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <atomic>
#include <cstddef>

namespace caf_remote {

/// How many writes of a stream are under way: between the writer, which starts
/// them, and the transport's threads, where they end. The writer is told of an
/// end only if it has asked, because to wake an actor that has nothing to write
/// costs more than a small write.
class write_gate {
public:
  /// A write starts. Called by the writer.
  void begin() noexcept {
    state_.fetch_add(1);
  }

  /// Any thread; called by the writer, more than that are not under way.
  size_t under_way() const noexcept {
    return state_.load() & ~awaited;
  }

  /// Asks to be told of the next end if `count` or more writes are under way.
  /// Returns false if they are not. Called by the writer.
  bool ask(size_t count) noexcept {
    auto x = state_.load();
    while ((x & ~awaited) >= count)
      if (state_.compare_exchange_weak(x, x | awaited))
        return true;
    return false;
  }

  /// A write is over. Returns whether the writer has to be told.
  bool end() noexcept {
    auto x = state_.load();
    while (!state_.compare_exchange_weak(x, (x & ~awaited) - 1)) {
      // x was loaded anew
    }
    return (x & awaited) != 0;
  }

private:
  static constexpr size_t awaited = size_t{1} << 31;

  std::atomic<size_t> state_{0};
};

} // namespace caf_remote
