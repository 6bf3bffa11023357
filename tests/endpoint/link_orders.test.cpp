// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/link_orders.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct orders_fixture : actor_fixture {
  orders_fixture()
    : proxy(remote("host", own_address)), host(spawn_witness()),
      alice(spawn_witness()) {
    run();
  }

  ~orders_fixture() {
    orders.close();
  }

  caf::weak_actor_ptr where() const {
    return caf::actor_cast<caf::weak_actor_ptr>(host.hdl);
  }

  caf::attachable_ptr link() const {
    return std::make_unique<own_link>(
      caf::actor_cast<caf::strong_actor_ptr>(proxy), alice.hdl.address(), over);
  }

  caf::actor proxy;
  witness host;
  witness alice;
  own_link::over_flag over = std::make_shared<std::atomic<bool>>(false);
  link_orders orders;
};

TEST_SUITE_BEGIN("endpoint.link_orders");

TEST_CASE_FIXTURE(orders_fixture, "a link holds from when it is performed") {
  CHECK(orders.add(where(), link()));
  orders.perform();
  host.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.exits(),
           std::vector<caf::error>{caf::exit_reason::user_shutdown});
}

TEST_CASE_FIXTURE(orders_fixture,
                  "a link that is taken off again says nothing") {
  orders.add(where(), link());
  orders.remove(where(), over);
  orders.perform();
  host.quit();
  run();
  CHECK_EQ(alice.size(), 0);
}

TEST_CASE_FIXTURE(orders_fixture,
                  "an order keeps no actor, and who is linked to "
                  "one that is gone is told") {
  auto weak = where();
  CHECK(orders.add(weak, link()));
  host = witness{};
  run();
  REQUIRE_EQ(weak->strong_refs.load(), 0);
  orders.perform();
  run();
  CHECK_EQ(alice.exits(), std::vector<caf::error>{caf::exit_reason::unknown});
}

TEST_CASE_FIXTURE(orders_fixture,
                  "what was ordered before the end is done, and "
                  "nothing after it") {
  CHECK(orders.add(where(), link()));
  orders.close();
  CHECK_FALSE(orders.add(where(), link()));
  host.quit(caf::exit_reason::user_shutdown);
  run();
  CHECK_EQ(alice.exits().size(), 1);
}

TEST_SUITE_END();

} // namespace
