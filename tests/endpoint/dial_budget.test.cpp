// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/dial_budget.hpp"

#include <doctest/doctest.h>

using caf_remote::dial_budget;
using namespace std::chrono_literals;

namespace {

const auto start = dial_budget::clock::now();

size_t take_all(dial_budget& x, dial_budget::clock::time_point now) {
  size_t result = 0;
  while (x.take(now))
    ++result;
  return result;
}

TEST_SUITE_BEGIN("endpoint.dial_budget");

TEST_CASE("so many at once, and as many again in a minute") {
  dial_budget x{60};
  CHECK_EQ(take_all(x, start), 60);
  CHECK_EQ(take_all(x, start + 900ms), 0);
  CHECK_EQ(take_all(x, start + 1100ms), 1);
  CHECK_EQ(take_all(x, start + 31100ms), 30);
}

TEST_CASE("what was not taken does not add up") {
  dial_budget x{10};
  CHECK_EQ(take_all(x, start), 10);
  CHECK_EQ(take_all(x, start + 24h), 10);
}

TEST_CASE("a clock that goes back gives nothing") {
  dial_budget x{10};
  CHECK_EQ(take_all(x, start), 10);
  CHECK_FALSE(x.take(start - 1h));
  CHECK_FALSE(x.take(start));
}

TEST_CASE("streams share what all of them have") {
  auto all = std::make_shared<dial_budget>(15);
  dial_budget x{10, all};
  dial_budget y{10, all};
  CHECK_EQ(take_all(x, start), 10);
  CHECK_EQ(take_all(y, start), 5);
  // what the whole refuses costs the part nothing
  CHECK_EQ(take_all(y, start + 30s), 7);
}

TEST_CASE("it is full when it has all that a new one has") {
  dial_budget x{60};
  CHECK(x.is_full(start));
  x.take(start);
  CHECK_FALSE(x.is_full(start + 900ms));
  CHECK(x.is_full(start + 1100ms));
}

TEST_CASE("none is none") {
  dial_budget x{0};
  CHECK_FALSE(x.take(start));
  CHECK_FALSE(x.take(start + 1h));
}

TEST_SUITE_END();

} // namespace
