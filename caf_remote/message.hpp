// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"
#include "caf_remote/printable.hpp"

#include <caf/fwd.hpp>
#include <caf/meta/hex_formatted.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caf_remote {

/// Key/value pairs that travel beside one message, as `send.hpp` says. The
/// order of the keys may change between nodes; of a key that comes twice,
/// another node may get the last value only (protocol fact: it is a map on the
/// wire).
///
/// UTF-8, and not more than `options::max_headers` and
/// `options::max_header_bytes` allow (64 with 16 KiB together): held to on the
/// way to and from other nodes. Never copied by themselves from a message to
/// the next one.
using message_header = std::vector<std::pair<std::string, std::string>>;

/// Returns the value of `key`, the last one if there are several; nothing if
/// there is none. Upper and lower case differ. Valid as long as `xs` is
/// unchanged.
std::optional<std::string_view> value_of(const message_header& xs,
                                         std::string_view key);

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
  return f(caf::meta::type_name("raw_message"), detail::shown(f, x.type_name),
           x.serializer_id, detail::shown(f, x.bytes));
}

/// Returns the header of the message that `self` is handling, a request's
/// answer included, wherever it came from; empty if it came without one. Valid
/// until the handler returns. Call it on the actor's own thread, inside a
/// handler.
const message_header& header_of(caf::local_actor* self);

/// Returns the value of one key in the header of the message that `self` is
/// handling; see `value_of` and `header_of`.
std::optional<std::string_view> header_of(caf::local_actor* self,
                                          std::string_view key);

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
  return f(caf::meta::type_name("touched"), detail::shown(f, x.who));
}

/// Ends a remote actor after the messages before it, unlike `send_exit`.
struct poison_pill {};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, poison_pill&) {
  return f(caf::meta::type_name("poison_pill"));
}

} // namespace caf_remote
