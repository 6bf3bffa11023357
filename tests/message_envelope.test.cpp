// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/message_envelope.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("message_envelope");

TEST_CASE("an envelope takes a message and what goes with it") {
  auto x = make_envelope(make_ping("hi"), {{"k", "v"}}, 1);
  CHECK_EQ(x.content.get_as<Ping>(0).text(), "hi");
  CHECK_EQ(x.header, message_header{{"k", "v"}});
  CHECK_EQ(x.serializer_id, 1);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a local receiver gets the envelope as it is") {
  auto alice = spawn_witness();
  send(alice.hdl, make_envelope(make_ping("hi"), {{"k", "v"}}));
  auto xs = alice.all<message_envelope>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].header, message_header{{"k", "v"}});
}

/// Notes what is known about each ping.
struct asking_fixture : actor_fixture {
  asking_fixture() {
    auto hdl = sys.spawn([h = headers, s = senders](
                           caf::event_based_actor* self) -> caf::behavior {
      return {[=](const Ping&) {
        h->push_back(header_of(self));
        s->push_back(sender_of(self));
      }};
    });
    publish(hdl, "alice");
    alice = hdl;
  }

  std::shared_ptr<std::vector<message_header>>
    headers = std::make_shared<std::vector<message_header>>();
  std::shared_ptr<std::vector<pid>>
    senders = std::make_shared<std::vector<pid>>();
  caf::actor alice;
};

TEST_CASE_FIXTURE(asking_fixture, "header and sender of a message from afar") {
  auto x = make_envelope_for("alice", make_ping("hi"));
  x.header = {{"k", "v"}};
  x.sender = {"", "joe", 0};
  receive(accept(), {x});
  REQUIRE_EQ(headers->size(), 1);
  CHECK_EQ(headers->at(0), message_header{{"k", "v"}});
  CHECK_EQ(senders->at(0), pid{peer_address, "joe"});
}

TEST_CASE_FIXTURE(asking_fixture, "a local message has neither") {
  auto bob = spawn_witness();
  caf::send_as(bob.hdl, alice, make_ping("hi"));
  send_ping(alice, "anonymous");
  REQUIRE_EQ(headers->size(), 2);
  for (auto& x : *headers)
    CHECK(x.empty());
  for (auto& x : *senders)
    CHECK_EQ(x.id, "");
}

TEST_SUITE_END();

} // namespace
