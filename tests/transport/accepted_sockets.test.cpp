// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/accepted_sockets.hpp"

#include "caf_remote/transport/bind_address.hpp"

#include "support/plain_socket.hpp"

#include <doctest/doctest.h>

using namespace caf_remote::test;
using namespace caf_remote::transport;

namespace {

/// A listening socket whose connections are remembered.
struct door {
  explicit door(const char* host = "127.0.0.1") {
    std::string problem;
    fd = open_listener(host, 0, problem);
    REQUIRE_EQ(problem, "");
    sockaddr_storage addr{};
    socklen_t size = sizeof(addr);
    REQUIRE_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&addr), &size), 0);
    port = ntohs(addr.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6&>(addr).sin6_port
                   : reinterpret_cast<sockaddr_in&>(addr).sin_port);
  }

  ~door() {
    ::close(fd);
  }

  int let_in(plain_socket& peer) {
    auto result = accept(peer);
    sockets.add(result);
    return result;
  }

  // The connection gets a descriptor that was another's.
  void let_in(plain_socket& peer, int at) {
    auto accepted = accept(peer);
    REQUIRE_EQ(::dup2(accepted, at), at);
    ::close(accepted);
    sockets.add(at);
  }

  int accept(plain_socket& peer) {
    peer.connect(port);
    auto result = ::accept(fd, nullptr, nullptr);
    REQUIRE_GE(result, 0);
    return result;
  }

  int fd = -1;
  uint16_t port = 0;
  accepted_sockets sockets;
};

bool is_open(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

} // namespace

TEST_SUITE_BEGIN("transport.accepted_sockets");

TEST_CASE("one connection is cut, whose descriptor stays its owner's") {
  door x;
  plain_socket one;
  plain_socket two;
  auto fd1 = x.let_in(one);
  auto fd2 = x.let_in(two);
  x.sockets.cut("127.0.0.1:1");
  CHECK(is_open(fd1));
  x.sockets.cut(one.name());
  x.sockets.cut(one.name());
  CHECK(one.wait_closed());
  CHECK_FALSE(is_open(fd1));
  CHECK(is_open(fd2));
  CHECK_EQ(::close(fd1), 0);
  CHECK_EQ(::close(fd2), 0);
}

TEST_CASE("all connections are cut, also repeatedly") {
  door x;
  plain_socket one;
  plain_socket two;
  auto fd1 = x.let_in(one);
  auto fd2 = x.let_in(two);
  x.sockets.cut_all();
  x.sockets.cut_all();
  CHECK(one.wait_closed());
  CHECK(two.wait_closed());
  ::close(fd1);
  ::close(fd2);
}

TEST_CASE("what has the descriptor of a closed connection is left alone") {
  door x;
  plain_socket gone;
  auto fd = x.let_in(gone);
  int pair[2];
  REQUIRE_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  REQUIRE_EQ(::dup2(pair[0], fd), fd);
  x.sockets.cut(gone.name());
  x.sockets.cut_all();
  CHECK(is_open(fd));
  for (auto open : {fd, pair[0], pair[1]})
    ::close(open);
}

TEST_CASE("a descriptor's next connection takes the place of the last") {
  door x;
  plain_socket gone;
  plain_socket next;
  auto fd = x.let_in(gone);
  x.let_in(next, fd);
  x.sockets.cut(gone.name());
  CHECK(is_open(fd));
  x.sockets.cut(next.name());
  CHECK(next.wait_closed());
  ::close(fd);
}

TEST_CASE("IPv4 within IPv6 has the name of IPv4") {
  door x{"0.0.0.0"};
  plain_socket peer;
  auto fd = x.let_in(peer);
  x.sockets.cut(peer.name());
  CHECK(peer.wait_closed());
  ::close(fd);
}

TEST_SUITE_END();
