// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/link_end.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct link_end_fixture : actor_fixture {
  link_end_fixture() : alice(spawn_witness()) {
    run();
  }

  /// Whether an exit message of Alice's, sent by `sender`, is the end of a
  /// link.
  bool is_end(const caf::actor& sender) const {
    auto element = caf::make_mailbox_element(
      caf::actor_cast<caf::strong_actor_ptr>(sender), caf::make_message_id(),
      {}, exit_of_alice());
    return is_link_end(*element, exit_of_alice());
  }

  caf::exit_msg exit_of_alice() const {
    return {alice.hdl.address(), caf::exit_reason::user_shutdown};
  }

  witness alice;
};

TEST_SUITE_BEGIN("compat.link_end");

TEST_CASE_FIXTURE(link_end_fixture,
                  "an exit message is the end of a link if its "
                  "source sends it and has ended") {
  CHECK_FALSE(is_end(alice.hdl));
  CHECK_FALSE(source_has_ended(exit_of_alice()));
  alice.quit();
  run();
  CHECK(is_end(alice.hdl));
  CHECK(source_has_ended(exit_of_alice()));
  // somebody else passes it on, or nobody
  CHECK_FALSE(is_end(spawn_witness().hdl));
  CHECK_FALSE(is_end(nullptr));
}

TEST_CASE_FIXTURE(link_end_fixture, "without a source it ends no link") {
  caf::exit_msg nobodys{caf::actor_addr{}, caf::exit_reason::kill};
  auto element = caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                           nobodys);
  CHECK_FALSE(is_link_end(*element, nobodys));
  CHECK_FALSE(source_has_ended(nobodys));
}

TEST_SUITE_END();

} // namespace
