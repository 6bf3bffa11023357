// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/admission.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using caf_remote::admission;

namespace {

TEST_SUITE_BEGIN("endpoint.admission");

TEST_CASE("the bound of messages is exact") {
  admission x{{2, 1000}};
  CHECK(x.enter(1));
  CHECK(x.enter(1));
  CHECK_FALSE(x.enter(1));
  x.refused();
  auto figures = x.read();
  CHECK_EQ(figures.accepted, 3);
  CHECK_EQ(figures.dead, 1);
  CHECK_EQ(figures.queued, 2);
  CHECK_EQ(x.queued_bytes(), 2);
}

TEST_CASE("the bound of bytes is exact") {
  admission x{{100, 10}};
  CHECK(x.enter(4));
  CHECK_FALSE(x.enter(7));
  x.refused();
  CHECK(x.enter(6));
  CHECK_EQ(x.queued_bytes(), 10);
  CHECK_EQ(x.queued(), 2);
}

TEST_CASE("what is written or dead makes room") {
  admission x{{2, 10}};
  CHECK(x.enter(5));
  CHECK(x.enter(5));
  x.written(1, 5);
  CHECK(x.enter(5));
  x.dead(5);
  CHECK(x.enter(5));
  auto figures = x.read();
  CHECK_EQ(figures.accepted, 4);
  CHECK_EQ(figures.written, 1);
  CHECK_EQ(figures.dead, 1);
  CHECK_EQ(figures.queued, 2);
  CHECK_EQ(x.queued_bytes(), 10);
}

TEST_CASE("the figures add up, and the bound holds, on many threads") {
  admission x{{50, 1u << 20}};
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i)
    senders.emplace_back([&x] {
      for (int j = 0; j < 5000; ++j) {
        if (!x.enter(8))
          x.refused();
        else if (j % 2 == 0)
          x.written(1, 8);
        else
          x.dead(8);
      }
    });
  for (auto& t : senders)
    t.join();
  auto figures = x.read();
  CHECK_EQ(figures.accepted, 20000);
  CHECK_EQ(figures.written + figures.dead, 20000);
  CHECK_EQ(figures.queued, 0);
  CHECK_EQ(x.queued_bytes(), 0);
}

TEST_SUITE_END();

} // namespace
