// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outgoing_watches.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using handles = std::vector<caf::strong_actor_ptr>;

struct outgoing_fixture : actor_fixture {
  /// Renews all that must be.
  handles renewed() {
    handles result;
    auto renew = [&](const caf::strong_actor_ptr& x) {
      result.push_back(x);
      return ++last;
    };
    while (out.renew_next(renew))
      ; // nop
    return result;
  }

  handles lost(uint64_t seq) {
    handles result;
    for (auto& x : out.take_written(seq))
      result.push_back(x.proxy);
    return result;
  }

  caf::strong_actor_ptr proxy(const std::string& id) {
    return home->proxies.get(*home, peer_address, id);
  }

  outgoing_watches out;
  uint64_t last = 2;
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
  auto joe = proxy("joe");
  out.add("joe", joe, 1);
  auto jim = proxy("jim");
  out.add("jim", jim, 2);
  CHECK_EQ(lost(1), handles{joe});
  CHECK_EQ(out.size(), 1);
  CHECK_EQ(out.take_all(), handles{jim});
}

TEST_CASE_FIXTURE(outgoing_fixture,
                  "a watch is renewed after each loss, unless "
                  "one waits already") {
  out.add("joe", proxy("joe"), 1);
  out.add("jim", proxy("jim"), 2);
  CHECK(renewed().empty());
  out.lost(1);
  CHECK_EQ(renewed(), handles{proxy("joe")});
  out.lost(2);
  CHECK_EQ(renewed(), handles{proxy("jim")});
  out.lost(2);
  CHECK(renewed().empty());
  out.lost(4);
  CHECK_EQ(renewed().size(), 2);
  out.all_lost();
  CHECK_EQ(renewed().size(), 2);
}

TEST_CASE_FIXTURE(outgoing_fixture, "a loss while watches are renewed begins "
                                    "anew") {
  for (auto id : {"a", "b", "c"})
    out.add(id, proxy(id), 1);
  out.lost(1);
  CHECK(
    out.renew_next([](const caf::strong_actor_ptr&) { return uint64_t{2}; }));
  out.remove("b");
  out.lost(2);
  CHECK_EQ(renewed(), handles{proxy("a"), proxy("c")});
}

TEST_CASE_FIXTURE(outgoing_fixture, "a renewed or further watch does not hide "
                                    "that the first one was written") {
  auto joe = proxy("joe");
  out.add("joe", joe, 1);
  last = 4;
  SUBCASE("renewed") {
    out.all_lost();
    renewed();
  }
  SUBCASE("copied") {
    out.add_copy("joe", 5);
  }
  SUBCASE("once more") {
    out.add("joe", joe, 5);
  }
  auto xs = out.take_written(1);
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].proxy, joe);
  CHECK(xs[0].is_queued);
  CHECK(out.empty());
}

TEST_CASE_FIXTURE(outgoing_fixture,
                  "nothing waits of a watch that was written") {
  out.add("joe", proxy("joe"), 1);
  out.add_copy("joe", 3);
  auto xs = out.take_written(3);
  REQUIRE_EQ(xs.size(), 1);
  CHECK_FALSE(xs[0].is_queued);
}

TEST_CASE_FIXTURE(outgoing_fixture, "a copy of no watch changes nothing") {
  out.add_copy("joe", 1);
  CHECK(out.empty());
}

TEST_CASE_FIXTURE(outgoing_fixture, "a further watch, which may never be sent, "
                                    "does not stand for the first one") {
  out.add("joe", proxy("joe"), 1);
  out.add_copy("joe", 2);
  out.lost(1);
  CHECK_EQ(renewed(), handles{proxy("joe")});
}

TEST_CASE_FIXTURE(outgoing_fixture, "what others go on with ends with the "
                                    "incarnation that their first Watch went "
                                    "to") {
  auto joe = proxy("joe");
  out.add("joe", joe, 1);
  REQUIRE_EQ(out.take_written(1).size(), 1);
  out.keep("joe", joe, 2);
  last = 3;
  CHECK_EQ(renewed(), handles{joe});
  CHECK(renewed().empty());
  CHECK(out.take_written(1).empty());
  auto xs = out.take_written(2);
  REQUIRE_EQ(xs.size(), 1);
  CHECK(xs[0].is_queued);
}

TEST_SUITE_END();

} // namespace
