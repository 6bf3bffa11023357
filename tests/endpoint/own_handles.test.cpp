// SPDX-License-Identifier: BSD-3-Clause

// Handles for an address of our own that were made before there was an actor.

#include "caf_remote/endpoint/activator.hpp"

#include "support/actor_fixture.hpp"
#include "support/twin_system.hpp"

#include <caf/default_attachable.hpp>

#include <stdexcept>

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

  static caf::abstract_actor* ptr(const caf::actor& x) {
    return caf::actor_cast<caf::abstract_actor*>(x);
  }

  void fail_manager() {
    caf::anon_send(home->manager(),
                   caf::exit_msg{caf::actor_addr{}, caf::sec::runtime_error});
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

TEST_CASE_FIXTURE(own_handle_fixture, "after the stop nobody can be reached") {
  home->shut_down();
  CHECK(request(hdl, make_ping("x"))->failed_with(errc::not_running));
  CHECK_EQ(dead_letters(errc::dead_letter), 0);
  alice.monitor(hdl);
  alice.link_to(hdl);
  run();
  CHECK_EQ(alice.downs(), reasons{caf::exit_reason::remote_link_unreachable});
  CHECK_EQ(alice.exits(), reasons{caf::exit_reason::remote_link_unreachable});
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

TEST_CASE_FIXTURE(own_handle_fixture, "what is observed through a handle and "
                                      "directly is observed twice") {
  alice.monitor(joe.hdl);
  alice.link_to(joe.hdl);
  alice.monitor(hdl);
  alice.link_to(hdl);
  run();
  size_t left = 2;
  SUBCASE("both ways") {}
  SUBCASE("directly, after the other was taken back") {
    alice.demonitor(hdl);
    alice.unlink_from(hdl);
    left = 1;
  }
  SUBCASE("through the handle, after the other was taken back") {
    alice.demonitor(joe.hdl);
    alice.unlink_from(joe.hdl);
    left = 1;
  }
  run();
  joe.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.downs().size(), left);
  CHECK_EQ(alice.exits().size(), left);
}

TEST_CASE_FIXTURE(own_handle_fixture,
                  "an actor of another system with the same "
                  "id takes nothing back for ours") {
  using caf::default_attachable;
  twin_system others;
  auto twin = others.twin_of(alice.hdl.id());
  REQUIRE_EQ(twin, alice.hdl);
  SUBCASE("through the handle") {
    alice.monitor(hdl);
    alice.link_to(hdl);
  }
  SUBCASE("directly") {
    alice.monitor(joe.hdl);
    alice.link_to(joe.hdl);
  }
  run();
  ptr(hdl)->attach(
    default_attachable::make_monitor(hdl.address(), twin.address()));
  ptr(twin)->add_link(ptr(hdl));
  run();
  CHECK_EQ(ptr(hdl)->detach(default_attachable::observe_token{
             twin.address(), default_attachable::monitor}),
           1);
  ptr(twin)->remove_link(ptr(hdl));
  run();
  joe.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(alice.exits().size(), 1);
}

TEST_CASE_FIXTURE(own_handle_fixture, "a link that was taken back is over at "
                                      "once") {
  alice.link_to(hdl);
  run();
  // nobody has seen to it when joe ends
  ptr(alice.hdl)->remove_link(ptr(hdl));
  joe.quit(caf::exit_reason::user_shutdown);
  sched.prioritize(joe.hdl);
  run();
  CHECK(alice.exits().empty());
}

TEST_CASE_FIXTURE(own_handle_fixture, "observers may throw") {
  auto before = home->snapshot().callback_exceptions;
  auto fail = [](const caf::error&) { throw std::runtime_error{"failed"}; };
  SUBCASE("when the actor ends") {
    hdl->attach_functor(fail);
    joe.quit();
  }
  SUBCASE("at once, since there is none") {
    auto nobody = remote("nobody", own_address);
    CHECK_NOTHROW(nobody->attach_functor(fail));
  }
  run();
  CHECK_EQ(home->snapshot().callback_exceptions, before + 1);
}

TEST_CASE_FIXTURE(own_handle_fixture, "a node that has failed takes no links, "
                                      "and keeps those that it has") {
  SUBCASE("one that comes after the failure") {
    fail_manager();
    run();
    REQUIRE(home->failure());
    alice.link_to(hdl);
    run();
    CHECK_EQ(alice.exits(), reasons{caf::exit_reason::remote_link_unreachable});
    joe.quit(caf::exit_reason::user_shutdown);
    run();
    CHECK_EQ(alice.exits().size(), 1);
  }
  SUBCASE("one that nobody had seen to") {
    fail_manager();
    ptr(alice.hdl)->add_link(ptr(hdl));
    run();
    REQUIRE(home->failure());
    CHECK(alice.exits().empty());
    joe.quit(caf::exit_reason::user_shutdown);
    run();
    CHECK_EQ(alice.exits(), reasons{caf::exit_reason::user_shutdown});
  }
  SUBCASE("one that is taken back after the failure") {
    alice.link_to(hdl);
    run();
    fail_manager();
    run();
    alice.unlink_from(hdl);
    run();
    joe.quit(caf::exit_reason::user_shutdown);
    run();
    CHECK(alice.exits().empty());
  }
}

TEST_CASE_FIXTURE(actor_fixture, "the module's own actors cannot be linked "
                                 "through a sender that a peer has made up") {
  auto act = sys.spawn(activator, home);
  REQUIRE_FALSE(home->processes->publish(
    caf::actor_cast<caf::strong_actor_ptr>(act), activator_id,
    delivery_mode::decoded, process_kind::activator));
  // it can be observed, like by peers
  auto alice = spawn_witness();
  alice.monitor(remote(activator_id, own_address));
  auto session = spawn_witness();
  session.link_to(remote(activator_id, own_address));
  run();
  CHECK(alice.downs().empty());
  CHECK_EQ(session.exits(), reasons{caf::exit_reason::unknown});
  caf::anon_send_exit(remote(activator_id, own_address),
                      caf::exit_reason::user_shutdown);
  session.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_NE(home->processes->find(activator_id).hdl, nullptr);
  caf::anon_send_exit(act, caf::exit_reason::kill);
  run();
  CHECK_EQ(alice.downs(), reasons{caf::exit_reason::kill});
}

TEST_SUITE_END();

} // namespace
