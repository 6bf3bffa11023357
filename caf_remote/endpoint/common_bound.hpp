// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <atomic>
#include <cstddef>
#include <utility>

namespace caf_remote {

/// Holds what many keep to one bound in sum. How many there are is not known,
/// since peers can make us have as many as they like, so nobody has a fixed
/// part: each may hold as much as is left free (a dynamic threshold, as
/// switches use it for queues that share their memory). One that takes all it
/// can get leaves half, two leave a third, and who holds little is served as
/// long as anything is free. Lock-free; any thread.
class common_bound : public caf::ref_counted {
public:
  /// A message counts its bytes, but no less than what keeps the number of
  /// messages to its bound. Neither bound may be 0.
  common_bound(size_t messages, size_t bytes) noexcept
    : bytes_(bytes), least_(bytes / messages) {
    // nop
  }

  /// The bytes that all hold now, as they are counted.
  size_t held() const noexcept {
    return held_.load(std::memory_order_relaxed);
  }

private:
  friend class bound_share;

  const size_t bytes_;
  const size_t least_;
  std::atomic<size_t> held_{0};
};

/// What one of them holds.
class bound_share : public caf::ref_counted {
public:
  explicit bound_share(caf::intrusive_ptr<common_bound> whole) noexcept
    : whole_(std::move(whole)) {
    // nop
  }

  /// Counts a message. Returns false, and counts nothing, if there is no room:
  /// a single one is taken in any case. While several threads ask for the last
  /// room all of them may be refused.
  bool enter(size_t bytes) noexcept;

  /// A message that was counted with these bytes has gone.
  void leave(size_t bytes) noexcept;

private:
  const caf::intrusive_ptr<common_bound> whole_;
  std::atomic<size_t> held_{0};
};

using bound_share_ptr = caf::intrusive_ptr<bound_share>;

} // namespace caf_remote
