// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// The seam between the actors and gRPC. Nothing here knows gRPC; the actors
/// know nothing else. Tests put an in-memory implementation behind it.

namespace caf_remote::transport {

/// Key/value pairs that travel beside a stream (gRPC metadata). Keys are
/// lower-case.
using metadata = std::map<std::string, std::string>;

/// How a stream ended. The names are gRPC's; the numbers are equal to its
/// status codes, so that log lines read the same.
enum class status_code : int {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
};

/// gRPC's name of `code`, e.g. "UNAVAILABLE"; the number as text for codes
/// that have no enumerator above.
std::string to_string(status_code code);

struct status {
  status_code code = status_code::ok;
  std::string message;
  /// This side ended the stream, because the peer's message was too large. The
  /// peer is told `code` and `message` if it dialled.
  bool peer_fault = false;
};

std::string to_string(const status& x);

/// One serialized message of a stream, a remote.RemoteMessage.
using frame = std::string;

class stream;
class stream_listener;

using stream_ptr = std::shared_ptr<stream>;
using listener_ptr = std::shared_ptr<stream_listener>;

/// Receives the events of one stream. Called on the transport's threads, one
/// call at a time per stream, and must neither block nor call into the stream's
/// `cancel` from within: implementations post a message to an actor and return.
/// No call follows `on_closed`.
class stream_listener {
public:
  virtual ~stream_listener();

  /// The peer's initial metadata has arrived (dialler's side only; it comes
  /// before the first `on_message`).
  virtual void on_metadata(metadata xs) = 0;

  /// One message, asked for by one call to `stream::read`.
  virtual void on_message(frame bytes) = 0;

  /// The peer will send nothing more, but the stream is open (listener's side:
  /// the dialler has half-closed). Noticed by a read, so it takes credit.
  /// Rarely it comes right before the `on_closed` of a stream that gRPC ended
  /// because of bytes that are no message.
  virtual void on_half_closed() = 0;

  /// The first write in flight was handed to the transport's buffers.
  virtual void on_written() = 0;

  /// The stream is over. On the dialler's side `why` is the status that the
  /// listener gave or the reason why the connection failed. On the listener's
  /// side it is `cancelled` unless the stream was finished by `finish`. On both
  /// sides a message above `max_receive_bytes` ends the stream with
  /// `resource_exhausted`, `peer_fault` and a text with both sizes.
  virtual void on_closed(status why) = 0;
};

/// One bidirectional stream, the same type on both sides. All functions may be
/// called from any thread and never block. Dropping the last reference without
/// an end cancels the stream. The stream keeps its listener alive until
/// `on_closed`.
class stream {
public:
  virtual ~stream();

  /// Allows one more `on_message`. Calls add up: the count of calls is the
  /// reader's credit, and without credit nothing is taken from the connection,
  /// so that HTTP/2 flow control holds back the peer.
  virtual void read() = 0;

  /// Starts writing `bytes`. @pre no write is in flight; on the dialler's side
  /// one may be: then this frame waits inside the stream, and is dropped if
  /// that write fails or the stream ends. Each is answered by `on_written` in
  /// order, or all that are left by `on_closed`.
  virtual void write(frame bytes) = 0;

  /// Dialler: says that no further write follows (half-close), after those in
  /// flight.
  virtual void close_writes() = 0;

  /// Listener: ends the stream with `why`, after the write in flight. If that
  /// takes longer than `listen_options::handshake_timeout`, because the peer
  /// does not read, the stream is cancelled.
  virtual void finish(status why) = 0;

  /// Ends the stream at once, from either side.
  virtual void cancel() = 0;

  /// Gives an incoming stream its listener; from here on events flow.
  /// @pre called once on an incoming stream, never on a dialled one.
  virtual void attach(listener_ptr listener) = 0;

  /// The address of the peer's socket as text, for log lines.
  virtual std::string peer() const = 0;
};

/// Settings of one outgoing stream.
struct dial_options {
  /// Time for name look-up, TCP and HTTP/2 set-up; afterwards `on_closed` with
  /// `deadline_exceeded` or `unavailable`.
  std::chrono::milliseconds connect_timeout{5000};
  /// Largest accepted inbound message in bytes.
  size_t max_receive_bytes = 32u << 20;
  /// Sent with the call.
  metadata call_metadata;
};

/// Makes outgoing streams.
class connector {
public:
  virtual ~connector();

  /// Starts to open a stream to `address` ("host:port") and returns at once;
  /// success shows in the first event, failure in `on_closed`. Never null. A
  /// dropped or cancelled stream stops its attempt.
  virtual stream_ptr dial(const std::string& address, dial_options opts,
                          listener_ptr listener) = 0;
};

/// An incoming stream that waits for its listener.
struct incoming {
  stream_ptr str;
  metadata call_metadata;
};

/// Answers of the unary diagnostics calls. Called on the transport's threads;
/// must not block.
struct diagnostics {
  enum class match { part = 0, exact = 1, regex = 2 };
  /// The ids of the local processes that match, or an error text for
  /// INVALID_ARGUMENT.
  std::function<bool(const std::string& pattern, match how,
                     std::vector<std::string>& ids, std::string& error)>
    list;
  /// One text about the process `id`; empty: there is none.
  std::function<std::string(const std::string& id)> describe;
  /// Our advertised address, for the PIDs in the answer.
  std::function<std::string()> address;
};

/// Settings of the listening side.
struct listen_options {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  size_t max_receive_bytes = 32u << 20;
  /// Closes connections whose HTTP/2 set-up takes longer, and those that have
  /// been without a stream or call for so long (up to twice, as gRPC counts).
  /// Also the time that the last write of a stream has.
  std::chrono::milliseconds handshake_timeout{10000};
  /// Called with the literal IP address and the port that the server is bound
  /// to, before anything is accepted. An error is the server's. May be null.
  std::function<caf::error(const std::string& host, uint16_t port)> on_bound;
  /// Sent to each dialler as initial metadata, at once.
  std::function<metadata()> initial_metadata;
  /// Streams at the same time; a tenth of the places is out of reach for any
  /// one host. What comes beyond is refused with `resource_exhausted`, before
  /// anything is made for it, and a connection that opens far more streams than
  /// it was told to is cut.
  size_t max_streams = 10000;
  /// Called for each new stream on the transport's threads. The stream does
  /// nothing until `attach` gives it a listener.
  std::function<void(incoming)> on_stream;
  /// Called, on a thread of the transport, with the address of the peer's
  /// socket and the reason when a stream is refused. May be null.
  std::function<void(const std::string& peer, const std::string& why)>
    on_refused;
  /// Called, on a thread of the transport, when connections have to wait or are
  /// closed for want of descriptors or memory. May be null.
  std::function<void(const std::string&)> on_shortage;
  /// Null: ListProcesses and GetProcessDiagnostics answer UNIMPLEMENTED.
  std::shared_ptr<diagnostics> diag;
};

/// A listening server.
class server {
public:
  virtual ~server();

  /// The port that the kernel gave.
  virtual uint16_t port() const = 0;

  /// The literal IP address that the server is bound to, "0.0.0.0" and "::"
  /// included.
  virtual std::string bound_host() const = 0;

  /// Stops accepting; open streams go on. Waits for the hand-over of a
  /// connection under way, which does not block.
  virtual void stop_accepting() = 0;

  /// Cancels what is still open, waits for the transport's threads to leave the
  /// callbacks and returns. Blocks at most about `limit`: then connections are
  /// cut, whether or not their peers have read what was written to them.
  virtual void shutdown(std::chrono::milliseconds limit) = 0;
};

} // namespace caf_remote::transport
