// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/watch_number.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;

namespace {

constexpr uint32_t highest = 0xffffffff;

TEST_SUITE_BEGIN("endpoint.watch_number");

TEST_CASE("numbers go on behind the last one of 32 bits, without 0") {
  CHECK(is_later(2, 1));
  CHECK_FALSE(is_later(1, 1));
  CHECK_FALSE(is_later(1, 2));
  CHECK(is_later(1, highest));
  CHECK_FALSE(is_later(highest, 1));
  CHECK_EQ(next_watch_number(7), 8);
  CHECK_EQ(next_watch_number(highest), 1);
}

TEST_CASE("a range has its first and its last watch in it") {
  CHECK_FALSE(concerns(3, 5, 2));
  CHECK(concerns(3, 5, 3));
  CHECK(concerns(3, 5, 5));
  CHECK_FALSE(concerns(3, 5, 6));
  CHECK(concerns(highest, 2, 1));
}

TEST_CASE("a range without a beginning, or without numbers, has all before") {
  CHECK(concerns(0, 5, 1));
  CHECK_FALSE(concerns(0, 5, 6));
  CHECK(concerns(0, 0, 6));
}

TEST_SUITE_END();

} // namespace
