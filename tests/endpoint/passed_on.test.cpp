// SPDX-License-Identifier: BSD-3-Clause

// Requests that another node has passed on to us, or we to another one: whoever
// has asked is answered, and told why.

#include "caf_remote/wire/empty_result.hpp"
#include "caf_remote/wire/reason_header.hpp"

#include "support/actor_fixture.hpp"
#include "support/text.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

const transport::metadata caf_peer = actor_fixture::caf_remote_intro(1u << 20);

constexpr const char* relay_address = "127.0.0.1:9001";

std::string reason_in(const envelope& x) {
  auto i = x.header.find(std::string{wire::reason_header::key});
  return i != x.header.end() ? i->second : "";
}

/// An actor at `peer_address`, of which we know nothing, asks.
struct passed_on_fixture : actor_fixture {
  passed_on_fixture() {
    publish_echo("echo");
    publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const Ping&) {}};
    }),
            "silent");
    publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const Ping&) -> caf::result<Ping> {
        return caf::sec::runtime_error;
      }};
    }),
            "failing");
    publish(sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[](int) {}};
    }),
            "choosy");
  }

  static envelope question(const std::string& target,
                           const std::string& text = "question",
                           pid asker = {peer_address, "$7.abc", 5}) {
    auto result = make_envelope_for(target, make_ping(text));
    result.sender = std::move(asker);
    return result;
  }

  void pass_on(const envelope& x) {
    receive(accept("relay", relay_address, caf_peer), {x});
  }

  /// What who has asked is sent in the end.
  envelope answer(const transport::metadata& intro) {
    auto xs = read_batches(shake_hands(peer_member, intro)->take_written());
    REQUIRE_EQ(xs.size(), 1);
    return xs[0];
  }
};

TEST_SUITE_BEGIN("endpoint.passed_on");

TEST_CASE_FIXTURE(passed_on_fixture, "whatever becomes of a request, who has "
                                     "asked is told, wherever it lives") {
  std::string target;
  std::string expected = "actor.DeadLetterResponse";
  std::string why;
  SUBCASE("a result") {
    target = "echo";
    expected = "caf_remote.test.Ping";
  }
  SUBCASE("nothing to say") {
    target = "silent";
    expected = std::string{wire::empty_result::type_name};
  }
  SUBCASE("an error") {
    target = "failing";
    why = "the actor failed";
  }
  SUBCASE("no handler") {
    target = "choosy";
    why = "no handler";
  }
  SUBCASE("no such actor") {
    target = "nobody";
    why = "no actor of that name";
  }
  pass_on(question(target));
  REQUIRE_EQ(dials(), 1);
  auto x = answer(caf_peer);
  CHECK_EQ(x.type_name, expected);
  CHECK_EQ(x.target.id, "$7.abc");
  CHECK_EQ(x.target.request_id, 5);
  CHECK(contains(reason_in(x), why));
}

TEST_CASE_FIXTURE(passed_on_fixture, "a Go node that has asked is told without "
                                     "a header") {
  for (auto target : {"failing", "nobody"}) {
    CAPTURE(target);
    pass_on(question(target));
  }
  auto xs = read_batches(shake_hands(peer_member)->take_written());
  REQUIRE_EQ(xs.size(), 2);
  for (auto& x : xs) {
    CHECK_EQ(x.type_name, "actor.DeadLetterResponse");
    CHECK(x.header.empty());
  }
}

TEST_CASE_FIXTURE(passed_on_fixture, "a future of a Go node is a requester, "
                                     "although it has no request id") {
  pass_on(question("nobody", "question", {peer_address, "future$1", 0}));
  REQUIRE_EQ(dials(), 1);
  CHECK_EQ(answer({}).target.id, "future$1");
}

// -- why ----------------------------------------------------------------------

TEST_CASE_FIXTURE(passed_on_fixture, "who has asked for more than it takes is "
                                     "told so") {
  auto intro = caf_remote_intro(4096);
  receive(accept(peer_member, peer_address, intro),
          {question("echo", std::string(10000, 'x'))});
  auto x = answer(intro);
  CHECK_EQ(x.type_name, "actor.DeadLetterResponse");
  CHECK(contains(reason_in(x), "its answer cannot be sent"));
  CHECK(contains(reason_in(x), explain(errc::message_too_large)));
}

TEST_CASE_FIXTURE(passed_on_fixture, "who asks an actor that passes its "
                                     "request on is told that the next node is "
                                     "out of reach") {
  auto far = remote("joe", relay_address);
  publish(sys.spawn([far](caf::event_based_actor* self) -> caf::behavior {
    return {[=](const Ping& x) { return self->delegate(far, x); }};
  }),
          "forward");
  receive(accept(peer_member, peer_address, caf_peer), {question("forward")});
  while (home->endpoints.find(relay_address) != nullptr) {
    refuse_connection();
    advance(home->opts.retry_wait);
  }
  auto x = answer(caf_peer);
  CHECK_EQ(x.type_name, "actor.DeadLetterResponse");
  CHECK(contains(reason_in(x), "attempts failed"));
  CHECK(contains(reason_in(x), "joe"));
}

TEST_SUITE_END();

} // namespace
