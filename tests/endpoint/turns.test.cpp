// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/turns.hpp"

#include <doctest/doctest.h>

#include <vector>

using caf_remote::turns;

namespace {

/// Jobs that are over when the test says so.
struct turns_fixture {
  turns::job slow(int number) {
    return [this, number](const turns::done& x) {
      begun.push_back(number);
      done = x;
    };
  }

  turns::job quick(int number) {
    return [this, number](const turns::done& x) {
      begun.push_back(number);
      x();
    };
  }

  turns table;
  std::vector<int> begun;
  turns::done done;
};

using numbers = std::vector<int>;

TEST_SUITE_BEGIN("endpoint.turns");

TEST_CASE_FIXTURE(turns_fixture, "a job waits for the one before") {
  table.take("a", slow(1));
  table.take("a", slow(2));
  table.take("a", quick(3));
  CHECK_EQ(begun, numbers{1});
  done();
  CHECK_EQ(begun, numbers{1, 2});
  done();
  CHECK_EQ(begun, numbers{1, 2, 3});
  CHECK_EQ(table.size(), 0);
}

TEST_CASE_FIXTURE(turns_fixture, "keys do not wait for each other") {
  table.take("a", slow(1));
  table.take("b", quick(2));
  CHECK_EQ(begun, numbers{1, 2});
}

TEST_CASE_FIXTURE(turns_fixture, "the next turn can be asked for") {
  table.take("a", slow(1));
  table.take("a", quick(2));
  table.take_soon("a", quick(3));
  done();
  CHECK_EQ(begun, numbers{1, 3, 2});
}

TEST_CASE_FIXTURE(turns_fixture, "a job may ask for another turn") {
  table.take("a", [this](const turns::done& x) {
    table.take("a", quick(2));
    begun.push_back(1);
    x();
  });
  CHECK_EQ(begun, numbers{1, 2});
  CHECK_EQ(table.size(), 0);
}

TEST_CASE_FIXTURE(turns_fixture, "a long line needs no deep stack") {
  table.take("a", slow(0));
  for (int i = 1; i < 100000; ++i)
    table.take("a", quick(i));
  done();
  CHECK_EQ(begun.size(), 100000);
  CHECK_EQ(table.size(), 0);
}

TEST_CASE_FIXTURE(turns_fixture,
                  "those that are soon to come keep their order") {
  table.take("a", slow(1));
  table.take("a", quick(2));
  table.take_soon("a", quick(3));
  table.take_soon("a", quick(4));
  done();
  CHECK_EQ(begun, numbers{1, 3, 4, 2});
}

TEST_SUITE_END();

} // namespace
