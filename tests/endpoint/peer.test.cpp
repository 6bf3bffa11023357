// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/peer.hpp"

#include <doctest/doctest.h>

using caf_remote::peer;

namespace {

TEST_SUITE_BEGIN("endpoint.peer");

TEST_CASE("the first incarnation is no change") {
  peer x{"127.0.0.1:1"};
  CHECK_FALSE(x.meet("a"));
  CHECK_FALSE(x.meet("a"));
  CHECK_EQ(x.member_id(), "a");
  CHECK(x.meet("b"));
  CHECK_EQ(x.member_id(), "b");
}

TEST_CASE("what was known goes with its incarnation") {
  peer x{"127.0.0.1:1"};
  x.meet("a");
  x.own_address("node:1");
  x.declare_caf_remote(1234);
  x.sent_type("some.Type");
  CHECK_EQ(x.own_address(), "node:1");
  CHECK(x.is_caf_remote());
  CHECK_EQ(x.max_receive_bytes(), 1234);
  CHECK(x.knows_type("some.Type"));
  x.meet("b");
  CHECK_EQ(x.own_address(), "");
  CHECK_FALSE(x.is_caf_remote());
  CHECK_EQ(x.max_receive_bytes(), 0);
  CHECK_FALSE(x.knows_type("some.Type"));
}

TEST_CASE("the memory of types is bounded") {
  peer x{"127.0.0.1:1"};
  for (size_t i = 0; i < peer::max_types + 1; ++i)
    x.sent_type("type" + std::to_string(i));
  CHECK(x.knows_type("type0"));
  CHECK_FALSE(x.knows_type("type" + std::to_string(peer::max_types)));
  peer y{"127.0.0.1:1"};
  std::string huge(1u << 20, 'x');
  y.sent_type(huge);
  CHECK_FALSE(y.knows_type(huge));
}

TEST_SUITE_END();

} // namespace
