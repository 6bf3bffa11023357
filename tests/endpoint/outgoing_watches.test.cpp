// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outgoing_watches.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using handles = std::vector<caf::strong_actor_ptr>;

struct outgoing_fixture : actor_fixture {
  caf::strong_actor_ptr proxy(const std::string& id) {
    return home->proxies.get(*home, peer_address, id);
  }

  outgoing_watches out;
};

TEST_SUITE_BEGIN("endpoint.outgoing_watches");

TEST_CASE_FIXTURE(outgoing_fixture, "a watched actor is there until it is "
                                    "removed") {
  auto joe = proxy("joe");
  out.add("joe", joe, 1);
  CHECK_EQ(out.find("jim"), nullptr);
  CHECK_EQ(out.find("joe"), joe);
  CHECK(out.remove("joe"));
  CHECK_FALSE(out.remove("joe"));
  CHECK_EQ(out.find("joe"), nullptr);
  CHECK(out.empty());
}

TEST_CASE_FIXTURE(outgoing_fixture, "what was written ends with its "
                                    "incarnation, what was not stays") {
  out.add("joe", proxy("joe"), 1);
  auto jim = proxy("jim");
  out.add("jim", jim, 2);
  CHECK_EQ(out.take_written(1).size(), 1);
  CHECK_EQ(out.size(), 1);
  CHECK_EQ(out.take_all(), handles{jim});
}

TEST_CASE_FIXTURE(outgoing_fixture, "a renewed watch has a new place") {
  out.add("joe", proxy("joe"), 1);
  out.add("jim", proxy("jim"), 2);
  handles renewed;
  out.renew_written(1, [&](const caf::strong_actor_ptr& x) {
    renewed.push_back(x);
    return uint64_t{3};
  });
  CHECK_EQ(renewed, handles{proxy("joe")});
  CHECK_EQ(out.take_written(2), handles{proxy("jim")});
  CHECK_EQ(out.take_written(3), handles{proxy("joe")});
}

TEST_CASE_FIXTURE(outgoing_fixture, "a further watch does not hide that the "
                                    "first one was written") {
  auto joe = proxy("joe");
  out.add("joe", joe, 1);
  out.add("joe", joe, 5);
  CHECK_EQ(out.take_written(1), handles{joe});
}

TEST_SUITE_END();

} // namespace
