// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/host_budgets.hpp"

#include <doctest/doctest.h>

using caf_remote::dial_budget;
using caf_remote::host_budgets;
using namespace std::chrono_literals;

namespace {

const auto start = dial_budget::clock::now();

TEST_SUITE_BEGIN("endpoint.host_budgets");

TEST_CASE("each host has one of its own") {
  host_budgets xs{1};
  CHECK(xs.of("a", start)->take(start));
  CHECK_FALSE(xs.of("a", start)->take(start));
  CHECK(xs.of("b", start)->take(start));
  CHECK(xs.of("a", start)->take(start + 1min));
}

TEST_CASE("a host is forgotten only when that makes no difference") {
  host_budgets xs{1};
  auto held = xs.of("held", start);
  xs.of("spent", start)->take(start);
  auto meet_many = [&](dial_budget::clock::time_point now) {
    for (int i = 0; i < 1000; ++i)
      xs.of("host" + std::to_string(i), now);
  };
  meet_many(start);
  CHECK_LT(xs.size(), 200);
  CHECK_FALSE(xs.of("spent", start)->take(start));
  CHECK_EQ(xs.of("held", start), held);
  // those that were spent, too, in time
  for (int i = 0; i < 1000; ++i)
    xs.of("host" + std::to_string(i), start)->take(start);
  CHECK_GE(xs.size(), 1000);
  meet_many(start + 1min);
  for (int i = 0; i < 1000; ++i)
    xs.of("other" + std::to_string(i), start + 1min);
  CHECK_LT(xs.size(), 3000);
}

TEST_SUITE_END();

} // namespace
