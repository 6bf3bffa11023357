// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <caf/expected.hpp>

#include <memory>

namespace caf_remote::transport {

/// Starts a server that speaks gRPC over plain HTTP/2. Blocks for the look-up
/// of `opts.host` only. Streams may arrive before the call returns. Fails with
/// `caf::sec::cannot_open_port` and a text if the host is unknown or the port
/// is taken, also by another gRPC server.
///
/// Dropping the server shuts it down without a wait for slow peers. Never drop
/// it, and never call `shutdown`, on a thread of the transport: both wait for
/// those threads.
caf::expected<std::shared_ptr<server>> start_grpc_server(listen_options opts);

} // namespace caf_remote::transport
