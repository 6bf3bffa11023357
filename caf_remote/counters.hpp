// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace caf_remote {

/// Where an endpoint stands; see docs/architecture.md for the diagram.
enum class connection_state : uint8_t {
  idle,
  connecting,
  connected,
  reconnecting,
  terminated,
  closed,
};

std::string to_string(connection_state x);

/// What became of the messages of one endpoint. At any moment
/// `accepted == written + dead_lettered + queued`.
struct endpoint_counters {
  std::string address;
  std::string member_id;
  connection_state state = connection_state::idle;
  /// Messages handed to the endpoint, those refused at its bound included.
  uint64_t accepted = 0;
  /// Messages whose batch was handed to a stream. Never sent again.
  uint64_t written = 0;
  uint64_t dead_lettered = 0;
  /// Messages that wait, the batch being filled included.
  uint64_t queued = 0;
  uint64_t queued_bytes = 0;
  /// Part of `written`: not confirmed by the transport when its stream ended.
  uint64_t unconfirmed = 0;
  uint64_t batches = 0;
  /// Watch, Unwatch and Terminated; not part of the figures above.
  uint64_t control_written = 0;
  uint64_t control_queued = 0;
  uint64_t connects = 0;
  /// Streams that the peer has open to us.
  uint64_t inbound_streams = 0;
  /// The last failure to connect, for a person; empty after a success.
  std::string last_error;
};

/// A snapshot of everything counted; see `remoting::snapshot`.
struct counters {
  std::vector<endpoint_counters> endpoints;
  /// Endpoints that are over, added up; `address` is empty.
  endpoint_counters retired;
  /// Dead letters by reason (names of `errc`), both directions.
  std::map<std::string, uint64_t> dead_letters;
  /// Streams that peers have open to us, those of peers without an endpoint
  /// included.
  uint64_t inbound_streams = 0;
  uint64_t received_messages = 0;
  uint64_t received_batches = 0;
  /// Envelopes refused because something in them was wrong.
  uint64_t refused_envelopes = 0;
  /// Streams ended because a whole frame was wrong.
  uint64_t protocol_errors = 0;
  /// How often connections had to wait or were closed for want of descriptors,
  /// memory, or room for what their peers watch.
  uint64_t shortages = 0;
  /// How often code of yours threw that the module calls: a log sink, a tracing
  /// hook, a serializer, the factory of a kind, what is attached to a remote
  /// handle.
  uint64_t callback_exceptions = 0;
  /// The module's own actors that ended by an error (want of memory, say). Each
  /// has cost its stream or its endpoint.
  uint64_t actor_failures = 0;
  uint64_t pending_requests = 0;
  uint64_t published = 0;
  uint64_t events_suppressed = 0;
  uint64_t log_lines_suppressed = 0;
};

} // namespace caf_remote
