// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <optional>
#include <string>

/// Between gRPC's types and those of `stream.hpp`.

namespace caf_remote::transport {

/// Wraps `bytes` without copying them; the memory is freed by whoever drops the
/// last slice of the buffer, on whatever thread.
grpc::ByteBuffer to_byte_buffer(frame bytes);

/// Says why a message may not pass, if it is larger than `limit` bytes. gRPC's
/// own limit is no help: it holds the whole message as well before it compares,
/// and a listener can hardly tell the failed read from a half-close.
std::optional<status> too_large(const grpc::ByteBuffer& buf, size_t limit);

/// Copies the slices of `buf` into one string and clears `buf`. False: the
/// buffer cannot be read. Takes no memory per slice: each DATA frame of HTTP/2
/// is one, and may have a single byte.
bool take_frame(grpc::ByteBuffer& buf, frame& result);

grpc::Status to_grpc(const status& x);

status from_grpc(const grpc::Status& x);

/// Tells whether gRPC would send the pair; it ends the process over one that
/// HTTP/2 does not allow.
bool is_legal_metadata(const std::string& key, const std::string& value);

/// Copies a map of gRPC string references.
template <class Map>
metadata to_metadata(const Map& xs) {
  metadata result;
  for (const auto& [key, value] : xs)
    result.emplace(std::string{key.data(), key.size()},
                   std::string{value.data(), value.size()});
  return result;
}

/// Turns gRPC's name of a socket, e.g. "ipv6:%5B::1%5D:80", into "[::1]:80".
/// Returns `otherwise` for names that are not an IP address and a port.
std::string peer_text(const std::string& uri, const std::string& otherwise);

} // namespace caf_remote::transport
