// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/module_actors.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

bool has_ended(const caf::actor& x) {
  return x->getf(caf::abstract_actor::is_terminated_flag);
}

TEST_SUITE_BEGIN("endpoint.module_actors");

TEST_CASE_FIXTURE(actor_fixture, "those that live are ended") {
  module_actors table;
  auto kept = spawn_witness();
  table.add(kept.hdl);
  table.add(spawn_witness().hdl); // nobody holds it
  run();
  CHECK_EQ(table.end_all().size(), 1);
  run();
  CHECK(has_ended(kept.hdl));
  CHECK(table.end_all().empty());
}

TEST_CASE_FIXTURE(actor_fixture, "who comes after the end is ended at once") {
  module_actors table;
  table.end_all();
  auto late = spawn_witness();
  table.add(late.hdl);
  run();
  CHECK(has_ended(late.hdl));
}

TEST_CASE_FIXTURE(actor_fixture, "actors that are gone are forgotten") {
  module_actors table;
  auto kept = spawn_witness();
  table.add(kept.hdl);
  for (int i = 0; i < 1000; ++i) {
    table.add(spawn_witness().hdl);
    run();
  }
  CHECK_LT(table.size(), 200);
  CHECK_EQ(table.end_all().size(), 1);
}

// A stream whose end is never heard must not leave its reader behind, nor a
// handle that is kept the watcher of an endpoint that is over.
TEST_CASE_FIXTURE(actor_fixture, "a node's actors end with it") {
  auto lost = remote("joe");
  send_ping(lost, "lost");
  refuse_all_connections();
  send_ping(remote("jim"), "hi");
  shake_hands();
  accept();
  // manager; two watchers, one writer; one reader
  auto xs = home->actors.end_all();
  CHECK_EQ(xs.size(), 5);
  run();
  for (auto& x : xs)
    CHECK(has_ended(x));
}

TEST_SUITE_END();

} // namespace
