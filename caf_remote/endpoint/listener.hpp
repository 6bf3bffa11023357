// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/transport/stream.hpp"

#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace caf_remote {

/// Starts to listen and tells the node its addresses. Errors:
/// `caf::sec::cannot_open_port`; `errc::invalid_config` for a wildcard host
/// without an advertised one, which no peer could dial.
caf::expected<std::shared_ptr<transport::server>>
start_listening(const node_ptr& home, const std::string& host, uint16_t port);

} // namespace caf_remote
