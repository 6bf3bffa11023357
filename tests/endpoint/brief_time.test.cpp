// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/brief_time.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace std::chrono_literals;

namespace {

using time_point = caf::actor_clock::time_point;

constexpr time_point start{0s};

} // namespace

TEST_SUITE_BEGIN("endpoint.brief_time");

TEST_CASE("by default it never comes") {
  CHECK(brief_time{}.never());
  CHECK_FALSE(brief_time{start}.never());
  // its number is zero again
  CHECK_FALSE(brief_time{start + std::chrono::milliseconds{1ll << 32}}.never());
}

TEST_CASE("it comes at its time, up to a millisecond later, never earlier") {
  for (auto base : {start, start + 1h, start + 49 * 24h + 17h,
                    start + std::chrono::milliseconds{(1ll << 32) - 1},
                    start + std::chrono::milliseconds{1ll << 32}}) {
    CAPTURE(base.time_since_epoch().count());
    for (auto extra : {0ns, 1ns, 999999ns}) {
      brief_time x{base + 5s + extra};
      CHECK_FALSE(x.is_over(base));
      CHECK_FALSE(x.is_over(base + 5s + extra - 1ns));
      CHECK(x.is_over(base + 5s + extra + 2ms));
      CHECK(x.is_over(base + 1h));
    }
    brief_time far{base + brief_time::reach};
    CHECK_FALSE(far.is_over(base));
    CHECK(far.is_over(base + brief_time::reach + 2ms));
    CHECK(far.is_over(base + 2 * brief_time::reach));
  }
}

TEST_SUITE_END();
