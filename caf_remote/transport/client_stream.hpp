// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace caf_remote::transport {

/// Opens a `Receive` stream on `channel`, which must serve this stream alone:
/// it is destroyed with the stream. Returns at once; see `connector::dial`.
///
/// The stream always keeps one read pending, because gRPC tells a client about
/// the end of a call through a read only. So at most one message is taken from
/// the connection ahead of the reader's credit; it waits inside the stream, and
/// while it does, the end of the stream waits behind it.
stream_ptr open_client_stream(std::shared_ptr<grpc::Channel> channel,
                              std::string address, const dial_options& opts,
                              listener_ptr listener);

/// A stream that is over before it began: `listener` hears `why`, on another
/// thread, and nothing else.
stream_ptr make_failed_stream(std::string address, status why,
                              listener_ptr listener);

} // namespace caf_remote::transport
