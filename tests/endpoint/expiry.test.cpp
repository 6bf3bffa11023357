// SPDX-License-Identifier: BSD-3-Clause

// Requests that wait in the queue until nobody waits for the answer any more.

#include "caf_remote/endpoint/activator.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// The connection stands still, with two batches on the way.
struct stalled_fixture : two_writes_fixture {
  stalled_fixture() {
    str->take_written();
  }

  ~stalled_fixture() {
    // a time limit keeps its actor
    advance(10min);
  }

  /// Asks with a time limit that CAF keeps to itself.
  outcome_ptr ask(const std::string& text, caf::timespan time_limit) {
    return start([=](caf::event_based_actor* self) {
      return self->request(remote("joe"), time_limit, make_ping(text));
    });
  }

  /// Asks with a time limit that is told.
  outcome_ptr ask_by(const std::string& text, caf::timespan time_limit) {
    return start([=](caf::event_based_actor* self) {
      return caf_remote::request(self, remote("joe"), time_limit,
                                 make_ping(text));
    });
  }

  /// The connection works again. Returns what is sent.
  strings go_on() {
    str->complete_writes();
    run();
    return texts_of(sent());
  }

  /// Each message was counted once.
  void check_account(uint64_t written, uint64_t expired) {
    CHECK_EQ(totals().written, written);
    CHECK_EQ(totals().dead_lettered, expired);
    CHECK_EQ(totals().queued, 0);
    CHECK(balanced(totals()));
    CHECK_EQ(dead_letters(errc::expired), expired);
    CHECK_EQ(events.count<dead_letter>(), expired);
  }

private:
  template <class Ask>
  outcome_ptr start(Ask ask) {
    auto result = std::make_shared<outcome>();
    auto asker = spawn_witness();
    asker.act([=](caf::event_based_actor* self) {
      ask(self).then([=](const Ping&) { ++result->answers; },
                     [=](caf::error& err) {
                       ++result->answers;
                       result->reason = std::move(err);
                     });
    });
    run();
    return result;
  }
};

TEST_SUITE_BEGIN("endpoint.expiry");

TEST_CASE_FIXTURE(stalled_fixture, "a request that has waited for too long is "
                                   "not sent, and its sender hears of it") {
  auto old = ask("old", 10min);
  send_ping(remote("joe"), "message");
  advance(30s);
  auto young = ask("young", 10min);
  advance(31s);
  CHECK_EQ(old->answers, 0);
  CHECK_EQ(go_on(), strings{"message", "young"});
  CHECK(old->failed_with(errc::expired));
  CHECK_EQ(young->answers, 0);
  CHECK_EQ(home->pending.size(), 1);
  check_account(4, 1);
}

TEST_CASE_FIXTURE(stalled_fixture, "a request whose time limit is known is not "
                                   "sent after it, and is sent before it") {
  auto brief = ask_by("brief", 5s);
  auto long_one = ask_by("long", 10min);
  auto unlimited = ask("unlimited", 10min);
  SUBCASE("before") {
    advance(4s);
    CHECK_EQ(go_on(), strings{"brief", "long", "unlimited"});
    CHECK_EQ(brief->answers, 0);
    check_account(5, 0);
  }
  SUBCASE("after") {
    advance(6s);
    CHECK_EQ(brief->reason, caf::sec::request_timeout);
    CHECK_EQ(go_on(), strings{"long", "unlimited"});
    CHECK_EQ(brief->answers, 1);
    check_account(4, 1);
  }
  SUBCASE("longer than the setting for the others") {
    advance(5min);
    CHECK_EQ(go_on(), strings{"long"});
    CHECK_EQ(long_one->answers, 0);
    CHECK(unlimited->failed_with(errc::expired));
    check_account(3, 2);
  }
}

TEST_CASE_FIXTURE(stalled_fixture, "what waits for a connection to come back "
                                   "expires, too") {
  auto lost = ask_by("lost", 1s);
  send_ping(remote("joe"), "message");
  cut(str);
  advance(1500ms);
  CHECK_EQ(lost->reason, caf::sec::request_timeout);
  shake_hands();
  CHECK_EQ(texts_of(sent()), strings{"message"});
  CHECK_EQ(dead_letters(errc::expired), 1);
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(stalled_fixture, "a request of another node that is passed "
                                   "on expires, and its sender is told") {
  publish(sys.spawn([joe = remote("joe")](caf::event_based_actor* self) {
    return caf::behavior{
      [=](const Ping& x) { return self->delegate(joe, x); },
    };
  }),
          "middle");
  auto x = make_envelope_for("middle", make_ping("question"));
  x.sender = {"", "requester", 7};
  receive(accept(), {x});
  advance(61s);
  str->complete_writes();
  run();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
  CHECK_EQ(xs[0].target.request_id, 7);
  CHECK_EQ(dead_letters(errc::expired), 1);
}

TEST_CASE_FIXTURE(stalled_fixture, "a request that an actor of ours passes on "
                                   "keeps its time limit, if it is told to") {
  auto joe = remote("joe");
  auto ours = false;
  SUBCASE("caf_remote::delegate") {
    ours = true;
  }
  SUBCASE("CAF's own") {}
  auto router = sys.spawn([=](caf::event_based_actor* self) {
    return caf::behavior{[=](const Ping& x) {
      return ours ? caf_remote::delegate(self, joe, x, {{"k", "v"}})
                  : self->delegate(joe, x);
    }};
  });
  auto ask_router = [&](const std::string& text, caf::timespan limit) {
    spawn_witness().act([=](caf::event_based_actor* self) {
      caf_remote::request(self, router, limit, make_ping(text))
        .then([](const Ping&) {}, [](const caf::error&) {});
    });
    run();
  };
  ask_router("long", 10min);
  advance(55s);
  ask_router("brief", 2s);
  advance(10s);
  CHECK_EQ(go_on(), ours ? strings{"long"} : strings{"brief"});
  CHECK_EQ(dead_letters(errc::expired), 1);
}

TEST_CASE_FIXTURE(stalled_fixture, "no actor is spawned that nobody waits for "
                                   "any more") {
  auto asker = sys.spawn<caf::hidden>(spawner, home);
  auto failed = std::make_shared<caf::error>();
  auto alice = spawn_witness();
  alice.act([=](caf::event_based_actor* self) {
    caf_remote::request(self, asker, 5s, remote_spawn{peer_address, "kind", ""})
      .then([](const caf::actor&) {}, [=](caf::error& x) { *failed = x; });
  });
  run();
  CHECK_EQ(home->pending.size(), 1);
  advance(6s);
  CHECK_EQ(*failed, caf::sec::request_timeout);
  CHECK(go_on().empty());
  check_account(2, 1);
  caf::anon_send_exit(asker, caf::exit_reason::kill);
  run();
}

TEST_CASE("what has no answer to wait for does not expire in the queue") {
  options opts;
  opts.request_expiry = 2s;
  opts.queued_request_expiry = 5min;
  opts.batch_size = 1;
  actor_fixture fix{opts};
  fix.send_ping(fix.remote("joe"), "first");
  auto str = fix.shake_hands_slowly();
  fix.send_ping(fix.remote("joe"), "second");
  fix.send_ping(fix.remote("joe"), "third");
  // no longer than the request itself, whatever the setting says
  auto asked = fix.request(fix.remote("joe"), make_ping("question"));
  str->take_written();
  fix.advance(4s);
  CHECK_EQ(asked->reason, caf::sec::request_timeout);
  str->complete_writes();
  fix.run();
  CHECK_EQ(texts_of(fix.sent()), strings{"third"});
  CHECK_EQ(fix.dead_letters(errc::expired), 1);
}

TEST_SUITE_END();

} // namespace
