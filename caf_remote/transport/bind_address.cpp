// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/bind_address.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::transport {

namespace {

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// Returns null and sets `problem` if there is no address.
address_list look_up(const std::string& host, const char* port, int flags,
                     std::string& problem) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* first = nullptr;
  if (auto rc = ::getaddrinfo(host.c_str(), port, &hints, &first); rc != 0) {
    problem = rc == EAI_SYSTEM ? std::generic_category().message(errno)
                               : ::gai_strerror(rc);
    first = nullptr;
  }
  return {first, &::freeaddrinfo};
}

const addrinfo* preferred(const addrinfo* first) {
  for (auto i = first; i != nullptr; i = i->ai_next)
    if (i->ai_family == AF_INET)
      return i;
  return first;
}

std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

caf::error bad_host(const std::string& host, const std::string& problem) {
  return caf::make_error(caf::sec::cannot_open_port,
                         "cannot listen on host \"" + host + "\": " + problem);
}

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof(value));
}

int failed(int code, std::string& problem) {
  problem = std::generic_category().message(code);
  errno = code;
  return -1;
}

// Sets `errno` if it fails for another reason than the literal.
int listen_on(const std::string& literal, uint16_t port, std::string& problem) {
  auto list = look_up(literal, std::to_string(port).c_str(),
                      AI_NUMERICHOST | AI_NUMERICSERV, problem);
  if (!list)
    return -1;
  auto fd = ::socket(list->ai_family,
                     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return failed(errno, problem);
  // A port is free once nobody listens on it. Never SO_REUSEPORT: a second
  // server would start and take half of the connections.
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Connections inherit it.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (list->ai_family == AF_INET6)
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, list->ai_addr, list->ai_addrlen) == 0
      && ::listen(fd, SOMAXCONN) == 0)
    return fd;
  auto code = errno;
  ::close(fd);
  return failed(code, problem);
}

} // namespace

caf::expected<std::string> resolve_bind_host(const std::string& host) {
  auto name = without_brackets(host);
  if (name.empty())
    return bad_host(host, "the name is empty");
  std::string problem = "no address";
  auto list = look_up(name, nullptr, 0, problem);
  auto addr = preferred(list.get());
  if (addr == nullptr)
    return bad_host(host, problem);
  char buf[NI_MAXHOST];
  if (::getnameinfo(addr->ai_addr, addr->ai_addrlen, buf, sizeof(buf), nullptr,
                    0, NI_NUMERICHOST)
      != 0)
    return bad_host(host, problem);
  return std::string{buf};
}

std::string join_host_port(const std::string& literal, uint16_t port) {
  auto tail = ":" + std::to_string(port);
  if (literal.find(':') != std::string::npos)
    return "[" + literal + "]" + tail;
  return literal + tail;
}

int open_listener(const std::string& literal, uint16_t port,
                  std::string& problem) {
  if (literal != "0.0.0.0" && literal != "::")
    return listen_on(literal, port, problem);
  auto fd = listen_on("::", port, problem);
  // a kernel without IPv6, or with none of its addresses
  auto no_ipv6 = fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
  return no_ipv6 ? listen_on("0.0.0.0", port, problem) : fd;
}

} // namespace caf_remote::transport
