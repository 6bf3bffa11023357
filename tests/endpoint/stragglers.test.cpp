// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/stragglers.hpp"

#include "caf_remote/endpoint/delayed_call.hpp"

#include "support/actor_fixture.hpp"

#include <future>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct straggler_fixture : actor_fixture {
  stragglers take() {
    run();
    return {sys, home->shut_down()};
  }

  size_t running() {
    return sys.registry().running();
  }
};

TEST_SUITE_BEGIN("endpoint.stragglers");

TEST_CASE_FIXTURE(straggler_fixture, "those that others could reach are named, "
                                     "published ones first") {
  auto alice = publish_witness("alice");
  auto bob = publish_witness("bob");
  publish(bob.hdl, "robert");
  auto carol = spawn_witness();
  home->processes->name_of(caf::actor_cast<caf::strong_actor_ptr>(carol.hdl));
  auto xs = take();
  auto carols = "'$" + std::to_string(carol.hdl.id()) + "." + home->run + "'";
  // the fixture's observer and that of the events run, too
  CHECK_EQ(xs.report(running()), "the actor system cannot end before its "
                                 "actors: 'alice', 'bob', "
                                   + carols + " and 1 more");
  alice.quit();
  run();
  CHECK_EQ(xs.report(running()),
           "the actor system cannot end before its actors: 'bob', " + carols
             + " and 1 more");
}

TEST_CASE_FIXTURE(straggler_fixture, "nothing is said if no actor runs") {
  CHECK_EQ(take().report(0), "");
}

TEST_CASE_FIXTURE(straggler_fixture, "actors that no peer knew are counted") {
  CHECK_EQ(take().report(2), "the actor system cannot end before its actors: 2 "
                             "that no peer knew");
}

TEST_CASE_FIXTURE(straggler_fixture, "a long list is cut short") {
  std::vector<witness> xs;
  for (int i = 0; i < 12; ++i)
    xs.push_back(publish_witness("w" + std::to_string(i)));
  auto text = take().report(running());
  CHECK_NE(text.find("'w7'"), std::string::npos);
  CHECK_EQ(text.find("'w8'"), std::string::npos);
  CHECK_NE(text.find(" and 3 more"), std::string::npos);
}

TEST_CASE_FIXTURE(straggler_fixture, "only published ones are told to end") {
  auto alice = publish_witness("alice");
  auto carol = spawn_witness();
  home->processes->name_of(caf::actor_cast<caf::strong_actor_ptr>(carol.hdl));
  auto xs = take();
  CHECK_EQ(xs.end_published().size(), 1);
  run();
  CHECK_EQ(alice.exits(),
           std::vector<caf::error>{caf::exit_reason::user_shutdown});
  CHECK(carol.exits().empty());
}

TEST_CASE("a delayed call is made, or not if it is taken back") {
  std::promise<void> called;
  delayed_call soon{std::chrono::milliseconds{1}, [&] { called.set_value(); }};
  CHECK_EQ(called.get_future().wait_for(std::chrono::seconds{30}),
           std::future_status::ready);
  // would throw, as a promise is kept once
  delayed_call never{std::chrono::hours{1}, [&] { called.set_value(); }};
}

TEST_SUITE_END();

} // namespace
