// SPDX-License-Identifier: BSD-3-Clause

#include "support/relay.hpp"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::test {

namespace {

sockaddr_in make_address(const char* host, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  ::inet_pton(AF_INET, host, &result.sin_addr);
  return result;
}

int make_socket() {
  auto result = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (result < 0)
    throw std::runtime_error{"no socket"};
  return result;
}

} // namespace

relay::relay() {
  if (::pipe(wake_) != 0)
    throw std::runtime_error{"no pipe"};
  take_port();
  thread_ = std::thread{[this] { run(); }};
}

relay::~relay() {
  cut();
  {
    std::lock_guard<std::mutex> guard{mtx_};
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(listener_);
  for (auto fd : wake_)
    ::close(fd);
}

// The kernel keeps a port for a socket that does not listen any more only if it
// was bound to that very port.
void relay::take_port() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto probe = make_socket();
    auto addr = make_address("127.0.0.1", 0);
    auto ptr = reinterpret_cast<sockaddr*>(&addr);
    socklen_t len = sizeof(addr);
    auto free = ::bind(probe, ptr, len) == 0
                && ::getsockname(probe, ptr, &len) == 0;
    ::close(probe);
    listener_ = make_socket();
    // also for the connections that it accepts: those that linger must not keep
    // it from listening again
    int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (free && ::bind(listener_, ptr, len) == 0
        && ::listen(listener_, 64) == 0) {
      port_ = ntohs(addr.sin_port);
      return;
    }
    ::close(listener_);
  }
  throw std::runtime_error{"the relay cannot listen"};
}

void relay::cut() {
  std::lock_guard<std::mutex> guard{mtx_};
  if (open_)
    ::shutdown(listener_, SHUT_RD);
  open_ = false;
  // a reset, so that nothing in flight arrives any more
  linger hard{1, 0};
  for (auto& kvp : links_) {
    ::setsockopt(kvp.first, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    ::close(kvp.first);
  }
  links_.clear();
  wake();
}

void relay::restore() {
  std::lock_guard<std::mutex> guard{mtx_};
  if (::listen(listener_, 64) != 0)
    throw std::runtime_error{"the relay cannot listen again"};
  open_ = true;
  wake();
}

void relay::wake() {
  char byte = 0;
  if (::write(wake_[1], &byte, 1) != 1)
    throw std::runtime_error{"the relay cannot be woken"};
}

void relay::run() {
  for (;;) {
    std::vector<pollfd> fds{{wake_[0], POLLIN, 0}};
    {
      std::lock_guard<std::mutex> guard{mtx_};
      if (stopping_)
        return;
      if (open_)
        fds.push_back({listener_, POLLIN, 0});
      for (auto& kvp : links_)
        fds.push_back({kvp.first, POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), -1);
    std::lock_guard<std::mutex> guard{mtx_};
    serve(fds);
  }
}

// With the mutex held. What was cut meanwhile is not known any more.
void relay::serve(const std::vector<pollfd>& ready) {
  for (auto& x : ready) {
    if (x.revents == 0)
      continue;
    if (x.fd == wake_[0]) {
      std::array<char, 64> bytes;
      (void)!::read(x.fd, bytes.data(), bytes.size());
    } else if (x.fd == listener_) {
      if (open_)
        accept_one();
    } else if (links_.count(x.fd) != 0) {
      pass_on(x.fd);
    }
  }
}

void relay::accept_one() {
  auto from = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (from < 0)
    return;
  auto to = make_socket();
  auto addr = make_address(target_host, port_);
  if (::connect(to, reinterpret_cast<sockaddr*>(&addr), sizeof(addr)) != 0) {
    ::close(from);
    ::close(to);
    return;
  }
  links_[from] = to;
  links_[to] = from;
}

void relay::pass_on(int from) {
  std::array<char, 65536> bytes;
  auto n = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return;
  auto to = links_[from];
  if (n <= 0) {
    end(from);
    return;
  }
  auto pos = bytes.data();
  while (n > 0) {
    auto sent = ::send(to, pos, static_cast<size_t>(n), MSG_NOSIGNAL);
    if (sent <= 0) {
      end(from);
      return;
    }
    pos += sent;
    n -= sent;
  }
}

void relay::end(int fd) {
  auto i = links_.find(fd);
  auto other = i->second;
  links_.erase(i);
  links_.erase(other);
  ::close(fd);
  ::close(other);
}

} // namespace caf_remote::test
