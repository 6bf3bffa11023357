// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace caf_remote {

/// How many writes of a stream are under way: between the writer, which starts
/// them, and the transport's threads, where they end. The writer is told of an
/// end only if it has asked, because to wake an actor that has nothing to write
/// costs more than a small write.
class write_gate {
public:
  /// A write starts. Called by the writer; takes back what it has asked.
  void begin() noexcept {
    change([](state x) { return state{x.under_way + 1, 0}; });
  }

  /// Any thread; called by the writer, more than that are not under way.
  size_t under_way() const noexcept {
    return state_.load().under_way;
  }

  /// Asks to be told when fewer than `count` writes are under way. Returns
  /// false if that is so now. Called by the writer.
  bool ask(uint32_t count) noexcept {
    auto x = state_.load();
    while (x.under_way >= count)
      if (x.asked == count
          || state_.compare_exchange_weak(x, {x.under_way, count}))
        return true;
    return false;
  }

  /// A write is over. Returns whether the writer has to be told.
  bool end() noexcept {
    auto told = [](state x) { return x.under_way <= x.asked; };
    auto old = change([told](state x) {
      return state{x.under_way - 1, told(x) ? 0 : x.asked};
    });
    return told(old);
  }

private:
  struct state {
    uint32_t under_way;
    // 0: the writer does not wait
    uint32_t asked;
  };

  template <class F>
  state change(F f) noexcept {
    auto x = state_.load();
    while (!state_.compare_exchange_weak(x, f(x))) {
      // x was loaded anew
    }
    return x;
  }

  std::atomic<state> state_{state{0, 0}};
};

} // namespace caf_remote
