// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/proxy_table.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("endpoint.proxy_table");

TEST_CASE_FIXTURE(actor_fixture, "a proxy lives as long as somebody holds it") {
  auto& table = home->proxies;
  CHECK_EQ(table.find(peer_address, "joe"), nullptr);
  auto x = table.get(*home, peer_address, "joe");
  CHECK_EQ(table.get(*home, peer_address, "joe"), x);
  CHECK_EQ(table.find(peer_address, "joe"), x);
  CHECK_EQ(table.size(), 1);
  x = nullptr;
  CHECK_EQ(table.find(peer_address, "joe"), nullptr);
  CHECK_EQ(table.size(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "address and id are kept apart") {
  auto& table = home->proxies;
  auto x = table.get(*home, "a:1", "b");
  auto y = table.get(*home, "a:11", "b");
  auto z = table.get(*home, "a:1", "1b");
  CHECK_EQ(table.size(), 3);
  CHECK_EQ(as_remote_proxy(x)->who(), pid{"a:1", "b"});
  CHECK_EQ(as_remote_proxy(z)->who(), pid{"a:1", "1b"});
}

TEST_CASE_FIXTURE(actor_fixture, "handles of peers leave nothing behind") {
  publish_witness("alice");
  auto in = accept();
  auto before = home->proxies.size();
  for (int i = 0; i < 100; ++i) {
    auto x = make_envelope_for("alice", make_ping("x"));
    x.sender = {"", "sender" + std::to_string(i), 0};
    receive(in, {x});
  }
  CHECK_EQ(home->proxies.size(), before);
}

TEST_CASE_FIXTURE(actor_fixture, "only proxies are proxies") {
  auto alice = spawn_witness();
  CHECK_EQ(as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(alice.hdl)),
           nullptr);
}

TEST_CASE_FIXTURE(actor_fixture, "a closed table makes no more proxies") {
  auto& table = home->proxies;
  auto x = table.get(*home, peer_address, "joe");
  table.close();
  CHECK_EQ(table.get(*home, peer_address, "joe"), nullptr);
  CHECK_EQ(table.get(*home, peer_address, "jim"), nullptr);
}

TEST_SUITE_END();

} // namespace
