// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"
#include "caf_remote/transport/stream_places.hpp"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace caf_remote::transport {

using server_reactor = grpc::ServerBidiReactor<grpc::ByteBuffer,
                                               grpc::ByteBuffer>;

class server_call;

/// The open streams of one server, and their places. Thread-safe.
class stream_registry {
public:
  explicit stream_registry(size_t max_streams);

  /// Asks for a place; see `stream_places`.
  stream_places::answer take_place(const std::string& peer);

  void leave_place(const std::string& peer, stream_places::answer given);

  /// Adds `call`; false: the server is closing and the call must not go on.
  bool add(const std::shared_ptr<server_call>& call);

  /// Removes `call` and frees its place, the last thing that a call does.
  void remove(server_call* call);

  /// Cancels all streams, also those that come later.
  void cancel_all();

private:
  std::mutex mutex_;
  stream_places places_;
  std::unordered_map<server_call*, std::weak_ptr<server_call>> calls_;
  bool closing_ = false;
};

struct accepted_stream {
  /// Owned by itself until gRPC is done with it.
  server_reactor* reactor;
  /// Null if the server is closing.
  stream_ptr str;
};

/// Wraps an incoming call of `peer`, which has a place: sends `initial` at once
/// and waits for a listener. A message above `max_receive_bytes` ends it. A
/// write in flight when it is finished has `last_write_timeout` to end.
accepted_stream accept_stream(grpc::CallbackServerContext* context,
                              std::string peer, const metadata& initial,
                              size_t max_receive_bytes,
                              std::chrono::milliseconds last_write_timeout,
                              const std::shared_ptr<stream_registry>& registry);

/// Ends an incoming call of `peer` with `why`. `given` is why it has no place.
server_reactor* refuse_stream(std::string peer, stream_places::answer given,
                              const status& why,
                              std::shared_ptr<stream_registry> registry);

} // namespace caf_remote::transport
