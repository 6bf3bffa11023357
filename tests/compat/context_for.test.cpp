// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/context_for.hpp"

#include "support/actor_fixture.hpp"

#include <caf/scoped_execution_unit.hpp>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("compat.context_for");

TEST_CASE_FIXTURE(actor_fixture, "an actor of another system is not woken "
                                 "here") {
  caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", 1);
  caf::actor_system elsewhere{cfg};
  caf::scoped_execution_unit here{&sys};
  caf::scoped_execution_unit there{&elsewhere};
  auto alice = spawn_witness();
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(alice.hdl);
  CHECK_EQ(context_for(alice.hdl, &here), &here);
  CHECK_EQ(context_for(ptr, &here), &here);
  CHECK_EQ(context_for(alice.hdl, &there), nullptr);
  CHECK_EQ(context_for(ptr, &there), nullptr);
  CHECK_EQ(context_for(alice.hdl, nullptr), nullptr);
  CHECK_EQ(context_for(ptr, nullptr), nullptr);
}

TEST_SUITE_END();

} // namespace
