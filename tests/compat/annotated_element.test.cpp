// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/annotated_element.hpp"

#include "caf_remote/endpoint/common_bound.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace caf_remote;

namespace {

using sent_ptr = std::unique_ptr<sent_element, caf::detail::disposer>;

sent_ptr make_sent() {
  return sent_ptr{new sent_element(nullptr, caf::make_message_id(), {},
                                   caf::make_message(42))};
}

TEST_SUITE_BEGIN("compat.annotated_element");

TEST_CASE("what goes along with a message is found beside it") {
  auto x = make_sent();
  x->header({{"k", "v"}});
  x->serializer_id = 7;
  auto extras = extras_of(*x);
  REQUIRE(extras.header != nullptr);
  CHECK_EQ(*extras.header, message_header{{"k", "v"}});
  CHECK_EQ(extras.serializer_id, 7);
  CHECK(std::as_const(*x).content().match_elements<int>());
}

TEST_CASE("a message that is passed on is counted where it is held last") {
  auto whole = caf::make_counted<common_bound>(10, 10000);
  auto first = caf::make_counted<bound_share>(whole);
  auto second = caf::make_counted<bound_share>(whole);
  {
    sent_ptr x{new sent_element(nullptr, caf::make_message_id(), {},
                                caf::make_message(1))};
    REQUIRE(first->enter(2000));
    x->held_by(first, 2000, nullptr);
    REQUIRE(second->enter(2000));
    x->held_by(second, 2000, nullptr);
    CHECK_EQ(whole->held(), 2000);
  }
  CHECK_EQ(whole->held(), 0);
}

TEST_CASE("other messages have nothing beside them") {
  auto x = caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, 42);
  auto extras = extras_of(*x);
  CHECK_EQ(extras.header, nullptr);
  CHECK_EQ(extras.serializer_id, 0);
  CHECK(make_sent()->header().empty());
}

TEST_SUITE_END();

} // namespace
