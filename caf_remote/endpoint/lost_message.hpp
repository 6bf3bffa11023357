// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/endpoint/encoded_message.hpp"
#include "caf_remote/events.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/message.hpp>
#include <caf/ref_counted.hpp>

#include <cstddef>
#include <cstdint>

namespace caf_remote {

/// A message that found no taker. All subscribers share it, and it shares the
/// names in it with the other messages of its batch, until somebody reads the
/// event: a peer may name one long id a hundred thousand times in a frame.
class lost_message : public caf::ref_counted {
public:
  /// Our own actors have our own address.
  actor_name_ptr target;
  /// Null: no sender.
  actor_name_ptr sender;
  uint32_t target_request_id = 0;
  uint32_t sender_request_id = 0;
  /// What of the content is not in encoded form.
  caf::message content;
  encoded_message encoded;
  /// About what `content` holds.
  size_t content_bytes = 0;

  /// Describes a message of ours that never was in encoded form.
  static caf::intrusive_ptr<lost_message> make(const pid& to, caf::message what,
                                               size_t bytes, const pid& from);

  /// What an event about the message may come to hold.
  size_t bytes() const noexcept;

  dead_letter event() const;
};

using lost_message_ptr = caf::intrusive_ptr<const lost_message>;

} // namespace caf_remote
