// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

namespace caf_remote::transport {

/// Ends accepted connections beneath gRPC, which owns their descriptors and
/// does not say when it closes them. gRPC itself ends no connection while it
/// writes to it, and a peer that does not read, or reads byte by byte, can make
/// that take for ever. Thread-safe.
///
/// Nobody says when a connection is over. What is remembered of it goes when
/// the kernel gives its descriptor to another one.
class accepted_sockets {
public:
  /// Remembers a connection that was accepted.
  void add(int fd);

  /// Ends the connection of `peer`, "host:port" as `peer_text` spells it, if
  /// there is one. gRPC hears of it as of any end by the peer.
  void cut(const std::string& peer);

  /// Ends all connections. May be repeated: one for which there was no
  /// descriptor left is still open.
  void cut_all();

private:
  struct entry {
    /// The kernel's name of the socket, which no other one ever has.
    uint64_t cookie;
    std::string peer;
  };

  static void cut_one(int fd, const entry& x);

  std::mutex mutex_;
  std::unordered_map<int, entry> open_;
  // Not hashed: a peer may choose its ports.
  std::map<std::string, int> by_peer_;
};

} // namespace caf_remote::transport
