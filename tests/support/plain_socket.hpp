// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::test {

/// A TCP socket on IPv4 that speaks no protocol, for the part of the peer that
/// holds a port, stays silent or sends garbage.
class plain_socket {
public:
  plain_socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0)
      throw std::runtime_error{"no socket"};
  }

  plain_socket(const plain_socket&) = delete;

  plain_socket& operator=(const plain_socket&) = delete;

  ~plain_socket() {
    if (accepted_ >= 0)
      ::close(accepted_);
    ::close(fd_);
  }

  /// Listens on `host` and `port`; returns the port. The kernel accepts
  /// connections, nobody reads them.
  uint16_t listen(const char* host = "127.0.0.1", uint16_t port = 0) {
    auto addr = make(host, port);
    socklen_t len = sizeof(addr);
    auto ptr = reinterpret_cast<sockaddr*>(&addr);
    if (::bind(fd_, ptr, len) != 0 || ::listen(fd_, 64) != 0
        || ::getsockname(fd_, ptr, &len) != 0)
      throw std::runtime_error{"cannot listen"};
    return ntohs(addr.sin_port);
  }

  /// Waits for one connection to a listening socket and sends `bytes` on it.
  void accept_and_send(const std::string& bytes) {
    accepted_ = ::accept(fd_, nullptr, nullptr);
    if (::send(accepted_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
        != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error{"cannot send"};
  }

  /// Lets the kernel keep little of what comes and is not read. Call it before
  /// `connect`.
  void keep_little() {
    auto size = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  }

  /// Connects from `host`, an address of the loopback interface.
  void connect(uint16_t port, const char* host = "127.0.0.1") {
    auto from = make(host, 0);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof(from)) != 0)
      throw std::runtime_error{"cannot bind"};
    auto addr = make("127.0.0.1", port);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&addr), sizeof(addr)) != 0)
      throw std::runtime_error{"cannot connect"};
  }

  void send(const std::string& bytes) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
        != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error{"cannot send"};
  }

  /// Sends what the peer takes; false: it takes no more, or has closed the
  /// connection.
  bool try_send(const std::string& bytes) {
    timeval limit{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    for (size_t done = 0; done < bytes.size();) {
      auto n = ::send(fd_, bytes.data() + done, bytes.size() - done,
                      MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      done += static_cast<size_t>(n);
    }
    return true;
  }

  /// Takes one byte, waiting for it; false: the connection is closed.
  bool take_byte() {
    char byte = 0;
    return ::recv(fd_, &byte, 1, 0) == 1;
  }

  /// "host:port" of this end.
  std::string name() const {
    sockaddr_in addr{};
    socklen_t len = sizeof(addr);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&addr), &len);
    char host[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &addr.sin_addr, host, sizeof(host));
    return std::string{host} + ":" + std::to_string(ntohs(addr.sin_port));
  }

  /// Waits until the peer closes the connection; false after `seconds`.
  bool wait_closed(int seconds = 30) {
    timeval limit{seconds, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    char buf[1024];
    ssize_t n = 0;
    do {
      n = ::recv(fd_, buf, sizeof(buf), 0);
    } while (n > 0);
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

private:
  static sockaddr_in make(const char* host, uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &result.sin_addr);
    return result;
  }

  int fd_;
  int accepted_ = -1;
};

} // namespace caf_remote::test
