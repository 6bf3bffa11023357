// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/selects.hpp"

#include "support/actor_fixture.hpp"

#include <caf/default_attachable.hpp>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using caf::default_attachable;

default_attachable::observe_token monitor_of(const caf::actor& x) {
  return {x.address(), default_attachable::monitor};
}

TEST_SUITE_BEGIN("compat.selects");

TEST_CASE_FIXTURE(actor_fixture, "a token selects the monitor of its observer, "
                                 "and nothing else of it") {
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  auto joe = remote("joe");
  auto monitor = default_attachable::make_monitor(joe.address(),
                                                  alice.hdl.address());
  auto link = default_attachable::make_link(joe.address(), alice.hdl.address());
  CHECK(selects(monitor_of(alice.hdl), *monitor));
  CHECK_FALSE(selects(monitor_of(bob.hdl), *monitor));
  CHECK_FALSE(selects(monitor_of(alice.hdl), *link));
}

TEST_SUITE_END();

} // namespace
