// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/acceptor.hpp"

#include "caf_remote/transport/bind_address.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::transport {

namespace {

constexpr int pause_ms = 100;

// gRPC ends no connection while it writes to it, not even an idle one. A node
// reads all that comes, also when it stands still for a while: its kernel takes
// the little that is written to a dialler. Below this, a network that is away
// for a minute would cost connections which TCP brings over it.
constexpr unsigned max_unacknowledged_ms = 120000;

void limit_unacknowledged(int fd) {
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &max_unacknowledged_ms,
               sizeof(max_unacknowledged_ms));
}

void close_descriptor(int& fd) {
  if (fd >= 0)
    ::close(std::exchange(fd, -1));
}

uint16_t port_of(int fd) {
  sockaddr_storage addr{};
  socklen_t size = sizeof(addr);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&addr), &size);
  return ntohs(addr.ss_family == AF_INET6
                 ? reinterpret_cast<sockaddr_in6&>(addr).sin6_port
                 : reinterpret_cast<sockaddr_in&>(addr).sin_port);
}

// The kernel gives the lowest number that is free.
bool leaves_enough(int fd) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) != 0
         || static_cast<rlim_t>(fd) < limit.rlim_cur - limit.rlim_cur / 10;
}

} // namespace

acceptor::~acceptor() {
  stop();
}

std::string acceptor::listen(const std::string& literal, uint16_t port) {
  std::string problem;
  socket_ = open_listener(literal, port, problem);
  if (socket_ < 0)
    return problem;
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  if (wake_ < 0) {
    problem = std::generic_category().message(errno);
    close_descriptor(socket_);
    return problem;
  }
  port_ = port_of(socket_);
  return {};
}

std::string
acceptor::start(std::function<void(int)> take,
                std::function<void(const std::string&)> on_shortage) {
  take_ = std::move(take);
  on_shortage_ = std::move(on_shortage);
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& e) {
    return e.what();
  }
  return {};
}

void acceptor::stop() {
  if (thread_.joinable()) {
    ::eventfd_write(wake_, 1);
    thread_.join();
  }
  close_descriptor(socket_);
  close_descriptor(wake_);
}

void acceptor::run() {
  pollfd fds[] = {{wake_, POLLIN, 0}, {socket_, POLLIN, 0}};
  auto pausing = false;
  for (;;) {
    if (::poll(fds, pausing ? 1 : 2, pausing ? pause_ms : -1) > 0
        && fds[0].revents != 0)
      return;
    auto fd = ::accept4(socket_, nullptr, nullptr,
                        SOCK_NONBLOCK | SOCK_CLOEXEC);
    auto code = fd < 0 ? errno : 0;
    // after others there may be nothing to wait for, and the next failure at
    // once
    pausing = fd < 0 && code != EAGAIN && code != EINTR && code != ECONNABORTED;
    if (pausing) {
      on_shortage_("connections have to wait: "
                   + std::generic_category().message(code));
    } else if (fd >= 0 && leaves_enough(fd)) {
      limit_unacknowledged(fd);
      take_(fd);
    } else if (fd >= 0) {
      close_descriptor(fd);
      on_shortage_("a connection was closed: few descriptors are left");
    }
  }
}

} // namespace caf_remote::transport
