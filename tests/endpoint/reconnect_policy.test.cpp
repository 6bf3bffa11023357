// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/reconnect_policy.hpp"

#include <doctest/doctest.h>

using caf_remote::reconnect_policy;
using namespace std::chrono_literals;

namespace {

TEST_SUITE_BEGIN("endpoint.reconnect_policy");

TEST_CASE("the limit counts attempts, the first included") {
  reconnect_policy x{3, 2s};
  CHECK_EQ(x.begin_attempt(), 1);
  CHECK_EQ(x.next_delay(), caf::timespan{2s});
  CHECK_EQ(x.begin_attempt(), 2);
  CHECK_EQ(x.next_delay(), caf::timespan{2s});
  CHECK_EQ(x.begin_attempt(), 3);
  CHECK_FALSE(x.next_delay());
}

TEST_CASE("one attempt means no second one") {
  reconnect_policy x{1, 2s};
  x.begin_attempt();
  CHECK_FALSE(x.next_delay());
}

TEST_CASE("a reset begins anew") {
  reconnect_policy x{1, 2s};
  x.begin_attempt();
  x.reset();
  CHECK_EQ(x.attempts(), 0);
  CHECK(x.next_delay());
  CHECK_EQ(x.begin_attempt(), 1);
}

TEST_SUITE_END();

} // namespace
