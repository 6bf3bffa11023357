// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/turn_taking_actor.hpp"

#include "support/actor_fixture.hpp"

#include <caf/scoped_execution_unit.hpp>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using result = caf::resumable::resume_result;

TEST_SUITE_BEGIN("compat.turn_taking_actor");

TEST_CASE_FIXTURE(actor_fixture, "others have their turn after each message") {
  auto seen = 0;
  auto behave = [&seen] { return caf::behavior{[&seen](int) { ++seen; }}; };
  caf::actor hdl;
  auto handled = 0;
  auto then = result::resume_later;
  SUBCASE("an actor as usual") {
    hdl = sys.spawn([=](caf::event_based_actor*) { return behave(); });
    handled = 3;
    then = result::awaiting_message;
  }
  SUBCASE("one that takes turns") {
    hdl = sys.spawn([=](turn_taking_actor*) { return behave(); });
    handled = 1;
  }
  run();
  for (int i = 0; i < 3; ++i)
    caf::anon_send(hdl, i);
  REQUIRE_EQ(sched.jobs.size(), 1u);
  caf::scoped_execution_unit ctx{&sys};
  auto job = sched.jobs.front();
  auto state = job->resume(&ctx, 100);
  CHECK_EQ(seen, handled);
  CHECK(state == then);
  if (state == result::awaiting_message) {
    sched.jobs.pop_front();
    caf::intrusive_ptr_release(job);
  }
  run();
  CHECK_EQ(seen, 3);
}

TEST_SUITE_END();

} // namespace
