// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/return_path.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace std::chrono_literals;

namespace {

constexpr return_path::time_point start{1h};

TEST_SUITE_BEGIN("endpoint.return_path");

TEST_CASE("a stream is missed only once it is known that there is none") {
  return_path path{10s, 0s};
  CHECK_FALSE(path.missing());
  path.streams(0, true);
  CHECK(path.missing());
  path.streams(1, true);
  CHECK_FALSE(path.missing());
}

TEST_CASE("a stream from the peer is no sign that it takes watches") {
  return_path path{10s, 0s};
  path.streams(1, true);
  path.written_again();
  CHECK(path.refused());
  CHECK_FALSE(path.wait(6s));
  path.streams(2, true);
  CHECK(path.wait(6s));
  path.taken();
  CHECK_FALSE(path.refused());
}

TEST_CASE("the first stream took nothing along") {
  return_path path{10s, 0s};
  path.streams(0, true);
  path.streams(1, true);
  CHECK_FALSE(path.renewal_due());
}

TEST_CASE("but what a peer has told that does not tell again, it may have told "
          "on an earlier one") {
  return_path path{10s, 0s};
  path.streams(0, false);
  path.streams(1, false);
  CHECK(path.renewal_due());
}

TEST_CASE("a stream that was there from the start has taken nothing along") {
  return_path path{10s, 0s};
  path.streams(1, false);
  CHECK_FALSE(path.renewal_due());
}

TEST_CASE("a stream after one that was lost makes a renewal due, once") {
  return_path path{10s, 0s};
  path.streams(1, true);
  path.streams(0, true);
  CHECK_FALSE(path.renewal_due());
  path.streams(1, true);
  CHECK(path.renewal_due());
  path.renewed(start);
  CHECK_FALSE(path.renewal_due());
}

TEST_CASE("a second stream may replace one that only looks alive") {
  return_path path{10s, 0s};
  path.streams(1, true);
  path.streams(2, true);
  CHECK(path.renewal_due());
}

TEST_CASE("between two renewals there is some rest") {
  return_path path{10s, 20s};
  path.streams(1, true);
  path.streams(2, true);
  CHECK(path.has_rested(start));
  path.renewed(start);
  path.streams(3, true);
  CHECK(path.renewal_due());
  CHECK_FALSE(path.has_rested(start + 19s));
  CHECK(path.has_rested(start + 20s));
}

TEST_CASE("the peer has its time to come back, and again after each stream") {
  return_path path{10s, 0s};
  path.streams(0, true);
  CHECK_FALSE(path.wait(9s));
  path.streams(1, true);
  path.streams(0, true);
  CHECK_FALSE(path.wait(9s));
  CHECK(path.wait(1s));
}

TEST_CASE("time in which nobody waits does not count") {
  return_path path{10s, 0s};
  path.streams(0, true);
  CHECK_FALSE(path.wait(9s));
  path.stop_waiting();
  CHECK_FALSE(path.wait(9s));
}

TEST_SUITE_END();

} // namespace
