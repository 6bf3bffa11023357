// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/kind_table.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;

namespace {

caf::actor make_nothing(caf::actor_system&) {
  return {};
}

TEST_SUITE_BEGIN("endpoint.kind_table");

TEST_CASE("a name is taken once") {
  kind_table x;
  CHECK(x.add("echo", {make_nothing, delivery_mode::raw}));
  CHECK_FALSE(x.add("echo", {make_nothing, delivery_mode::decoded}));
  auto found = x.find("echo");
  REQUIRE(found);
  CHECK(found->mode == delivery_mode::raw);
  CHECK_FALSE(x.find("other"));
}

TEST_SUITE_END();

} // namespace
