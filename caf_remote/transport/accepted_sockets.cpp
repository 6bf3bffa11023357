// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/accepted_sockets.hpp"

#include "caf_remote/transport/bind_address.hpp"

#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::transport {

namespace {

// 0, which no socket has: `fd` is none.
uint64_t cookie_of(int fd) {
  uint64_t result = 0;
  socklen_t size = sizeof(result);
  return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &result, &size) == 0 ? result
                                                                      : 0;
}

// As gRPC writes it: IPv4 within IPv6 as IPv4, and a zone as a number.
std::string peer_of(int fd) {
  sockaddr_storage addr{};
  socklen_t size = sizeof(addr);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&addr), &size) != 0)
    return {};
  char host[INET6_ADDRSTRLEN] = {};
  if (addr.ss_family == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(addr);
    ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
    return join_host_port(host, ntohs(v4.sin_port));
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(addr);
  auto port = ntohs(v6.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], host, sizeof(host));
    return join_host_port(host, port);
  }
  ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
  std::string literal = host;
  if (v6.sin6_scope_id != 0)
    literal += "%" + std::to_string(v6.sin6_scope_id);
  return join_host_port(literal, port);
}

} // namespace

void accepted_sockets::add(int fd) {
  entry x{cookie_of(fd), peer_of(fd)};
  std::lock_guard<std::mutex> guard{mutex_};
  auto& place = open_[fd];
  // the one before has the name no more, unless another connection took it
  if (auto i = by_peer_.find(place.peer);
      i != by_peer_.end() && i->second == fd)
    by_peer_.erase(i);
  by_peer_[x.peer] = fd;
  place = std::move(x);
}

void accepted_sockets::cut(const std::string& peer) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (auto i = by_peer_.find(peer); i != by_peer_.end())
    cut_one(i->second, open_[i->second]);
}

void accepted_sockets::cut_all() {
  std::lock_guard<std::mutex> guard{mutex_};
  for (auto& [fd, x] : open_)
    cut_one(fd, x);
}

// Nobody can close a descriptor of our own, or give its number to something
// else, between the look at what it is and the end.
void accepted_sockets::cut_one(int fd, const entry& x) {
  auto own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0)
    return;
  if (x.cookie != 0 && cookie_of(own) == x.cookie)
    ::shutdown(own, SHUT_RDWR);
  ::close(own);
}

} // namespace caf_remote::transport
