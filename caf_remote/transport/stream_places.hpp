// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace caf_remote::transport {

/// Counts the streams that peers have open, and says who may open one more. Not
/// thread-safe.
class stream_places {
public:
  /// Streams that one connection may have open. A node needs one; HTTP/2
  /// recommends to allow no fewer.
  static constexpr size_t max_per_connection = 100;

  enum class answer {
    taken,
    /// All places are taken.
    full,
    /// What is left is for other hosts.
    host_full,
    /// The peer knows of `max_per_connection` and does not keep to it: its
    /// connection has to end.
    connection_full,
  };

  /// @param max is the number of places. A tenth of them is out of reach for
  /// any one host.
  explicit stream_places(size_t max);

  /// Asks for a place for a new stream of `peer`, "host:port". Each call needs
  /// a `leave`, whatever the answer.
  answer take(const std::string& peer);

  /// The stream is over. `given` is what `take` had answered.
  void leave(const std::string& peer, answer given);

  size_t max() const noexcept {
    return max_;
  }

private:
  const size_t max_;
  size_t taken_ = 0;
  // Not hashed: a peer may choose its ports, and some of its address.
  std::map<std::string, size_t> by_connection_;
  std::map<std::string, size_t> by_host_;
};

} // namespace caf_remote::transport
