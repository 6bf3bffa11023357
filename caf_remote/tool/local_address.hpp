// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/timespan.hpp>

#include <string>

namespace caf_remote::tool {

/// The local IP address that the kernel uses to reach `address` ("host:port").
/// Sends nothing but name look-ups, which may block. Throws `failure`.
std::string local_address_for(const std::string& address);

/// Whether something accepts TCP connections at `address` within `timeout`.
bool accepts_connections(const std::string& address, caf::timespan timeout);

} // namespace caf_remote::tool
