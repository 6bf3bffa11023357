// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/common_bound.hpp"

#include <caf/make_counted.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace caf_remote;

namespace {

struct bound_fixture {
  bound_share_ptr share() const {
    return caf::make_counted<bound_share>(whole);
  }

  // How many messages of that size it may hold.
  static size_t fill(bound_share& x, size_t bytes) {
    size_t result = 0;
    while (x.enter(bytes))
      ++result;
    return result;
  }

  caf::intrusive_ptr<common_bound> whole = caf::make_counted<common_bound>(
    1000, 100000);
};

TEST_SUITE_BEGIN("endpoint.common_bound");

TEST_CASE_FIXTURE(bound_fixture, "each may hold as much as is left free") {
  size_t bytes = 0;
  size_t unit = 0;
  SUBCASE("messages") {
    unit = 1000;
  }
  SUBCASE("bytes") {
    bytes = 1000;
    unit = 100;
  }
  auto first = share();
  CHECK_EQ(fill(*first, bytes), unit / 2);
  CHECK_EQ(fill(*share(), bytes), unit / 4);
  auto third = fill(*share(), bytes);
  CHECK_GE(third, unit / 8);
  CHECK_LE(third, unit / 8 + 1);
  first->leave(bytes);
  CHECK_GE(fill(*share(), bytes), unit / 16);
  CHECK_LE(whole->held(), 100000);
}

TEST_CASE_FIXTURE(bound_fixture, "however many there are, what they hold in "
                                 "sum is bounded, and who holds nothing gets "
                                 "something while there is room") {
  std::vector<bound_share_ptr> xs;
  for (auto i = 0; i < 1000; ++i)
    xs.push_back(share());
  for (auto round = 0; round < 100; ++round)
    for (auto& x : xs)
      x->enter(1000);
  CHECK_LE(whole->held(), 100000);
  CHECK_GE(whole->held(), 98000);
}

TEST_CASE_FIXTURE(bound_fixture, "what is refused is not counted, and what "
                                 "leaves is counted no more") {
  auto x = share();
  CHECK(x->enter(50000));
  CHECK_FALSE(x->enter(50001));
  CHECK_EQ(whole->held(), 50000);
  x->leave(50000);
  CHECK_EQ(whole->held(), 0);
}

TEST_CASE_FIXTURE(bound_fixture, "a single message is taken whatever its "
                                 "size") {
  auto x = share();
  CHECK(x->enter(200000));
  CHECK_FALSE(share()->enter(1));
  x->leave(200000);
  CHECK(share()->enter(1));
}

TEST_SUITE_END();

} // namespace
