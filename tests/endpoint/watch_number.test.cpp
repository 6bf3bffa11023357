// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/watch_number.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;

namespace {

constexpr uint32_t highest = 0xffffffff;

TEST_SUITE_BEGIN("endpoint.watch_number");

TEST_CASE("numbers go on behind the last one of 32 bits, without 0") {
  CHECK(is_later(2, 1));
  CHECK_FALSE(is_later(1, 1));
  CHECK_FALSE(is_later(1, 2));
  CHECK(is_later(1, highest));
  CHECK_FALSE(is_later(highest, 1));
  CHECK_EQ(next_watch_number(7), 8);
  CHECK_EQ(next_watch_number(highest), 1);
}

struct entry {
  struct {
    uint32_t number;
  } watch;
};

using numbers = std::vector<uint32_t>;

// The numbers of `xs` in a range.
numbers in_range(const numbers& xs, uint32_t first, uint32_t last) {
  std::vector<entry> entries;
  for (auto x : xs)
    entries.push_back({{x}});
  numbers result;
  auto range = concerned(entries, first, last, xs.back());
  for (auto i = range.first; i != range.second; ++i)
    result.push_back(i->watch.number);
  return result;
}

TEST_CASE("a range has its first and its last watch in it") {
  numbers xs{2, 3, 4, 5, 6};
  CHECK_EQ(in_range(xs, 3, 5), numbers{3, 4, 5});
  CHECK_EQ(in_range({2, 6}, 3, 5), numbers{});
  CHECK_EQ(in_range(xs, 1, 2), numbers{2});
  CHECK_EQ(in_range(xs, 6, 9), numbers{6});
}

TEST_CASE("a range goes on where the numbers begin anew") {
  numbers xs{highest - 1, highest, 1, 2, 3};
  CHECK_EQ(in_range(xs, highest, 2), numbers{highest, 1, 2});
  CHECK_EQ(in_range(xs, 0, highest), numbers{highest - 1, highest});
  CHECK_EQ(in_range(xs, 2, 9), numbers{2, 3});
}

TEST_CASE("an old watch does not hide the later ones") {
  numbers xs{1, 5 + (1u << 31), 6 + (1u << 31)};
  CHECK_EQ(in_range(xs, xs[1], xs[1]), numbers{xs[1]});
  CHECK_EQ(in_range(xs, 0, xs[1]), numbers{1, xs[1]});
}

TEST_CASE("a range without a beginning, or without numbers, has all before") {
  numbers xs{1, 5, 6};
  CHECK_EQ(in_range(xs, 0, 5), numbers{1, 5});
  CHECK_EQ(in_range(xs, 0, 0), xs);
  CHECK_EQ(in_range(xs, 5, 0), xs);
}

TEST_CASE("a range that makes no sense has none") {
  numbers xs{1, 5, 6};
  CHECK_EQ(in_range(xs, 6, 5), numbers{});
  CHECK_EQ(in_range(xs, 7, 9), numbers{});
}

TEST_SUITE_END();

} // namespace
