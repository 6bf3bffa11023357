// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/local_address.hpp"

#include "caf_remote/pid.hpp"
#include "caf_remote/tool/error.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::tool {

namespace {

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

address_list resolve(const std::string& address, int type) {
  auto [host, port] = split_address(address);
  addrinfo hints{};
  hints.ai_socktype = type;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* result = nullptr;
  auto code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints,
                            &result);
  if (code != 0)
    throw failure{address + " was not reached: cannot resolve '" + host
                  + "': " + ::gai_strerror(code)};
  return {result, &::freeaddrinfo};
}

class socket_fd {
public:
  explicit socket_fd(const addrinfo& x, int flags)
    : fd_(::socket(x.ai_family, x.ai_socktype | SOCK_CLOEXEC | flags,
                   x.ai_protocol)) {
    // nop
  }

  socket_fd(const socket_fd&) = delete;

  socket_fd& operator=(const socket_fd&) = delete;

  ~socket_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  int get() const noexcept {
    return fd_;
  }

private:
  int fd_;
};

/// Returns the address to which a connection to `x` would be bound; empty and
/// `errno` set if there is no way to it.
std::string source_address(const addrinfo& x) {
  socket_fd fd{x, 0};
  sockaddr_storage local{};
  socklen_t size = sizeof(local);
  auto ptr = reinterpret_cast<sockaddr*>(&local);
  if (fd.get() < 0 || ::connect(fd.get(), x.ai_addr, x.ai_addrlen) != 0
      || ::getsockname(fd.get(), ptr, &size) != 0)
    return {};
  char host[NI_MAXHOST];
  if (::getnameinfo(ptr, size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST)
      != 0)
    return {};
  return host;
}

bool connects(const addrinfo& x, caf::timespan timeout) {
  socket_fd fd{x, SOCK_NONBLOCK};
  if (fd.get() < 0)
    return false;
  if (::connect(fd.get(), x.ai_addr, x.ai_addrlen) == 0)
    return true;
  pollfd wanted{fd.get(), POLLOUT, 0};
  auto ms = static_cast<int>(timeout.count() / 1000000);
  int code = 0;
  socklen_t size = sizeof(code);
  return errno == EINPROGRESS && ::poll(&wanted, 1, ms) == 1
         && ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &code, &size) == 0
         && code == 0;
}

} // namespace

std::string local_address_for(const std::string& address) {
  auto found = resolve(address, SOCK_DGRAM);
  for (auto i = found.get(); i != nullptr; i = i->ai_next)
    if (auto result = source_address(*i); !result.empty())
      return result;
  throw failure{address + " was not reached: " + std::strerror(errno)};
}

bool accepts_connections(const std::string& address, caf::timespan timeout) {
  using clock = std::chrono::steady_clock;
  auto end = clock::now() + timeout;
  auto found = resolve(address, SOCK_STREAM);
  for (auto i = found.get(); i != nullptr; i = i->ai_next)
    if (connects(*i, std::max<caf::timespan>(end - clock::now(), {})))
      return true;
  return false;
}

} // namespace caf_remote::tool
