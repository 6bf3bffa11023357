// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/timespan.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace caf_remote {

/// The settings of the group `caf-remote`, with their defaults. Read once at
/// start; see docs/configuration.md. Sizes in bytes may be written as integers
/// or as strings with a unit ("32MiB"); durations are CAF timespans ("2s").
struct options {
  // -- where we are -----------------------------------------------------------

  /// The host to listen on.
  std::string host = "127.0.0.1";
  /// The port to listen on; 0 lets the kernel choose.
  uint16_t port = 0;
  /// Listen at start. Without it, the user calls `remoting::listen`.
  bool listen = false;
  /// What peers dial, if it is not the bound address. Required for a wildcard
  /// host.
  std::string advertised_host;
  uint16_t advertised_port = 0;
  /// Further addresses ("host:port") under which peers may name us.
  std::vector<std::string> aliases;

  // -- connections ------------------------------------------------------------

  /// Time for the name look-up and the connection's set-up.
  caf::timespan connect_timeout = std::chrono::seconds(5);
  /// Time for the handshake on the open stream, in both roles.
  caf::timespan handshake_timeout = std::chrono::seconds(10);
  /// Attempts to connect, the first included (seed: 5, as in protoactor-go).
  size_t max_retry_count = 5;
  /// From one attempt's failure to the next attempt (seed: 2 s, fixed).
  caf::timespan retry_wait = std::chrono::seconds(2);
  /// Limit for flushing and half-closing at a graceful stop, in all.
  caf::timespan shutdown_timeout = std::chrono::seconds(4);
  /// Endpoints that exist at the same time; beyond, messages to new addresses
  /// are dead letters.
  size_t max_endpoints = 10000;
  /// Incoming streams that exist at the same time.
  size_t max_streams = 10000;

  // -- outbound ---------------------------------------------------------------

  /// Envelopes per batch (seed: 1000, as in protoactor-go).
  size_t batch_size = 1000;
  /// Bytes per batch: a default protoactor-go peer refuses more than 4 MiB.
  size_t max_batch_bytes = (4u << 20) - (64u << 10);
  /// Messages that wait for one endpoint (seed: 1,000,000).
  size_t queue_messages = 1000000;
  /// Memory of the messages that wait for one endpoint.
  size_t queue_bytes = 256u << 20;
  /// Watch, Unwatch and Terminated that wait for one endpoint.
  size_t control_messages = 1000000;
  size_t control_bytes = 64u << 20;
  /// Above these marks an endpoint has no room for senders that pace
  /// themselves; at half of them they are told that there is room again.
  size_t pause_messages = 100000;
  size_t pause_bytes = 32u << 20;
  /// Requests without an answer, all endpoints together.
  size_t max_pending_requests = 1000000;
  /// A request whose answer never comes ends with an error after this time even
  /// if its sender set no time limit.
  caf::timespan request_expiry = std::chrono::hours(1);
  /// A request that has waited for so long to be written is not sent any more,
  /// unless its own time limit is known (`caf_remote::request`).
  caf::timespan queued_request_expiry = std::chrono::minutes(1);

  // -- inbound ----------------------------------------------------------------

  /// Largest accepted RemoteMessage: Go packs by count only.
  size_t max_receive_bytes = 32u << 20;
  /// Messages of one stream that were delivered and not yet taken; beyond,
  /// reading stops. One target may hold half.
  size_t inbound_messages = 100000;
  size_t inbound_bytes = 64u << 20;
  /// A target that holds a quarter of these bounds, or 4096 messages, makes
  /// reading pause until it has worked half of that off, but not for longer
  /// than this; then it is not waited for, and what exceeds its half is
  /// dead-lettered.
  caf::timespan inbound_stall_timeout = std::chrono::seconds(1);
  /// Headers of one message, in both directions.
  size_t max_headers = 64;
  size_t max_header_bytes = 16u << 10;

  // -- the rest ---------------------------------------------------------------

  /// Serve ListProcesses and GetProcessDiagnostics.
  bool diagnostics = false;
  /// Leave all actors to CAF's scheduler, also those that the network wakes.
  bool scheduler_only = false;
};

/// Reads and checks the whole group `caf-remote` of `cfg`: unknown keys (with
/// the nearest known name), wrong types and values out of range are
/// `errc::invalid_config` with a text that names the key.
[[nodiscard]] caf::expected<options>
read_options(const caf::actor_system_config& cfg);

/// What `read_options` would complain about; none if nothing. For programs that
/// want to fail before they make an actor system.
[[nodiscard]] caf::error check(const caf::actor_system_config& cfg);

/// Declares the group's options, so that they can be given on the command line.
/// For config classes of others; call it in their constructor with
/// `custom_options_`.
void add_options(caf::config_option_set& xs);

/// A config class with this module's options declared. CAF 0.17 parses the
/// command line before it loads modules, so a module cannot do that itself.
class config : public caf::actor_system_config {
public:
  config();
};

} // namespace caf_remote
