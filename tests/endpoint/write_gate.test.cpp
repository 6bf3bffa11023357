// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/write_gate.hpp"

#include <doctest/doctest.h>

#include <thread>

using caf_remote::write_gate;

namespace {

TEST_SUITE_BEGIN("endpoint.write_gate");

TEST_CASE("who does not ask is not told") {
  write_gate x;
  CHECK_EQ(x.under_way(), 0u);
  x.begin();
  CHECK_EQ(x.under_way(), 1u);
  CHECK_FALSE(x.end());
  CHECK_EQ(x.under_way(), 0u);
}

TEST_CASE("who asks is told once") {
  write_gate x;
  x.begin();
  CHECK(x.ask(1));
  CHECK(x.ask(1));
  CHECK_EQ(x.under_way(), 1u);
  CHECK(x.end());
  CHECK_EQ(x.under_way(), 0u);
  x.begin();
  CHECK_FALSE(x.end());
}

TEST_CASE("who asks too late learns it at once") {
  write_gate x;
  x.begin();
  x.end();
  CHECK_FALSE(x.ask(1));
}

TEST_CASE("two may be under way, and the end of the first is told") {
  write_gate x;
  x.begin();
  CHECK_FALSE(x.ask(2));
  x.begin();
  CHECK_EQ(x.under_way(), 2u);
  CHECK(x.ask(2));
  CHECK(x.end());
  CHECK_EQ(x.under_way(), 1u);
  CHECK_FALSE(x.ask(2));
  CHECK(x.ask(1));
  CHECK(x.end());
  CHECK_EQ(x.under_way(), 0u);
}

TEST_CASE("who waits for both is not told of the first") {
  write_gate x;
  x.begin();
  x.begin();
  CHECK(x.ask(1));
  CHECK_FALSE(x.end());
  CHECK(x.end());
}

TEST_CASE("who goes on writing does not wait any more") {
  write_gate x;
  x.begin();
  CHECK(x.ask(1));
  x.begin();
  CHECK_FALSE(x.end());
  CHECK_FALSE(x.end());
}

TEST_CASE("the end is heard on one way or the other") {
  write_gate x;
  int on_demand = 0;
  int at_once = 0;
  for (int i = 0; i < 2000; ++i) {
    x.begin();
    auto told = false;
    auto waits = false;
    // the one on the new thread usually comes second
    if (i % 2 == 0) {
      std::thread transport{[&] { told = x.end(); }};
      waits = x.ask(1);
      transport.join();
    } else {
      std::thread writer{[&] { waits = x.ask(1); }};
      told = x.end();
      writer.join();
    }
    CHECK_EQ(waits, told);
    ++(told ? on_demand : at_once);
  }
  CHECK_GT(on_demand, 0);
  CHECK_GT(at_once, 0);
}

TEST_SUITE_END();

} // namespace
