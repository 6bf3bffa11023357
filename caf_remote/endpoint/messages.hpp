// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/stream_dials.hpp"
#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/transport/stream.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// The messages between the module's actors. They never leave the process.

namespace caf_remote {

/// How the ids in the Watcher PIDs of our Watch messages begin. Our run
/// follows, so that what is late for an earlier run is for nobody, and the
/// address that was dialled, because a node that we know by two addresses must
/// not take the watchers of one endpoint for those of the other.
constexpr std::string_view watcher_prefix = "$watcher.";

// -- anyone -> manager --------------------------------------------------------------------------

/// endpoint_directory -> manager: an address is needed for the first time.
struct open_endpoint {
  endpoint_ptr where;
};

/// endpoint -> manager, manager -> writer: give the peer up.
struct end_endpoint {
  endpoint_ptr where;
  errc code;
  std::string reason;
};

/// transport -> manager: a peer has opened a stream.
struct incoming_stream {
  transport::incoming stream;
};

/// remoting -> manager: the server listens; its address is known to the node.
struct listening {
  std::shared_ptr<transport::server> srv;
};

/// remoting -> manager: leave gracefully. Answered with `left`
/// when all streams are over or the time is up.
struct leave {};

/// The answer to `leave`.
struct left {};

// -- reader -> manager ------------------------------------------------------------------------

/// reader -> manager: the handshake has begun; may this peer come in? Answered
/// with `client_connection_result`.
struct client_connection {
  uint64_t reader;
  std::string member_id;
  /// Canonical, and as the peer writes it.
  std::string address;
  std::string spelling;
  /// Where the connection comes from.
  std::string host;
  bool is_caf_remote;
  /// It brings no messages, is no way back, and claims nothing.
  bool only_asks;
  stream_dials dials;
};

struct client_connection_result {
  bool accepted;
  std::string reason;
  /// It was our own node that dialled: it learns that by an answer to the
  /// handshake, which has our member id.
  bool is_us = false;
};

/// reader -> manager: its stream is over.
struct reader_over {
  uint64_t reader;
};

// -- manager -> itself --------------------------------------------------------------------------

/// Does anybody need the endpoint of the address by now?
struct unused_tick {
  std::string address;
};

// -- watcher, reader -> manager ---------------------------------------------------------------

/// The peer watches actors of ours but cannot be told about them any more: end
/// its streams, so that it learns that.
struct end_streams_of {
  std::string address;
  /// For the peer and the log, after "since".
  std::string why;
  /// Those up to this one: later ones have brought nothing of what is lost.
  uint64_t last_stream;
};

// -- proxy -> manager -------------------------------------------------------------------------

/// There are orders in the node: see `link_orders`.
struct links_ordered {};

// -- manager -> reader ------------------------------------------------------------------------

/// Tell the peer that we leave; from now on its messages are dead letters.
struct disconnect_peer {};

/// End the stream at once with an error, and deliver nothing more from it.
/// Answered with `left`.
struct end_stream {
  transport::status why;
};

// -- writer -> manager ------------------------------------------------------------------------

/// writer -> manager: the stream is ready for messages.
struct endpoint_up {
  endpoint_ptr where;
  std::string member_id;
};

/// writer -> manager: the stream was lost and nobody wants another one now.
struct endpoint_rests {
  std::string address;
};

/// writer -> manager: the handshake has met an incarnation. Answered with
/// `member_met_result` when streams of others at the address are heard no more.
struct member_met {
  endpoint_ptr where;
  std::string member_id;
  /// Whether the stream is still there on which it was met; set by the writer.
  std::shared_ptr<const std::atomic<bool>> is_current;
};

struct member_met_result {
  /// The incarnation that was taken to live there before, if only by what its
  /// streams to us claim; empty: none.
  std::string before;
  /// The stream has ended meanwhile, so that nothing was done.
  bool too_late = false;
};

/// writer -> manager: the address was given up. The writer has quit or is about
/// to; what is in its mailbox becomes dead letters.
struct endpoint_over {
  endpoint_ptr where;
  errc code;
  std::string reason;
};

// -- manager -> writer ------------------------------------------------------------------------

/// An incarnation has come to live at the address. Answered with `left` when
/// the observers of an earlier one were told.
struct peer_restarted {
  std::string member_id;
};

/// Write out what is queued, half-close, and quit.
struct drain {};

// -- manager -> probe -------------------------------------------------------------------------

/// Answered with `resident`.
struct who_lives_there {};

/// Empty: nobody who could be reached.
struct resident {
  std::string member_id;
};

// -- writer -> itself -----------------------------------------------------------------------

struct connect_tick {
  uint64_t epoch;
};

struct handshake_tick {
  uint64_t epoch;
};

/// Has the request an answer, or the peer a stream to us?
struct way_back_tick {
  uint64_t epoch;
  uint32_t request;
};

// -- writer -> watcher ------------------------------------------------------------------------

/// A stream is up. What the writer numbers was written to an earlier stream up
/// to `written_seq`: with `same_incarnation` it is to be sent again, else it is
/// over. Answered with `left` when that is done.
struct peer_connected {
  uint64_t written_seq;
  bool same_incarnation;
};

// -- manager -> watcher -----------------------------------------------------------------------

/// By way of the writer: another incarnation was met. Answered with `left`, so
/// that the observers of the old one are told before the new one is heard.
struct incarnation_over {
  uint64_t written_seq;
  /// False: it was known already, only the order with earlier messages counts.
  bool news;
};

/// The address was given up: every observer is told. Watches that arrive later
/// are answered at once.
struct address_over {};

/// Say nothing more to the peer: the DisconnectRequest says it all.
struct fall_silent {};

/// The node has so many streams open to us, under whatever address.
struct peer_streams {
  size_t open;
};

// -- endpoint, for a proxy -> watcher -------------------------------------------------------------------------

/// A Watch is on its way, in the place `seq` among what the writer numbers.
struct watch_actor {
  caf::strong_actor_ptr who; // a remote_proxy
  uint64_t seq;
};

/// So is a further one, for an actor that was watched already.
struct watch_copied {
  actor_name_ptr who;
  uint64_t seq;
};

struct unwatch_actor {
  caf::strong_actor_ptr who; // a remote_proxy
};

// -- endpoint -> watcher ----------------------------------------------------------------------

/// The Watch of the actor does not fit a frame of this peer.
struct watch_refused {
  std::string who;
};

/// The same of a Terminated.
struct terminated_refused {};

/// More may be sent, as it was asked for.
struct control_room {};

// -- watcher -> itself ------------------------------------------------------------------------

/// Time to look whether news gets through.
struct watch_tick {};

// -- reader -> watcher ------------------------------------------------------------------------

/// The peer watches a local actor; `local` is null if there is none. `number`
/// is 0 if the peer does not number its watches. Those up to `forgotten` were
/// for endpoints that are over, see `seen_watches`.
struct remote_watch {
  actor_name_ptr target;
  caf::strong_actor_ptr local;
  std::string watcher;
  uint32_t number;
  uint32_t forgotten;
  /// That brought it.
  uint64_t stream;
};

struct remote_unwatch {
  actor_name_ptr target;
  std::string watcher;
  uint32_t number;
};

/// An actor that we watch has ended; the watches from `first` to `last` were
/// for it (see `concerns`).
struct remote_terminated {
  std::string who;
  wire::terminated_reason why;
  uint32_t first;
  uint32_t last;
};

/// The peer has answered a question of the watcher.
struct peer_touched {
  uint32_t number;
};

// -- stream -> its actor, to a writer with high priority -----------------------------------------

struct stream_metadata {
  uint64_t epoch;
  transport::metadata values;
};

struct stream_frame {
  uint64_t epoch;
  transport::frame bytes;
};

struct stream_half_closed {
  uint64_t epoch;
};

struct stream_written {
  uint64_t epoch;
};

struct stream_closed {
  uint64_t epoch;
  transport::status why;
};

/// inbound_ledger -> reader: there is room again.
struct resume_reading {};

/// reader -> itself: look whether the actor that it waits for has stalled.
struct stall_tick {
  /// Numbers the pauses, so that a tick does not cut a later one short.
  uint64_t pause;
};

/// Time to look whether the stream is idle.
struct rest_tick {};

// -- reader -> activator ----------------------------------------------------------------------

/// A peer asks for an actor of a kind. `requester` is the proxy to answer.
struct spawn_for_peer {
  std::string kind;
  std::string name;
  caf::strong_actor_ptr requester;
  uint32_t request_id;
};

// -- spawner <-> proxy of a remote activator ------------------------------------------------------

/// Becomes a remote.ActorPidRequest.
struct pid_request {
  std::string kind;
  std::string name;
};

/// Made from a remote.ActorPidResponse. `why` says what failed; empty: nothing,
/// or the peer does not say.
struct pid_response {
  bool has_pid;
  pid who;
  int32_t status;
  std::string why;
};

} // namespace caf_remote

#define CAF_REMOTE_INTERNAL(name) \
  CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::name)

CAF_REMOTE_INTERNAL(open_endpoint)
CAF_REMOTE_INTERNAL(end_endpoint)
CAF_REMOTE_INTERNAL(incoming_stream)
CAF_REMOTE_INTERNAL(listening)
CAF_REMOTE_INTERNAL(leave)
CAF_REMOTE_INTERNAL(left)
CAF_REMOTE_INTERNAL(client_connection)
CAF_REMOTE_INTERNAL(client_connection_result)
CAF_REMOTE_INTERNAL(reader_over)
CAF_REMOTE_INTERNAL(end_streams_of)
CAF_REMOTE_INTERNAL(unused_tick)
CAF_REMOTE_INTERNAL(disconnect_peer)
CAF_REMOTE_INTERNAL(end_stream)
CAF_REMOTE_INTERNAL(endpoint_up)
CAF_REMOTE_INTERNAL(endpoint_rests)
CAF_REMOTE_INTERNAL(member_met)
CAF_REMOTE_INTERNAL(member_met_result)
CAF_REMOTE_INTERNAL(endpoint_over)
CAF_REMOTE_INTERNAL(peer_restarted)
CAF_REMOTE_INTERNAL(drain)
CAF_REMOTE_INTERNAL(who_lives_there)
CAF_REMOTE_INTERNAL(resident)
CAF_REMOTE_INTERNAL(connect_tick)
CAF_REMOTE_INTERNAL(handshake_tick)
CAF_REMOTE_INTERNAL(way_back_tick)
CAF_REMOTE_INTERNAL(peer_connected)
CAF_REMOTE_INTERNAL(incarnation_over)
CAF_REMOTE_INTERNAL(address_over)
CAF_REMOTE_INTERNAL(fall_silent)
CAF_REMOTE_INTERNAL(watch_actor)
CAF_REMOTE_INTERNAL(watch_copied)
CAF_REMOTE_INTERNAL(control_room)
CAF_REMOTE_INTERNAL(unwatch_actor)
CAF_REMOTE_INTERNAL(remote_watch)
CAF_REMOTE_INTERNAL(remote_unwatch)
CAF_REMOTE_INTERNAL(remote_terminated)
CAF_REMOTE_INTERNAL(links_ordered)
CAF_REMOTE_INTERNAL(peer_streams)
CAF_REMOTE_INTERNAL(watch_refused)
CAF_REMOTE_INTERNAL(terminated_refused)
CAF_REMOTE_INTERNAL(watch_tick)
CAF_REMOTE_INTERNAL(peer_touched)
CAF_REMOTE_INTERNAL(stream_metadata)
CAF_REMOTE_INTERNAL(stream_frame)
CAF_REMOTE_INTERNAL(stream_half_closed)
CAF_REMOTE_INTERNAL(stream_written)
CAF_REMOTE_INTERNAL(stream_closed)
CAF_REMOTE_INTERNAL(resume_reading)
CAF_REMOTE_INTERNAL(stall_tick)
CAF_REMOTE_INTERNAL(rest_tick)
CAF_REMOTE_INTERNAL(spawn_for_peer)
CAF_REMOTE_INTERNAL(pid_request)
CAF_REMOTE_INTERNAL(pid_response)

#undef CAF_REMOTE_INTERNAL
