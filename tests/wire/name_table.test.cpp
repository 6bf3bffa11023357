// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/name_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using caf_remote::wire::name_table;

TEST_CASE("names are numbered in the order of their first use") {
  name_table xs;
  CHECK_EQ(xs.intern("a"), 0);
  CHECK_EQ(xs.intern("b"), 1);
  CHECK_EQ(xs.intern("a"), 0);
  CHECK_EQ(xs.intern("b"), 1);
  CHECK_EQ(xs.intern(""), 2);
  REQUIRE_EQ(xs.entries().size(), 3u);
  CHECK_EQ(xs.entries()[1].name, "b");
}

TEST_CASE("one name in two scopes counts as two") {
  name_table xs;
  CHECK_EQ(xs.intern("a", "x"), 0);
  CHECK_EQ(xs.intern("a", "y"), 1);
  CHECK_EQ(xs.intern("a"), 2);
  CHECK_EQ(xs.intern("a", "x"), 0);
  CHECK_EQ(xs.entries()[1].scope, "y");
}

TEST_CASE("bytes are counted once per entry") {
  name_table xs;
  xs.intern("abc", "de");
  xs.intern("abc", "de");
  xs.intern("f");
  CHECK_EQ(xs.bytes(), 6u);
  xs.clear();
  CHECK_EQ(xs.bytes(), 0u);
  CHECK(xs.entries().empty());
}

TEST_CASE("a table agrees with a map, round after round") {
  std::mt19937 rnd{1};
  std::vector<std::string> names;
  for (auto i = 0; i < 1000; ++i)
    names.push_back("name" + std::to_string(i));
  name_table xs;
  for (auto round = 0; round < 200; ++round) {
    // small rounds after large ones take the short way of clearing
    auto size = 1 + rnd() % (round % 3 == 0 ? 1000 : 5);
    std::map<std::string_view, int32_t> reference;
    for (auto i = 0; i < 2000; ++i) {
      std::string_view name = names[rnd() % size];
      auto next = static_cast<int32_t>(reference.size());
      auto expected = reference.emplace(name, next).first->second;
      REQUIRE_EQ(xs.intern(name), expected);
    }
    REQUIRE_EQ(xs.entries().size(), reference.size());
    xs.clear();
  }
}
