// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>

namespace caf_remote::test {

/// Passes TCP connections on, until a test cuts them: the way to lose one of
/// two nodes' connections and keep the other. Listens on 127.0.0.1 and a port
/// of the kernel's choice, and passes on to the same port of `target_host`,
/// where the node that advertises the relay has to listen.
class relay {
public:
  static constexpr const char* target_host = "127.0.0.3";

  relay();

  relay(const relay&) = delete;

  relay& operator=(const relay&) = delete;

  ~relay();

  uint16_t port() const noexcept {
    return port_;
  }

  std::string address() const {
    return "127.0.0.1:" + std::to_string(port_);
  }

  /// Ends all connections and refuses new ones. All is over when this returns.
  void cut();

  /// Passes on again.
  void restore();

private:
  /// The other end of a connection.
  using links = std::map<int, int>;

  void take_port();
  void run();
  void serve(const std::vector<pollfd>& ready);
  void accept_one();
  void pass_on(int from);
  void end(int fd);
  void wake();

  uint16_t port_ = 0;
  int wake_[2] = {-1, -1};
  std::mutex mtx_;
  // keeps its port while it does not listen
  int listener_ = -1;
  // the rest with the mutex
  bool open_ = true;
  links links_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace caf_remote::test
