// SPDX-License-Identifier: BSD-3-Clause

// Handles for an address of our own that were made before there was an actor.

#include "caf_remote/endpoint/activator.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using reasons = std::vector<caf::error>;

const caf::error not_there = caf::exit_reason::unknown;

/// `hdl` leads to joe, who was published later.
struct own_handle_fixture : actor_fixture {
  own_handle_fixture()
    : hdl(remote("joe", own_address)), joe(publish_witness("joe")),
      alice(spawn_witness()) {
    // nop
  }

  caf::actor hdl;
  witness joe;
  witness alice;
};

TEST_SUITE_BEGIN("endpoint.own_handles");

TEST_CASE_FIXTURE(actor_fixture, "nobody is there to be observed") {
  auto alice = spawn_witness();
  auto hdl = remote("joe", own_address);
  alice.monitor(hdl);
  alice.link_to(hdl);
  run();
  CHECK_EQ(alice.downs(), reasons{not_there});
  CHECK_EQ(alice.exits(), reasons{not_there});
}

TEST_CASE_FIXTURE(own_handle_fixture, "a monitor tells the reason of the end") {
  alice.monitor(hdl);
  run();
  CHECK(alice.downs().empty());
  joe.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.downs(), reasons{caf::exit_reason::user_shutdown});
}

TEST_CASE_FIXTURE(own_handle_fixture, "demonitor ends a monitor") {
  alice.monitor(hdl);
  run();
  alice.demonitor(hdl);
  run();
  joe.quit();
  run();
  CHECK(alice.downs().empty());
}

TEST_CASE_FIXTURE(own_handle_fixture, "demonitor reaches also who had the name "
                                      "before") {
  alice.monitor(hdl);
  run();
  REQUIRE_FALSE(home->processes->unpublish("joe"));
  auto jim = publish_witness("joe");
  alice.monitor(hdl);
  run();
  SUBCASE("without it, each is told of once") {
    jim.quit();
    run();
    CHECK_EQ(alice.downs().size(), 1);
    joe.quit();
    run();
    CHECK_EQ(alice.downs().size(), 2);
  }
  SUBCASE("with it, none is") {
    alice.demonitor(hdl);
    run();
    jim.quit();
    joe.quit();
    run();
    CHECK(alice.downs().empty());
  }
}

TEST_CASE_FIXTURE(own_handle_fixture, "a link ends with the actor") {
  alice.link_to(hdl);
  run();
  CHECK(alice.exits().empty());
  joe.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.exits(), reasons{caf::exit_reason::user_shutdown});
}

TEST_CASE_FIXTURE(own_handle_fixture, "a link tells the actor of the other "
                                      "end") {
  alice.link_to(hdl);
  run();
  alice.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(joe.exits(), reasons{caf::exit_reason::user_shutdown});
}

TEST_CASE_FIXTURE(own_handle_fixture, "unlink ends a link") {
  alice.link_to(hdl);
  run();
  alice.unlink_from(hdl);
  run();
  joe.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK(alice.exits().empty());
}

TEST_CASE_FIXTURE(own_handle_fixture, "a link outlives the handle that made "
                                      "it, in both directions") {
  alice.link_to(hdl);
  run();
  hdl = nullptr;
  CHECK(alice.exits().empty());
  SUBCASE("to the linked actor") {
    joe.quit(caf::exit_reason::user_shutdown);
    run();
    CHECK_EQ(alice.exits(), reasons{caf::exit_reason::user_shutdown});
  }
  SUBCASE("from it") {
    alice.quit(caf::exit_reason::user_shutdown);
    run();
    CHECK_EQ(joe.exits(), reasons{caf::exit_reason::user_shutdown});
  }
}

TEST_CASE_FIXTURE(own_handle_fixture, "the end of a link concerns who had the "
                                      "name when it was made") {
  alice.link_to(hdl);
  run();
  REQUIRE_FALSE(home->processes->unpublish("joe"));
  auto jim = publish_witness("joe");
  alice.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(joe.exits(), reasons{caf::exit_reason::user_shutdown});
  CHECK(jim.exits().empty());
}

TEST_CASE_FIXTURE(own_handle_fixture, "the end of a link that is over concerns "
                                      "nobody") {
  alice.link_to(hdl);
  run();
  witness next;
  // joe ends and another one gets the name while alice is at work, and fails
  alice.act([&](caf::event_based_actor* self) {
    joe.quit();
    joe.hdl = nullptr;
    run();
    next = publish_witness("joe");
    self->quit(caf::exit_reason::user_shutdown);
  });
  run();
  CHECK(next.exits().empty());
}

TEST_CASE_FIXTURE(own_handle_fixture,
                  "who has the name after an actor's end can "
                  "be linked") {
  alice.link_to(hdl);
  run();
  joe.quit(caf::exit_reason::user_shutdown);
  run();
  auto jim = publish_witness("joe");
  alice.link_to(hdl);
  run();
  jim.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.exits().size(), 2);
}

TEST_CASE_FIXTURE(actor_fixture, "the module's own actors cannot be linked "
                                 "through a sender that a peer has made up") {
  auto act = sys.spawn(activator, home);
  REQUIRE_FALSE(home->processes->publish(
    caf::actor_cast<caf::strong_actor_ptr>(act), activator_id,
    delivery_mode::decoded, process_kind::activator));
  auto session = spawn_witness();
  session.link_to(remote(activator_id, own_address));
  run();
  CHECK_EQ(session.exits(), reasons{caf::exit_reason::unknown});
  caf::anon_send_exit(remote(activator_id, own_address),
                      caf::exit_reason::user_shutdown);
  session.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_NE(home->processes->find(activator_id).hdl, nullptr);
  caf::anon_send_exit(act, caf::exit_reason::kill);
  run();
}

TEST_SUITE_END();

} // namespace
