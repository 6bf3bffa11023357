// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/seen_watches.hpp"

#include <doctest/doctest.h>

using caf_remote::seen_watches;

namespace {

TEST_SUITE_BEGIN("endpoint.seen_watches");

TEST_CASE("what came for an endpoint counts for those that follow it") {
  seen_watches x;
  CHECK(x.empty());
  CHECK_EQ(x.add("a", 1, 5), 0);
  CHECK_EQ(x.add("a", 1, 3), 0);
  CHECK_EQ(x.add("a", 2, 5), 5);
  CHECK_EQ(x.add("a", 2, 9), 5);
  CHECK_EQ(x.add("a", 4, 2), 9);
  CHECK_EQ(x.endpoint(), 4);
}

TEST_CASE("what comes late for an earlier endpoint does, too") {
  seen_watches x;
  x.add("a", 1, 5);
  x.add("a", 2, 6);
  CHECK_EQ(x.add("a", 1, 7), 7);
  CHECK_EQ(x.add("a", 2, 8), 7);
}

TEST_CASE("another incarnation begins anew, and one that does not number its "
          "watches has none") {
  seen_watches x;
  CHECK_EQ(x.add("a", 1, 0), 0);
  CHECK(x.empty());
  x.add("a", 1, 5);
  CHECK_EQ(x.add("a", 2, 0), 0);
  CHECK_EQ(x.add("b", 2, 3), 0);
  CHECK_EQ(x.add("b", 3, 4), 3);
}

TEST_CASE("numbers that begin anew are later") {
  seen_watches x;
  x.add("a", 1, 0xfffffffe);
  x.add("a", 1, 2);
  CHECK_EQ(x.add("a", 2, 3), 2);
}

TEST_SUITE_END();

} // namespace
