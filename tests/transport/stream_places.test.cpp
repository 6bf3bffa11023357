// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/stream_places.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace caf_remote::transport;
using answer = stream_places::answer;

namespace {

std::string peer(int host, int port = 1) {
  return "10.0.0." + std::to_string(host) + ":" + std::to_string(port);
}

} // namespace

TEST_SUITE_BEGIN("transport.stream_places");

TEST_CASE("places are given until all are taken, and again when one is left") {
  stream_places x{3};
  CHECK_EQ(x.max(), 3u);
  for (auto i = 0; i < 3; ++i)
    CHECK(x.take(peer(i)) == answer::taken);
  CHECK(x.take(peer(3)) == answer::full);
  x.leave(peer(3), answer::full);
  CHECK(x.take(peer(4)) == answer::full);
  x.leave(peer(1), answer::taken);
  CHECK(x.take(peer(4)) == answer::taken);
}

TEST_CASE("a tenth of the places is out of reach for any one host") {
  stream_places x{20};
  for (auto i = 0; i < 18; ++i)
    CHECK(x.take(peer(1, i)) == answer::taken);
  CHECK(x.take(peer(1, 18)) == answer::host_full);
  CHECK(x.take(peer(2)) == answer::taken);
  x.leave(peer(1, 0), answer::taken);
  CHECK(x.take(peer(1, 19)) == answer::taken);
  CHECK(x.take(peer(1, 20)) == answer::host_full);
  CHECK(x.take(peer(3)) == answer::taken);
  CHECK(x.take(peer(4)) == answer::full);
}

TEST_CASE("few places are for whoever comes") {
  stream_places x{9};
  for (auto i = 0; i < 9; ++i)
    CHECK(x.take(peer(1, i)) == answer::taken);
  CHECK(x.take(peer(2)) == answer::full);
}

TEST_CASE("a connection is told that it has too many, refused ones included") {
  stream_places x{50};
  constexpr auto limit = 2 * stream_places::max_per_connection;
  for (size_t i = 0; i < limit; ++i)
    CHECK(x.take(peer(1)) == (i < 45 ? answer::taken : answer::host_full));
  CHECK(x.take(peer(1)) == answer::connection_full);
  // another connection of the host is not to blame
  CHECK(x.take(peer(1, 2)) == answer::host_full);
  CHECK(x.take(peer(2)) == answer::taken);
  x.leave(peer(1), answer::connection_full);
  x.leave(peer(1), answer::host_full);
  CHECK(x.take(peer(1)) == answer::host_full);
}

TEST_CASE("hosts of IPv6 are told apart from their ports") {
  stream_places x{10};
  for (auto i = 0; i < 9; ++i)
    CHECK(x.take("[::1]:" + std::to_string(i)) == answer::taken);
  CHECK(x.take("[::1]:9") == answer::host_full);
  CHECK(x.take("[::2]:9") == answer::taken);
}

TEST_SUITE_END();
