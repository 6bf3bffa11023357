// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/reference_stock.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("compat.reference_stock");

TEST_CASE_FIXTURE(actor_fixture, "what was not handed out is given back") {
  auto alice = spawn_witness();
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(alice.hdl);
  auto before = ptr->strong_refs.load();
  using stock = reference_stock<caf::actor_control_block>;
  for (size_t count : {0, 1, 2, 3, 100, 1000}) {
    CAPTURE(count);
    std::vector<caf::strong_actor_ptr> xs;
    {
      stock refs{ptr};
      CHECK(refs);
      for (size_t i = 0; i < count; ++i)
        xs.push_back(refs.take());
      // others may keep the stock while references are about
      stock moved{std::move(refs)};
      refs = std::move(moved);
    }
    CHECK_EQ(ptr->strong_refs.load(), before + count);
    xs.clear();
    CHECK_EQ(ptr->strong_refs.load(), before);
  }
  CHECK_FALSE(stock{});
}

TEST_SUITE_END();

} // namespace
