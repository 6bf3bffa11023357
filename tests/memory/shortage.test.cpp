// SPDX-License-Identifier: BSD-3-Clause

// What is left behind where memory could not be had.

#include "memory/heap.hpp"
#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using reasons = std::vector<caf::error>;

/// Lets the manager, whose turn it is, open the peer's endpoint without the
/// n-th allocation that this takes. Returns false if it takes less.
bool open_without(actor_fixture& fix, size_t n) {
  REQUIRE_EQ(fix.sched.jobs.size(), 1);
  fail_allocation(n);
  fix.sched.run_once();
  auto result = has_failed_allocation();
  fail_allocation(0);
  fix.run();
  return result;
}

TEST_SUITE_BEGIN("memory.shortage");

TEST_CASE("an endpoint that cannot be opened leaves nothing behind, and "
          "everybody is told") {
  size_t n = 0;
  for (auto failed = true; failed;) {
    ++n;
    CAPTURE(n);
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto joe = fix.remote("joe");
    auto alice = fix.spawn_witness();
    fix.run();
    alice.monitor(joe);
    fix.sched.run_once();
    caf::anon_send(joe, make_ping("x"));
    auto where = fix.peer_endpoint();
    failed = open_without(fix, n);
    if (!failed)
      break;
    CHECK_EQ(alice.downs(), reasons{caf::exit_reason::remote_link_unreachable});
    CHECK_EQ(fix.dead_letters(errc::not_running)
               + fix.dead_letters(errc::endpoint_terminated),
             1);
    CHECK_EQ(fix.dials(), 0);
    CHECK_EQ(fix.home->snapshot().actor_failures, 0);
    // by the table of those that are over, joe's handle, and us
    CHECK_LE(where->get_reference_count(), 3);
    // the next message begins anew
    fix.send_ping(joe, "next");
    CHECK_EQ(fix.dials(), 1);
  }
  CHECK_GT(n, 10);
}

TEST_CASE("nor is a peer's Watch lost without a word") {
  size_t n = 0;
  for (auto failed = true; failed;) {
    ++n;
    CAPTURE(n);
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto alice = fix.publish_witness("alice");
    auto in = fix.accept();
    in->receive(batch_frame(
      {make_system_envelope("alice", wire::watch::type_name,
                            wire::encode(wire::watch{{"", "w", 0}}))}));
    fix.sched.run_once();
    failed = open_without(fix, n);
    CHECK_EQ(in->finished().has_value(), failed);
  }
  CHECK_GT(n, 10);
}

TEST_SUITE_END();

} // namespace
