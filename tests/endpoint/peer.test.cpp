// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/peer.hpp"

#include <doctest/doctest.h>

using caf_remote::known_types;
using caf_remote::known_types_table;
using caf_remote::peer;

namespace {

std::shared_ptr<known_types_table> new_table() {
  return std::make_shared<known_types_table>();
}

TEST_SUITE_BEGIN("endpoint.peer");

TEST_CASE("the first incarnation is no change") {
  peer x{"127.0.0.1:1", new_table()};
  CHECK_FALSE(x.meet("a"));
  CHECK_FALSE(x.meet("a"));
  CHECK_EQ(x.member_id(), "a");
  CHECK(x.meet("b"));
  CHECK_EQ(x.member_id(), "b");
}

TEST_CASE("what was known goes with its incarnation") {
  peer x{"127.0.0.1:1", new_table()};
  x.meet("a");
  x.introduced("a", 1234, "node:1");
  x.claimed(1, "NODE:1", true);
  x.types()->add("some.Type");
  CHECK_EQ(x.own_address(), "node:1");
  CHECK(x.is_caf_remote());
  CHECK_EQ(x.max_receive_bytes(), 1234);
  CHECK(x.types()->contains("some.Type"));
  x.meet("b");
  CHECK_EQ(x.own_address(), "");
  CHECK_FALSE(x.is_caf_remote());
  CHECK_EQ(x.max_receive_bytes(), 0);
  CHECK_FALSE(x.is_introduced());
  CHECK_FALSE(x.claims_caf_remote());
  CHECK_EQ(x.spelling(), "127.0.0.1:1");
  CHECK_FALSE(x.types()->contains("some.Type"));
}

TEST_CASE("a claim says nothing about what the listener is") {
  peer x{"node:1", new_table()};
  x.meet("a");
  x.claimed(1, "Node:1", true);
  CHECK_FALSE(x.is_caf_remote());
  CHECK_EQ(x.own_address(), "");
  CHECK(x.claims_caf_remote());
  CHECK_EQ(x.spelling(), "Node:1");
  x.claimed(2, "NODE:1", false);
  CHECK_EQ(x.spelling(), "Node:1");
}

TEST_CASE("a claim to be caf_remote counts while no open stream says "
          "otherwise") {
  peer x{"node:1", new_table()};
  x.meet("a");
  CHECK_FALSE(x.seems_caf_remote());
  CHECK(x.may_be_caf_remote());
  x.claimed(1, "node:1", true);
  CHECK(x.seems_caf_remote());
  CHECK(x.may_be_caf_remote());
  x.claimed(2, "node:1", false);
  CHECK_FALSE(x.seems_caf_remote());
  CHECK_FALSE(x.may_be_caf_remote());
  x.claim_over(2);
  CHECK(x.seems_caf_remote());
  // what its listener says counts more than either
  x.claimed(3, "node:1", false);
  x.introduced("a", 1234, "node:1");
  CHECK(x.seems_caf_remote());
  CHECK(x.may_be_caf_remote());
  x.introduced("a", 0, "");
  CHECK_FALSE(x.seems_caf_remote());
  CHECK_FALSE(x.may_be_caf_remote());
}

TEST_CASE("a claim holds while its stream is open") {
  peer x{"node:1", new_table()};
  x.meet("a");
  x.claimed(1, "Node:1", true);
  x.claimed(2, "NODE:1", false);
  x.claim_over(1);
  CHECK_EQ(x.spelling(), "NODE:1");
  CHECK_FALSE(x.claims_caf_remote());
  x.claim_over(1);
  CHECK_EQ(x.spelling(), "NODE:1");
}

TEST_CASE("the last claim holds until another stream comes") {
  peer x{"node:1", new_table()};
  x.meet("a");
  x.claimed(1, "Node:1", true);
  x.claim_over(1);
  CHECK_EQ(x.spelling(), "Node:1");
  CHECK(x.claims_caf_remote());
  x.claimed(2, "NODE:1", false);
  CHECK_EQ(x.spelling(), "NODE:1");
  CHECK_FALSE(x.claims_caf_remote());
  x.claim_over(2);
  x.meet("b");
  CHECK_EQ(x.spelling(), "node:1");
  x.claimed(3, "nODE:1", true);
  CHECK_EQ(x.spelling(), "nODE:1");
}

TEST_CASE("an introduction that comes late is not taken for the next one's") {
  peer x{"node:1", new_table()};
  x.meet("a");
  x.meet("b");
  x.introduced("a", 1234, "node:1");
  CHECK_FALSE(x.is_introduced());
  CHECK_FALSE(x.is_caf_remote());
}

TEST_CASE("what a node has sent is known under all its addresses") {
  auto table = new_table();
  peer x{"127.0.0.1:1", table};
  peer y{"localhost:1", table};
  x.meet("a");
  y.meet("a");
  x.types()->add("some.Type");
  CHECK(y.types()->contains("some.Type"));
  y.meet("b");
  CHECK_FALSE(y.types()->contains("some.Type"));
  CHECK(x.types()->contains("some.Type"));
}

TEST_SUITE_END();

} // namespace
