// SPDX-License-Identifier: BSD-3-Clause

// Errors that are no answer to a request, and other news for senders that wait
// for none.

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct failing_fixture : actor_fixture {
  failing_fixture() {
    publish(sys.spawn([](caf::event_based_actor*) {
      return caf::behavior{
        [](const Ping&) -> caf::result<void> {
          return caf::make_error(caf::sec::runtime_error);
        },
      };
    }),
            "failing");
    publish(sys.spawn([](caf::event_based_actor* self) {
      self->set_default_handler(caf::drop);
      return caf::behavior{[](int) {}};
    }),
            "choosy");
  }

  /// Delivers pings, with a sender, and returns what we send back.
  std::vector<envelope> receive_pings(const transport::metadata& intro,
                                      const std::string& to, size_t count,
                                      uint32_t request_id = 0) {
    connect(peer_member, intro);
    auto x = make_envelope_for(to, make_ping("hi"));
    x.sender = {"", "joe", request_id};
    receive(accept(peer_member, peer_address, intro),
            std::vector<envelope>(count, x));
    return sent();
  }

  const transport::metadata caf_peer = caf_remote_intro(1u << 20);
};

TEST_SUITE_BEGIN("endpoint.stray_errors");

TEST_CASE_FIXTURE(failing_fixture, "a handler's error for a message is not "
                                   "sent to a caf_remote peer, but counted") {
  CHECK(receive_pings(caf_peer, "failing", 1000).empty());
  CHECK_EQ(dead_letters(errc::stray_error), 1000);
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 1000);
  CHECK_EQ(xs[0].pid, pid{peer_address, "joe"});
  CHECK(xs[0].message.match_elements<caf::error>());
  CHECK_EQ(xs[0].sender, pid{own_address, "failing"});
}

TEST_CASE_FIXTURE(failing_fixture, "a peer of Proto.Actor is told") {
  auto xs = receive_pings({}, "failing", 2);
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
  CHECK_EQ(xs[0].target.id, "joe");
  CHECK_EQ(dead_letters(errc::stray_error), 0);
}

TEST_CASE_FIXTURE(failing_fixture, "the error of a request is sent to every "
                                   "peer") {
  transport::metadata intro;
  SUBCASE("caf_remote") {
    intro = caf_peer;
  }
  SUBCASE("Proto.Actor") {
    // nothing in the metadata
  }
  auto xs = receive_pings(intro, "failing", 1, 7);
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
  CHECK_EQ(xs[0].target.request_id, 7);
  CHECK_EQ(dead_letters(errc::stray_error), 0);
}

TEST_CASE_FIXTURE(failing_fixture, "a message for nobody, or that no handler "
                                   "takes, costs a caf_remote peer nothing") {
  CHECK(receive_pings(caf_peer, "nobody", 1000).empty());
  CHECK_EQ(dead_letters(errc::dead_letter), 1000);
}

TEST_CASE_FIXTURE(failing_fixture, "the sender of a message that no handler "
                                   "takes hears of it once") {
  SUBCASE("of Proto.Actor") {
    auto xs = receive_pings({}, "choosy", 1);
    REQUIRE_EQ(xs.size(), 1);
    CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
  }
  SUBCASE("never, of caf_remote") {
    CHECK(receive_pings(caf_peer, "choosy", 1).empty());
  }
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
}

TEST_CASE_FIXTURE(failing_fixture, "a request for nobody is answered to every "
                                   "peer") {
  auto xs = receive_pings(caf_peer, "nobody", 1, 7);
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].target.request_id, 7);
}

TEST_CASE_FIXTURE(failing_fixture, "an error that is sent to a caf_remote peer "
                                   "is a dead letter") {
  connect(peer_member, caf_peer);
  send(remote("joe"), caf::make_error(caf::sec::runtime_error));
  CHECK(sent().empty());
  CHECK_EQ(dead_letters(errc::stray_error), 1);
}

// A published actor that passes its messages on, to one that fails.
TEST_CASE_FIXTURE(actor_fixture, "a failure does not make an actor reachable "
                                 "that was not") {
  auto worker = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const Ping&) -> caf::result<Ping> {
      return caf::sec::invalid_argument;
    }};
  });
  publish(sys.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    return {[=](const Ping& x) { return self->delegate(worker, x); }};
  }),
          "router");
  connect();
  auto in = accept();
  auto asked = make_envelope_for("router", make_ping("hello"));
  asked.sender = {"", "stranger", 7};
  receive(in, {asked});
  auto answers = of_type(sent(), wire::dead_letter_response::type_name);
  REQUIRE_EQ(answers.size(), 1);
  wire::dead_letter_response answer;
  REQUIRE(wire::decode(answers[0].payload, answer));
  CHECK_EQ(answer.target.id, "");
  CHECK_EQ(home->processes->count(process_kind::reply_address), 0);
}

TEST_SUITE_END();

} // namespace
