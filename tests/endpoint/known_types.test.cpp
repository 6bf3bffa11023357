// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/known_types.hpp"

#include <doctest/doctest.h>

using caf_remote::known_types;
using caf_remote::known_types_table;

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
  auto b = table.of("b");
  CHECK_EQ(table.size(), 1);
  CHECK_FALSE(table.of("a")->contains("some.Type"));
}

TEST_SUITE_END();

} // namespace
