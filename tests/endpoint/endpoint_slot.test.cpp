// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_slot.hpp"

#include "support/actor_fixture.hpp"

#include <atomic>
#include <thread>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct slot_fixture : actor_fixture {
  endpoint_ptr make() {
    auto who = home->endpoints.peer_of(peer_address);
    return caf::make_counted<endpoint>(home, who, ++serial);
  }

  uint64_t serial = 0;
  endpoint_slot slot;
};

TEST_SUITE_BEGIN("endpoint.endpoint_slot");

TEST_CASE_FIXTURE(slot_fixture, "nothing was set yet") {
  CHECK_FALSE(slot.get());
  CHECK_EQ(slot.owned(), nullptr);
}

TEST_CASE_FIXTURE(slot_fixture,
                  "an endpoint that was replaced lives as long as "
                  "somebody uses it") {
  auto first = make();
  slot.set(first);
  CHECK_EQ(first->get_reference_count(), 2);
  {
    auto used = slot.get();
    REQUIRE(used);
    CHECK_EQ(used->serial(), 1);
    slot.set(make());
    CHECK_EQ(first->get_reference_count(), 2);
    CHECK_EQ(slot.get()->serial(), 2);
  }
  // nobody uses it any more, which is noticed at the next change
  slot.set(make());
  CHECK_EQ(first->get_reference_count(), 1);
}

TEST_CASE_FIXTURE(slot_fixture, "users on many threads see whole endpoints") {
  slot.set(make());
  std::atomic<bool> done{false};
  std::atomic<uint64_t> uses{0};
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i)
    users.emplace_back([&] {
      uint64_t last = 0;
      while (!done) {
        auto x = slot.get();
        auto now = x->serial();
        CHECK_GE(now, last);
        last = now;
        ++uses;
      }
    });
  for (int i = 0; i < 500 || uses < 1000; ++i)
    slot.set(make());
  done = true;
  for (auto& x : users)
    x.join();
}

TEST_SUITE_END();

} // namespace
