// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/known_types.hpp"

#include "support/effort.hpp"

#include <doctest/doctest.h>

#include <vector>

using caf_remote::known_types;
using caf_remote::known_types_table;
using caf_remote::purge_mark;

namespace test = caf_remote::test;

namespace {

TEST_SUITE_BEGIN("endpoint.known_types");

TEST_CASE("the memory of types is bounded") {
  known_types x;
  for (size_t i = 0; i < known_types::max_types + 1; ++i)
    x.add("type" + std::to_string(i));
  CHECK(x.contains("type0"));
  CHECK_FALSE(x.contains("type" + std::to_string(known_types::max_types)));
  known_types y;
  std::string huge(1u << 20, 'x');
  y.add(huge);
  CHECK_FALSE(y.contains(huge));
}

TEST_CASE("an incarnation is known as long as somebody holds it") {
  known_types_table table;
  auto a = table.of("a");
  CHECK_EQ(table.of("a"), a);
  a->add("some.Type");
  a.reset();
  CHECK_FALSE(table.of("a")->contains("some.Type"));
}

TEST_CASE("the memory of incarnations is bounded") {
  known_types_table table;
  for (size_t i = 0; i < 10 * purge_mark::least; ++i)
    table.of("member-" + std::to_string(i));
  CHECK_LE(table.size(), purge_mark::least);
}

TEST_CASE("an incarnation costs no more because many are known") {
  auto prepare = [](size_t n) {
    std::vector<std::string> ids;
    for (size_t i = 0; i < n; ++i)
      ids.push_back("member-" + std::to_string(i));
    return ids;
  };
  auto meet = [](const std::vector<std::string>& ids) {
    known_types_table table;
    std::vector<std::shared_ptr<known_types>> held;
    for (auto& id : ids)
      held.push_back(table.of(id));
  };
  CHECK_LT(test::growth(test::few, test::many, prepare, meet), test::flat);
}

TEST_SUITE_END();

} // namespace
