// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/prefetch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace caf_remote {

/// Counts what waits in one lane of one endpoint and holds it to its bounds,
/// from the sender's enqueue until the message was handed to the stream or
/// dead-lettered. Lock-free; any thread.
///
/// What is queued is computed from counters of the rest, so that accepted =
/// written + dead-lettered + queued holds at any moment.
///
/// Sequentially consistent: who looks at what is queued after a store of its
/// own sees a change, or who made the change sees the store. So nobody waits
/// for a change that has come already.
class admission {
public:
  struct bounds {
    size_t messages;
    size_t bytes;
  };

  explicit admission(bounds limit) noexcept : limit_(limit) {
    // nop
  }

  /// Counts one message as accepted and asks for its place. Returns false if
  /// a bound is exceeded; then the caller must call `refused`.
  bool enter(size_t bytes) noexcept;

  /// The message that could not enter became a dead letter.
  void refused() noexcept;

  /// `count` messages with `bytes` bytes in all were handed to the stream.
  void written(size_t count, size_t bytes) noexcept;

  /// A message that had entered became a dead letter.
  void dead(size_t bytes) noexcept;

  /// A message that had entered goes elsewhere, as if it had never come.
  void withdraw(size_t bytes) noexcept;

  uint64_t queued() const noexcept;

  uint64_t queued_bytes() const noexcept {
    return bytes_.load();
  }

  struct snapshot {
    uint64_t accepted;
    uint64_t written;
    uint64_t dead;
    uint64_t queued;
  };

  /// Figures that add up, whatever other threads do meanwhile.
  snapshot read() const noexcept;

private:
  const bounds limit_;
  // senders write here ...
  alignas(cache_line) std::atomic<uint64_t> accepted_{0};
  std::atomic<uint64_t> bytes_{0};
  // ... and the writer here
  alignas(cache_line) std::atomic<uint64_t> written_{0};
  std::atomic<uint64_t> dead_{0};
};

} // namespace caf_remote
