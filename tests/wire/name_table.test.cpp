// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/name_table.hpp"

#include "support/colliding_names.hpp"
#include "support/effort.hpp"

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

TEST_CASE("names that a peer chose to meet in one slot cost no more than "
          "others") {
  using namespace caf_remote;
  constexpr size_t count = 1000;
  constexpr size_t slots = 2048;
  auto fill = [](const std::vector<std::string>& names) {
    auto nothing = [] { return 0; };
    return test::effort(nothing, [&](int) {
      name_table xs;
      for (auto round = 0; round < 10; ++round)
        for (auto& name : names)
          xs.intern(name, "scope");
      CHECK_EQ(xs.entries().size(), names.size());
    });
  };
  std::vector<std::string> plain;
  for (size_t i = 0; i < count; ++i)
    plain.push_back("name" + std::to_string(i));
  CHECK_LT(fill(test::colliding_names(count, slots)), test::flat * fill(plain));
}

TEST_CASE("one name in many scopes costs no more than many names") {
  using namespace caf_remote;
  auto prepare = [](size_t n) {
    std::vector<std::string> scopes;
    for (size_t i = 0; i < n; ++i)
      scopes.push_back("host:" + std::to_string(i + 1));
    return scopes;
  };
  auto fill = [](const std::vector<std::string>& scopes) {
    name_table xs;
    for (auto& scope : scopes)
      xs.intern("name", scope);
  };
  CHECK_LT(test::growth(test::few, test::many, prepare, fill), test::flat);
}
