// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <memory>

namespace caf_remote::transport {

/// Makes the connector that speaks gRPC over plain HTTP/2. Each dial has a
/// connection of its own and makes about one attempt at it. The connector holds
/// no threads and no state; streams may outlive it.
std::shared_ptr<connector> make_grpc_connector();

} // namespace caf_remote::transport
