// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/own_addresses.hpp"

#include <doctest/doctest.h>

using caf_remote::means_peer;
using caf_remote::own_addresses;

namespace {

TEST_SUITE_BEGIN("endpoint.own_addresses");

TEST_CASE("before listening only two addresses are ours") {
  own_addresses x;
  CHECK(x.contains(""));
  CHECK(x.contains("nonhost"));
  CHECK_FALSE(x.contains("127.0.0.1:80"));
  CHECK_EQ(x.advertised(), "");
}

TEST_CASE("on a loopback address its other spellings are ours") {
  own_addresses x{"127.0.0.1:80", "127.0.0.1", 80, {}};
  for (auto address : {"127.0.0.1:80", "localhost:80", "[::1]:80", "nonhost"})
    CHECK(x.contains(address));
  for (auto address :
       {"127.0.0.1:81", "0.0.0.0:80", "10.0.0.1:80", "127.0.0.1"})
    CHECK_FALSE(x.contains(address));
}

TEST_CASE("on all interfaces loopback and wildcard spellings are ours") {
  own_addresses x{"node:80", "0.0.0.0", 81, {}};
  for (auto address : {"node:80", "127.0.0.1:81", "localhost:81", "[::1]:81",
                       "0.0.0.0:81", "[::]:81"})
    CHECK(x.contains(address));
  CHECK_FALSE(x.contains("127.0.0.1:80"));
}

TEST_CASE("host names do not tell upper from lower case") {
  own_addresses x{"Node.Example:80", "10.0.0.1", 80, {"alias:90"}};
  CHECK(x.contains("node.example:80"));
  CHECK(x.contains("ALIAS:90"));
  CHECK_FALSE(x.contains("node.example:81"));
  CHECK_EQ(x.advertised(), "Node.Example:80");
}

TEST_CASE("an address has many spellings") {
  own_addresses x{"127.0.0.1:80", "127.0.0.1", 80, {"[2001:DB8::0:1]:90"}};
  for (auto address :
       {"LocalHost:80", "127.1:80", "[0::1]:80", "[::ffff:127.0.0.1]:80",
        "[2001:db8::1]:90", "[2001:DB8::0:1]:90"})
    CHECK(x.contains(address));
  CHECK_FALSE(x.contains("NONHOST"));
}

TEST_CASE("on another interface loopback is somebody else") {
  own_addresses x{"node:80", "10.0.0.1", 80, {"alias:90"}};
  CHECK(x.contains("node:80"));
  CHECK(x.contains("10.0.0.1:80"));
  CHECK(x.contains("alias:90"));
  CHECK_FALSE(x.contains("127.0.0.1:80"));
  CHECK_FALSE(x.contains("localhost:80"));
  CHECK_EQ(x.advertised(), "node:80");
}

TEST_CASE("two spellings mean the stream's peer") {
  CHECK(means_peer(""));
  CHECK(means_peer("nonhost"));
  CHECK_FALSE(means_peer("node:80"));
}

TEST_SUITE_END();

} // namespace
