// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace caf_remote::transport {

using server_reactor = grpc::ServerBidiReactor<grpc::ByteBuffer,
                                               grpc::ByteBuffer>;

class server_call;

/// The open streams of one server. Thread-safe.
class stream_registry {
public:
  /// Adds `call`; false: the server is closing and the call must not go on.
  bool add(const std::shared_ptr<server_call>& call);

  /// Removes `call`, the last thing that a call does.
  void remove(server_call* call);

  /// Cancels all streams, also those that come later.
  void cancel_all();

private:
  std::mutex mutex_;
  std::unordered_map<server_call*, std::weak_ptr<server_call>> calls_;
  bool closing_ = false;
};

struct accepted_stream {
  /// Owned by itself until gRPC is done with it.
  server_reactor* reactor;
  /// Null if the server is closing.
  stream_ptr str;
};

/// Wraps an incoming call: sends `initial` at once and waits for a listener. A
/// message above `max_receive_bytes` ends it. A write in flight when it is
/// finished has `last_write_timeout` to end.
accepted_stream accept_stream(grpc::CallbackServerContext* context,
                              const metadata& initial, size_t max_receive_bytes,
                              std::chrono::milliseconds last_write_timeout,
                              const std::shared_ptr<stream_registry>& registry);

} // namespace caf_remote::transport
