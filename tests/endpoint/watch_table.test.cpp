// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/watch_table.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct table_fixture : actor_fixture {
  caf::strong_actor_ptr proxy(const std::string& id) {
    return home->proxies.get(*home, peer_address, id);
  }

  outgoing_watches out;
  incoming_watches in;
};

TEST_SUITE_BEGIN("endpoint.watch_table");

TEST_CASE_FIXTURE(table_fixture, "a watched actor is taken out once") {
  auto joe = proxy("joe");
  out.add("joe", joe, 1);
  CHECK_EQ(out.take("jim"), nullptr);
  CHECK_EQ(out.take("joe"), joe);
  CHECK_EQ(out.take("joe"), nullptr);
  out.add("joe", joe, 2);
  CHECK(out.remove("joe"));
  CHECK_FALSE(out.remove("joe"));
  CHECK_EQ(out.size(), 0);
}

TEST_CASE_FIXTURE(table_fixture, "what was written ends with its incarnation, "
                                 "what was not stays") {
  out.add("joe", proxy("joe"), 1);
  auto jim = proxy("jim");
  out.add("jim", jim, 2);
  CHECK_EQ(out.take_written(1).size(), 1);
  CHECK_EQ(out.size(), 1);
  CHECK_EQ(out.take_all(), std::vector<caf::strong_actor_ptr>{jim});
}

TEST_CASE_FIXTURE(table_fixture, "a renewed watch has a new number") {
  out.add("joe", proxy("joe"), 1);
  out.add("jim", proxy("jim"), 2);
  std::vector<caf::strong_actor_ptr> renewed;
  out.renew_written(1, [&](const caf::strong_actor_ptr& x) {
    renewed.push_back(x);
    return uint64_t{3};
  });
  CHECK_EQ(renewed.size(), 1);
  CHECK_EQ(out.take_written(2).size(), 1);
  CHECK_EQ(out.take_written(3).size(), 1);
}

TEST_CASE_FIXTURE(table_fixture, "a local actor is monitored from its first to "
                                 "its last watcher") {
  auto alice = spawn_witness().hdl.address();
  caf::actor_addr gone;
  CHECK(in.add(alice, "alice", {peer_address, "w1"}));
  CHECK_FALSE(in.add(alice, "alice", {peer_address, "w2"}));
  CHECK_FALSE(in.add(alice, "alice", {peer_address, "w2"}));
  CHECK_EQ(in.size(), 2);
  CHECK_FALSE(in.remove("alice", {peer_address, "w3"}, gone));
  CHECK_FALSE(in.remove("bob", {peer_address, "w1"}, gone));
  CHECK_FALSE(in.remove("alice", {peer_address, "w1"}, gone));
  CHECK(in.remove("alice", {peer_address, "w2"}, gone));
  CHECK_EQ(gone, alice);
  CHECK_EQ(in.size(), 0);
}

TEST_CASE_FIXTURE(table_fixture,
                  "the end of a local actor concerns its watchers "
                  "only") {
  auto alice = spawn_witness().hdl.address();
  auto bob = spawn_witness().hdl.address();
  in.add(alice, "alice", {peer_address, "w1"});
  in.add(alice, "alias", {peer_address, "w1"});
  in.add(bob, "bob", {peer_address, "w1"});
  CHECK_EQ(in.take(alice).size(), 2);
  CHECK(in.take(alice).empty());
  CHECK_EQ(in.clear(), std::vector<caf::actor_addr>{bob});
  CHECK_EQ(in.size(), 0);
}

TEST_SUITE_END();

} // namespace
