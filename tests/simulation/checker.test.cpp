// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/checker.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <doctest/doctest.h>

using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

/// Two nodes; an actor of the first sends to a name on the second.
struct checker_fixture {
  checker_fixture() {
    judge.holds(receiver, there, joe.name);
    judge.may_end(receiver);
  }

  const checker::run_id here{0, 1};
  const checker::run_id there{1, 1};
  const checker::place joe{1, 0};
  static constexpr uint32_t sender = 1;
  static constexpr uint32_t receiver = 2;
  static constexpr uint32_t link = 1;

  uint32_t send() {
    return judge.sends(here, sender, joe, checker::kind::message);
  }

  uint32_t request() {
    return judge.sends(here, sender, joe, checker::kind::request);
  }

  /// A message that comes as it should.
  uint32_t bring(uint32_t x, uint32_t over = link) {
    judge.written(x, over);
    judge.delivered(x, there, receiver);
    return x;
  }

  /// A watch of joe that has certainly come to the receiver.
  uint32_t bring_watch() {
    auto result = judge.watches(here, joe);
    judge.is_known_as(result, "w joe", 7);
    judge.watch_arrives("w joe", 7, link, there);
    auto x = send();
    judge.written(x, link);
    judge.arrives(x, there);
    judge.delivered(x, there, receiver);
    return result;
  }

  /// What the complaints are about.
  texts kinds() const {
    texts result;
    for (auto& x : judge.complaints())
      result.push_back(x.substr(0, x.find(':')));
    return result;
  }

  checker judge;
};

TEST_SUITE_BEGIN("simulation.checker");

TEST_CASE_FIXTURE(checker_fixture, "nothing is wrong with what is delivered, "
                                   "answered, and told once") {
  auto watch = judge.watches(here, joe);
  bring(send());
  judge.answered(bring(request()), caf::none);
  judge.ends(receiver);
  judge.told(watch, caf::none);
  judge.all_told();
  judge.all_answered();
  CHECK(judge.complaints().empty());
}

TEST_CASE_FIXTURE(checker_fixture, "a message that comes or is written twice") {
  auto x = bring(send());
  judge.delivered(x, there, receiver);
  CHECK_EQ(kinds(), texts{"at most once"});
  judge.written(x, 2);
  CHECK_EQ(kinds(), texts{"at most once", "at most once"});
}

TEST_CASE_FIXTURE(checker_fixture, "messages of one connection that come in "
                                   "another order") {
  auto first = send();
  auto second = send();
  SUBCASE("over one connection") {
    bring(second);
    bring(first);
    CHECK_EQ(kinds(), texts{"order"});
  }
  SUBCASE("over two") {
    bring(second, 2);
    bring(first, 1);
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "a message to another node") {
  auto x = send();
  judge.written(x, link);
  judge.delivered(x, {2, 1}, receiver);
  CHECK_EQ(kinds(), texts{"identity"});
}

TEST_CASE_FIXTURE(checker_fixture, "a message to an actor that has not had the "
                                   "name since") {
  judge.holds_no_more(receiver);
  bring(send());
  CHECK_EQ(kinds(), texts{"identity"});
}

TEST_CASE_FIXTURE(checker_fixture,
                  "a message that comes to a node after it has "
                  "met the next run of the sender's") {
  auto x = send();
  judge.is_member({0, 2}, "a:1", "next");
  judge.written(x, link);
  SUBCASE("is of an earlier run") {
    judge.connected(there, "a:1", "next");
    judge.arrives(x, there);
    judge.delivered(x, there, receiver);
    CHECK_EQ(kinds(), texts{"incarnations"});
  }
  SUBCASE("unless it was there before") {
    judge.arrives(x, there);
    judge.connected(there, "a:1", "next");
    judge.delivered(x, there, receiver);
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "a message of a run that was over for its "
                                   "receiver") {
  auto old = send();
  bring(judge.sends({0, 2}, 3, joe, checker::kind::message), 2);
  bring(old);
  CHECK_EQ(kinds(), texts{"incarnations"});
}

TEST_CASE_FIXTURE(checker_fixture, "a message that is lost, and comes as "
                                   "well") {
  SUBCASE("first lost") {
    auto x = send();
    judge.dead_letter(x, here);
    bring(x);
  }
  SUBCASE("first there") {
    judge.dead_letter(bring(send()), there);
  }
  SUBCASE("lost twice") {
    auto x = send();
    judge.dead_letter(x, here);
    judge.dead_letter(x, there);
  }
  CHECK_EQ(kinds(), texts{"accounts"});
}

TEST_CASE_FIXTURE(checker_fixture, "a message without a trace") {
  auto x = send();
  SUBCASE("never written") {
    judge.fault();
    judge.all_answered();
    CHECK_EQ(kinds(), texts{"accounts"});
  }
  SUBCASE("written, and nothing has happened since") {
    judge.written(x, link);
    judge.all_answered();
    CHECK_EQ(kinds(), texts{"accounts"});
  }
  SUBCASE("written, and a connection was lost") {
    judge.written(x, link);
    judge.fault();
    judge.all_answered();
    CHECK(kinds().empty());
  }
  SUBCASE("its sender's node is gone") {
    judge.over(here);
    judge.all_answered();
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "a request without an answer, or with two") {
  auto x = bring(request());
  judge.all_answered();
  CHECK_EQ(kinds(), texts{"requests"});
  judge.answered(x, caf::none);
  judge.answered(x, caf::sec::invalid_argument);
  CHECK_EQ(kinds(), texts{"requests", "requests"});
}

TEST_CASE_FIXTURE(checker_fixture, "a request that times out") {
  auto x = bring(request());
  SUBCASE("and nothing of it was lost") {
    judge.answered(x, caf::sec::request_timeout);
    CHECK_EQ(kinds(), texts{"requests"});
  }
  SUBCASE("with the connection of its answer") {
    judge.answer_written(x, 2);
    judge.lost(2);
    judge.answered(x, caf::sec::request_timeout);
    CHECK(kinds().empty());
  }
  SUBCASE("by its own limit") {
    judge.may_stay_open(x);
    judge.answered(x, caf::sec::request_timeout);
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "what nothing was in the way of") {
  auto x = request();
  judge.must_succeed(x);
  SUBCASE("does not come") {
    judge.all_arrived();
    CHECK_EQ(kinds(), texts{"loss"});
  }
  SUBCASE("gets an error") {
    judge.answered(bring(x), caf::sec::invalid_argument);
    CHECK_EQ(kinds(), texts{"requests"});
  }
}

TEST_CASE_FIXTURE(checker_fixture, "a request that is passed on has the answer "
                                   "to what it became") {
  auto x = bring(request());
  auto next = judge.passes_on(x, there, receiver, {0, 1});
  CHECK_EQ(judge.origin_of(next), x);
  CHECK_EQ(judge.origin_of(judge.passes_on(next, here, 5, joe)), x);
}

TEST_CASE_FIXTURE(checker_fixture, "a request that is written after its time") {
  auto x = request();
  judge.expires(x, 10s);
  SUBCASE("by more than the slack") {
    judge.time(12s);
    judge.written(x, link);
    CHECK_EQ(kinds(), texts{"expiry"});
  }
  SUBCASE("by less") {
    judge.time(10s);
    judge.written(x, link);
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "requests that are kept for nobody") {
  auto x = request();
  judge.open_requests(here, 1);
  CHECK(kinds().empty());
  judge.answered(x, caf::none);
  judge.open_requests(here, 1);
  CHECK_EQ(kinds(), texts{"left over at node 0"});
}

TEST_CASE_FIXTURE(checker_fixture, "a watch that is told late") {
  auto watch = judge.watches(here, joe);
  judge.ends(receiver);
  SUBCASE("though nothing has happened") {
    judge.time(judge.bounds().watch + 1s);
    judge.told(watch, caf::none);
    CHECK_EQ(kinds(), texts{"late"});
  }
  SUBCASE("after a fault") {
    judge.fault();
    judge.time(judge.bounds().watch + 1s);
    judge.told(watch, caf::none);
    CHECK(kinds().empty());
  }
  SUBCASE("later than a fault is an excuse for") {
    judge.fault();
    judge.time(judge.bounds().watch_after_fault + 1s);
    judge.told(watch, caf::none);
    CHECK_EQ(kinds(), texts{"late"});
  }
}

TEST_CASE_FIXTURE(checker_fixture, "whom a watch came to is who counts") {
  judge.fault();
  auto watch = bring_watch();
  judge.holds_no_more(receiver);
  constexpr uint32_t successor = 9;
  judge.holds(successor, there, joe.name);
  judge.may_end(successor);
  SUBCASE("and not who has the name afterwards") {
    judge.ends(successor);
    judge.told(watch, caf::none);
    CHECK_EQ(kinds(), texts{"watches"});
  }
  SUBCASE("also if only the successor goes on") {
    judge.ends(receiver);
    judge.all_healed();
    CHECK_EQ(kinds(), texts{"watches"});
  }
  SUBCASE("so nothing need be told while it lives") {
    judge.ends(successor);
    judge.all_healed();
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "an actor that nobody wanted to end") {
  constexpr uint32_t jane = 9;
  judge.holds(jane, there, 1);
  auto watch = judge.watches(here, {1, 1});
  SUBCASE("is a broken promise") {
    judge.ends(jane);
    CHECK_EQ(kinds(), texts{"ends"});
  }
  SUBCASE("also if a link had failed that was over") {
    judge.fault();
    judge.told(watch, caf::exit_reason::remote_link_unreachable);
    judge.observer_ends(watch, true);
    judge.ends(jane);
    CHECK_EQ(kinds(), texts{"ends"});
  }
  SUBCASE("but not if one had that stood") {
    judge.observer_ends(watch, true);
    judge.ends(jane);
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "a watch that is never told") {
  auto watch = judge.watches(here, joe);
  SUBCASE("is a broken promise") {
    judge.all_told();
    CHECK_EQ(kinds(), texts{"watches"});
  }
  SUBCASE("unless it was taken back") {
    judge.takes_back(watch);
    judge.all_told();
    CHECK(kinds().empty());
  }
  SUBCASE("or its node is gone") {
    judge.over(here);
    judge.all_told();
    CHECK(kinds().empty());
  }
}

TEST_CASE_FIXTURE(checker_fixture, "a watch that is told what is not so") {
  auto watch = judge.watches(here, joe);
  SUBCASE("an end, and the actor lives") {
    judge.told(watch, caf::none);
  }
  SUBCASE("the end of one that had the name before") {
    judge.holds_no_more(receiver);
    auto later = judge.watches(here, joe);
    judge.ends(receiver);
    judge.told(later, caf::none);
  }
  SUBCASE("out of reach, and nothing has happened") {
    judge.told(watch, caf::exit_reason::remote_link_unreachable);
  }
  SUBCASE("twice") {
    judge.fault();
    judge.told(watch, caf::exit_reason::remote_link_unreachable);
    judge.told(watch, caf::exit_reason::remote_link_unreachable);
  }
  CHECK_EQ(kinds(), texts{"watches"});
}

TEST_CASE_FIXTURE(checker_fixture, "events that do not come in pairs") {
  SUBCASE("connected twice") {
    judge.connected(here, "a:1", "m");
    judge.connected(here, "a:1", "m");
  }
  SUBCASE("two incarnations") {
    judge.connected(here, "a:1", "m");
    judge.connected(here, "a:1", "n");
  }
  SUBCASE("terminated, and never connected") {
    judge.terminated(here, "a:1", "m");
  }
  CHECK_EQ(kinds(), texts{"events"});
}

TEST_CASE_FIXTURE(checker_fixture, "figures that do not add up, and what is "
                                   "left over") {
  judge.accounts(here, "a:1", 3, 1, 1, 1);
  judge.hands_over(here, 2);
  judge.figures(here, 2);
  judge.bounded(here, "names", 2, 2);
  judge.left_over(here, "names", 0);
  CHECK(kinds().empty());
  judge.figures(here, 1);
  judge.bounded(here, "names", 3, 2);
  CHECK_EQ(kinds(), texts{"accounts", "bounds"});
  judge.accounts(here, "a:1", 3, 1, 1, 0);
  judge.left_over(here, "names", 1);
  CHECK_EQ(kinds(),
           texts{"accounts", "bounds", "accounts", "left over at node 0"});
}

TEST_SUITE_END();

} // namespace
