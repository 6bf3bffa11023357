// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/outbound_element.hpp"

#include "caf_remote/endpoint/outbound_builder.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct element_fixture : actor_fixture {
  outbound_ptr make() {
    return make_outbound({"joe", "me", "own:1"}, "some.Type", true, "payload");
  }

  /// Lets an actor handle an element, as the writer does.
  void enqueue(const caf::actor& to, outbound_ptr x) {
    auto ptr = caf::actor_cast<caf::strong_actor_ptr>(to);
    ptr->enqueue(caf::mailbox_element_ptr{x.release()}, nullptr);
    run();
  }
};

TEST_SUITE_BEGIN("compat.outbound_element");

TEST_CASE_FIXTURE(element_fixture, "the charge is the memory that is held") {
  outbound_element::parts xs;
  auto small = outbound_element::make(xs);
  CHECK_GE(small->charge(), sizeof(outbound_element));
  // what requirements say of a waiting message with 64 bytes
  CHECK_LE(make()->charge(), 300);
  xs.payload_size = 100000;
  auto large = outbound_element::make(xs);
  CHECK_GE(large->charge(), sizeof(outbound_element) + 100000);
  CHECK_LE(large->charge(), sizeof(outbound_element) + 100100);
}

TEST_CASE_FIXTURE(element_fixture, "a handler may keep the element") {
  auto kept = std::make_shared<std::vector<outbound_ptr>>();
  auto alice = sys.spawn([kept](caf::event_based_actor*) -> caf::behavior {
    return {[kept](outbound& x) {
      kept->push_back(static_cast<outbound_element&>(x).keep());
    }};
  });
  enqueue(alice, make());
  enqueue(alice, make());
  REQUIRE_EQ(kept->size(), 2);
  CHECK_EQ(kept->at(0)->payload(), "payload");
  CHECK_EQ(kept->at(0)->type_name(), "some.Type");
}

TEST_CASE_FIXTURE(element_fixture, "an element that is not kept is freed") {
  auto seen = std::make_shared<int>(0);
  auto alice = sys.spawn([seen](caf::event_based_actor*) -> caf::behavior {
    return {[seen](outbound&) { ++*seen; }};
  });
  enqueue(alice, make());
  CHECK_EQ(*seen, 1);
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 0);
}

TEST_CASE_FIXTURE(element_fixture,
                  "destroyed while counted it is a dead letter") {
  errc why = errc::none;
  auto where = home->endpoints.acquire(peer_address, why);
  REQUIRE_NE(where, nullptr);
  auto x = make();
  x->admitted(*where);
  SUBCASE("dropped by its owner") {
    x.reset();
    CHECK_EQ(where->read().dead_lettered, 1);
    CHECK_EQ(dead_letters(errc::endpoint_terminated), 1);
  }
  SUBCASE("sent to an actor that is over") {
    where->loss_reason(errc::blocked);
    auto alice = spawn_witness();
    alice.quit();
    run();
    enqueue(alice.hdl, std::move(x));
    CHECK_EQ(where->read().dead_lettered, 1);
    CHECK_EQ(dead_letters(errc::blocked), 1);
  }
  SUBCASE("not if it was settled") {
    CHECK_EQ(x->settle(), where.get());
    CHECK_EQ(x->settle(), nullptr);
    x.reset();
    CHECK_EQ(where->read().dead_lettered, 0);
  }
}

TEST_SUITE_END();

} // namespace
