// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"

#include <caf/fwd.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/meta/hex_formatted.hpp>
#include <caf/meta/omittable_if_empty.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote {

/// Key/value pairs that travel beside one message. UTF-8, and not more than
/// `options::max_headers` and `options::max_header_bytes` allow (64 with 16 KiB
/// together). Never copied by themselves from a message to the next one.
using message_header = std::vector<std::pair<std::string, std::string>>;

/// A message in encoded form: what arrives if its type is not registered here,
/// or if the actor was published to receive messages raw. May be sent on
/// unchanged.
struct raw_message {
  std::string type_name;
  /// 0: Protobuf binary, 1: JSON, others by agreement.
  int32_t serializer_id = 0;
  std::string bytes;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, raw_message& x) {
  return f(caf::meta::type_name("raw_message"), x.type_name, x.serializer_id,
           x.bytes);
}

/// A message with what it takes along. Send it, or return it from a handler,
/// in place of the message itself to set headers or a serializer; the receiver
/// on the other node gets only `content` and reads the header with
/// `header_of`. A local receiver gets the envelope as it is.
struct message_envelope {
  caf::message content;
  message_header header;
  /// Which serializer encodes `content`; ignored for raw messages.
  int32_t serializer_id = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, message_envelope& x) {
  return f(caf::meta::type_name("message_envelope"), x.content, x.header,
           x.serializer_id);
}

/// Makes an envelope for `x`, a registered message or a `raw_message`.
template <class T>
message_envelope make_envelope(T&& x, message_header header,
                               int32_t serializer_id = 0) {
  return {caf::make_message(std::forward<T>(x)), std::move(header),
          serializer_id};
}

/// Returns the header of the message that `self` is handling; empty if it came
/// without one or from a local actor. Valid until the handler returns. Call it
/// on the actor's own thread only.
const message_header& header_of(caf::local_actor* self);

/// Returns the wire identity of the sender of the message that `self` is
/// handling; empty if it has none or is a local actor.
pid sender_of(caf::local_actor* self);

/// Asks a remote actor for a sign of life; answered with `touched` by the
/// remote side itself, after the messages before it.
struct touch {};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, touch&) {
  return f(caf::meta::type_name("touch"));
}

/// The answer to `touch`; `who` carries the peer's own canonical address.
struct touched {
  pid who;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, touched& x) {
  return f(caf::meta::type_name("touched"), x.who);
}

/// Ends a remote actor after the messages before it, unlike `send_exit`.
struct poison_pill {};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, poison_pill&) {
  return f(caf::meta::type_name("poison_pill"));
}

} // namespace caf_remote
