// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/expected.hpp>

#include <cstdint>
#include <string>

namespace caf_remote::transport {

/// Finds the literal IP address to bind for `host`, IPv4 first: "localhost"
/// gives "127.0.0.1", a literal gives itself, with or without brackets. May
/// block for a name look-up. Fails with `cannot_open_port`.
caf::expected<std::string> resolve_bind_host(const std::string& host);

/// Joins a literal IP address and a port, "[::1]:80" for IPv6.
std::string join_host_port(const std::string& literal, uint16_t port);

/// Opens a socket that listens on a literal IP address and never blocks. Port 0
/// lets the kernel pick. Both wildcards, "0.0.0.0" and "::", take IPv6 and IPv4
/// if the kernel has both. Returns -1 and sets `problem`, in the kernel's
/// words, if it fails.
int open_listener(const std::string& literal, uint16_t port,
                  std::string& problem);

} // namespace caf_remote::transport
