// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/outbound_element.hpp"
#include "caf_remote/wire/batch_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

/// The messages that the writer has taken from its mailbox and not yet handed
/// to the stream, in order, and the cutting of batches. Pure: no actor, no
/// clock.
class outbox {
public:
  struct limits {
    /// Envelopes per batch.
    size_t count;
    /// Bytes per batch, unless one message alone is larger.
    size_t batch_bytes;
    /// The largest frame that the peer takes.
    size_t frame_bytes;
    /// Whether the peer is known to be caf_remote.
    bool caf_remote = false;
  };

  /// One batch, ready for the stream. The elements are still counted by their
  /// endpoint.
  struct batch {
    std::string frame;
    std::vector<outbound_ptr> messages;
    /// What they are in sum.
    size_t user_messages = 0;
    size_t user_bytes = 0;
    size_t control_messages = 0;
    size_t control_bytes = 0;
    /// The last place in the control lane, of what was refused, too.
    uint64_t control_seq = 0;
    /// The requests among them.
    std::vector<uint32_t> requests;

    void add(outbound_ptr x);

    /// Its place, if it has one, is behind what goes on.
    void passed(const outbound_element& x) noexcept;
  };

  /// Says why a message must not be sent to this peer, or not any more;
  /// `errc::none`: it may. Asked for those that make demands on the peer, and
  /// for those that expire.
  using filter = std::function<errc(const outbound_element&)>;

  /// Takes a message that must not be sent.
  using rejecter = std::function<void(outbound_ptr, errc)>;

  void push(outbound_ptr x) {
    queue_.push_back(std::move(x));
  }

  bool empty() const noexcept {
    return queue_.empty();
  }

  size_t size() const noexcept {
    return queue_.size();
  }

  /// Gives the next batch memory for its frame.
  void provide(std::string memory) {
    encoder_.provide(std::move(memory));
  }

  /// Cuts the next batch. `messages` of the result is empty if nothing is left
  /// that may be sent.
  batch next(const limits& bounds, std::string_view target_address,
             std::string_view own_address, const filter& may_send,
             const rejecter& reject);

  /// Takes out everything, in order.
  std::deque<outbound_ptr> drain();

private:
  std::deque<outbound_ptr> queue_;
  wire::batch_encoder encoder_;
};

} // namespace caf_remote
