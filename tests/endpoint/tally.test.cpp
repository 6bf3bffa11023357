// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/tally.hpp"

#include <doctest/doctest.h>

#include <thread>

using caf_remote::tally;

namespace {

TEST_SUITE_BEGIN("endpoint.tally");

TEST_CASE("what came and has not gone is held") {
  tally x;
  x.enter(10);
  x.enter(0);
  x.enter(5);
  CHECK_EQ(x.held().messages, 3);
  CHECK_EQ(x.held().bytes, 15);
  x.leave(10);
  CHECK_EQ(x.held().messages, 2);
  CHECK_EQ(x.held().bytes, 5);
  x.leave(0);
  x.leave(5);
  CHECK_EQ(x.held().messages, 0);
  CHECK_EQ(x.held().bytes, 0);
}

TEST_CASE("who brings messages may know too little of those that went") {
  tally x;
  x.enter(10);
  x.enter(10);
  x.leave(10);
  CHECK_EQ(x.held_at_most().messages, 2);
  CHECK_EQ(x.held_at_most().bytes, 20);
  auto seen = x.look();
  CHECK_EQ(seen.messages, 1);
  CHECK_EQ(seen.bytes, 10);
  CHECK_EQ(x.held_at_most().messages, 1);
  CHECK_EQ(x.held().messages, 1);
}

TEST_CASE("the sums may overflow") {
  tally x;
  constexpr size_t huge = tally::max_bytes / 2;
  // both words wrap around many times
  for (size_t i = 0; i < tally::max_messages + 1000; ++i) {
    x.enter(huge);
    x.leave(huge);
  }
  x.enter(7);
  CHECK_EQ(x.held().messages, 1);
  CHECK_EQ(x.held().bytes, 7);
}

TEST_CASE("arrivals and departures on several threads") {
  tally x;
  constexpr size_t count = 100000;
  std::atomic<size_t> came{0};
  std::thread taker{[&] {
    for (size_t i = 0; i < count; ++i) {
      while (came.load() <= i)
        std::this_thread::yield();
      x.leave(i);
    }
  }};
  for (size_t i = 0; i < count; ++i) {
    x.enter(i);
    came.store(i + 1);
    auto held = x.held();
    REQUIRE_LE(held.messages, i + 1);
  }
  taker.join();
  CHECK_EQ(x.held().messages, 0);
  CHECK_EQ(x.held().bytes, 0);
}

TEST_SUITE_END();

} // namespace
