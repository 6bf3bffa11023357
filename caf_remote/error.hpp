// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/atom.hpp>
#include <caf/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace caf_remote {

/// The error codes of this module, grouped by what the caller can do next.
/// Conversions to `caf::error` use the category `error_category`.
enum class errc : uint8_t {
  none = 0,

  // -- correct the call or the configuration and try again --------------------

  /// An address is not "host:port".
  invalid_address = 1,
  /// An actor's name is empty, too long, not UTF-8 or has control characters.
  invalid_name,
  /// A key of the group `caf-remote` is unknown, has the wrong type or a value
  /// out of range.
  invalid_config,
  /// The name, kind, type or serializer id is taken.
  name_taken,
  /// No such name, kind, type or serializer id.
  not_found,
  /// The message is neither one registered Protobuf message nor a raw payload.
  not_serializable,
  /// A string of the message is not UTF-8; the peer would drop the connection.
  invalid_utf8,
  /// The message alone is larger than the peer accepts.
  message_too_large,
  /// More than 64 headers or 16 KiB of them, or a header that is not UTF-8.
  header_too_large,
  /// The peer cannot take this type or serializer (see docs/guarantees.md).
  peer_cannot_take,
  /// An error that is no answer to a request, such as a handler's result for a
  /// message: the wire cannot tell it to the sender.
  stray_error,

  // -- wait, or pace the sender -----------------------------------------------

  /// The endpoint's queue is full.
  queue_full = 20,
  /// Too many requests without an answer.
  too_many_requests,

  // -- the peer is away; later messages start anew ----------------------------

  /// The peer could not be reached within the retries, or the connection ended.
  endpoint_terminated = 40,
  /// The connection ended after the request was handed to it; whether it was
  /// delivered is not known.
  unconfirmed,
  /// The peer restarted after the request was written.
  incarnation_over,
  /// The peer refuses us.
  blocked,
  /// There is no such actor, or it ended before it answered.
  dead_letter,
  /// The request was still queued when its time was over, and was not sent:
  /// its time limit where that is known (`caf_remote::request`), else
  /// `options::queued_request_expiry`.
  expired,

  // -- give up ----------------------------------------------------------------

  /// The module is not loaded, failed to start, or is stopping.
  not_running = 60,
  /// The remote side failed to spawn the actor.
  spawn_failed,
  /// The remote side answered something that makes no sense.
  protocol_violation,
};

/// The category of `errc` in `caf::error`. Atoms have no dash.
constexpr caf::atom_value error_category = caf::atom("caf_remote");

/// The name of the enumerator.
std::string to_string(errc code);

/// What the code means and what can be done about it, in one line for a person.
/// Empty for `errc::none` and codes of later versions.
std::string_view explain(errc code) noexcept;

[[nodiscard]] caf::error make_error(errc code);

/// Makes an error with a text that says what exactly is wrong.
[[nodiscard]] caf::error make_error(errc code, std::string text);

/// Returns the code of `x` if it is one of ours, else `errc::none`.
errc code_of(const caf::error& x) noexcept;

/// Renders any error for a person: the code's name and the text, which is that
/// of `explain` if the error has none of its own. Of others' errors only the
/// text; without one they are rendered by CAF, but for a time-out, which is put
/// into words. `caf::actor_system::render` says the same of ours. Printable,
/// whoever made the error.
std::string render(const caf::error& x);

} // namespace caf_remote
