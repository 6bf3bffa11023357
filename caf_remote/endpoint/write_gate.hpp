// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <atomic>

namespace caf_remote {

/// Whether the one write of a stream is under way: between the writer, which
/// starts it, and the transport's threads, where it ends. The writer is told of
/// the end only if it has asked, because to wake an actor that has nothing to
/// write costs more than a small write.
class write_gate {
public:
  /// A write starts. Called by the writer.
  void begin() noexcept {
    state_.store(state::writing);
  }

  /// Whether none is under way. Any thread.
  bool open() const noexcept {
    return state_.load() == state::idle;
  }

  /// Asks to be told when the write is over. Returns false if it is. Called by
  /// the writer.
  bool ask() noexcept {
    auto expected = state::writing;
    return state_.compare_exchange_strong(expected, state::awaited)
           || expected == state::awaited;
  }

  /// The write is over. Returns whether the writer has to be told.
  bool end() noexcept {
    return state_.exchange(state::idle) == state::awaited;
  }

private:
  enum class state { idle, writing, awaited };

  std::atomic<state> state_{state::idle};
};

} // namespace caf_remote
