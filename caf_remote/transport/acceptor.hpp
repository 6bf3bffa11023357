// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace caf_remote::transport {

/// Accepts TCP connections on a thread of its own. gRPC 1.51 could do it, but
/// never accepts again once it was out of descriptors (CVE-2023-4785).
///
/// If `accept` fails, the connection waits in the kernel's queue for the next
/// attempt, a tenth of a second later. A tenth of the process's descriptors is
/// out of reach for connections, which are closed at once when the rest is in
/// use: so peers cannot take those that the process needs for itself. A
/// connection ends when its peer has not taken what was written to it for two
/// minutes.
class acceptor {
public:
  acceptor() = default;

  acceptor(const acceptor&) = delete;

  acceptor& operator=(const acceptor&) = delete;

  ~acceptor();

  /// Listens as `open_listener` does. Returns the problem; empty: there is
  /// none.
  /// @pre called once.
  std::string listen(const std::string& literal, uint16_t port);

  /// The port that is listened on.
  uint16_t port() const noexcept {
    return port_;
  }

  /// Starts to call `take` with each new connection, and `on_shortage` when one
  /// has to wait or was closed, both on the acceptor's thread. They must not
  /// block; `take` owns the descriptor. Returns the problem; empty: there is
  /// none. @pre `listen` succeeded.
  std::string start(std::function<void(int)> take,
                    std::function<void(const std::string&)> on_shortage);

  /// Closes the listening socket; peers that wait for `accept` are refused.
  /// Waits for a call of `take` under way, so never call it from there. May be
  /// repeated.
  void stop();

private:
  void run();

  int socket_ = -1;
  int wake_ = -1;
  uint16_t port_ = 0;
  std::function<void(int)> take_;
  std::function<void(const std::string&)> on_shortage_;
  std::thread thread_;
};

} // namespace caf_remote::transport
