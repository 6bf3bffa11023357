// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incoming_watches.hpp"

#include "support/actor_fixture.hpp"
#include "support/twin_system.hpp"

#include <algorithm>
#include <ctime>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using ending = incoming_watches::ending;
using endings = std::vector<std::string>;

// "watcher id first..last"
std::string text(const ending& x) {
  return x.watcher + " " + x.name->id + " " + std::to_string(x.first) + ".."
         + std::to_string(x.last);
}

actor_name_ptr named(const std::string& id) {
  return caf::make_counted<const actor_name>("", id);
}

endings texts(const std::vector<ending>& xs) {
  endings result;
  for (auto& x : xs)
    result.push_back(text(x));
  return result;
}

struct incoming_fixture : actor_fixture {
  caf::actor_addr alice = spawn_witness().hdl.address();
  caf::actor_addr bob = spawn_witness().hdl.address();
  incoming_watches in;

  // Whether the actor must be monitored; it has the name.
  bool watch(const caf::actor_addr& who, const std::string& id,
             const std::string& watcher, uint32_t number = 0) {
    auto res = in.add(who, named(id), watcher, number);
    CHECK_FALSE(res.answer.has_value());
    return res.monitor;
  }

  /// Tells what waits, from the place `seq` on.
  endings told(uint64_t seq) {
    endings result;
    auto note = [&](const ending& x) {
      result.push_back(text(x));
      return seq++;
    };
    while (in.tell_next(note))
      ; // nop
    return result;
  }

  void tell(const std::string& id, uint32_t last, uint64_t seq) {
    in.tell({named(id), "w", 0, last, {}});
    CHECK_EQ(told(seq).size(), 1);
  }

  endings sent_again(uint64_t seq) {
    in.lost(seq);
    return told(100);
  }
};

TEST_SUITE_BEGIN("endpoint.incoming_watches");

TEST_CASE_FIXTURE(incoming_fixture, "a local actor is monitored from its first "
                                    "watcher to its end") {
  CHECK(watch(alice, "alice", "w1"));
  CHECK_FALSE(watch(alice, "alice", "w2"));
  CHECK_FALSE(watch(alice, "alice", "w2"));
  CHECK_EQ(in.size(), 2);
  in.remove(*named("alice"), "w3", 0);
  in.remove(*named("bob"), "w1", 0);
  CHECK_EQ(in.size(), 2);
  in.remove(*named("alice"), "w1", 0);
  in.remove(*named("alice"), "w2", 0);
  CHECK_EQ(in.size(), 0);
  CHECK_FALSE(watch(alice, "alice", "w1"));
  CHECK_EQ(in.clear(), std::vector{alice});
  CHECK(in.clear().empty());
  CHECK(watch(alice, "alice", "w1"));
  CHECK_EQ(in.take(alice).size(), 1);
  CHECK(in.take(alice).empty());
  CHECK_EQ(in.name_bytes(), 0);
}

TEST_CASE_FIXTURE(incoming_fixture, "the end of a local actor concerns its "
                                    "watchers only") {
  watch(alice, "alice", "w1");
  watch(alice, "alias", "w1");
  watch(bob, "bob", "w1");
  CHECK_EQ(in.take(alice).size(), 2);
  CHECK(in.take(alice).empty());
  CHECK_EQ(in.size(), 1);
  in.clear();
  CHECK(in.take(bob).empty());
  CHECK_EQ(in.size(), 0);
}

TEST_CASE_FIXTURE(incoming_fixture, "who is not there is answered") {
  auto res = in.add({}, named("nobody"), "w", 0);
  CHECK_FALSE(res.monitor);
  REQUIRE(res.answer);
  CHECK_EQ(text(*res.answer), "w nobody 0..0");
  CHECK_EQ(res.answer->why, wire::terminated_reason::not_found);
  CHECK_EQ(in.size(), 0);
}

TEST_CASE_FIXTURE(incoming_fixture, "an actor of another system with the same "
                                    "id is watched in its own right") {
  twin_system others;
  auto twin = others.twin_of(alice.id()).address();
  REQUIRE_EQ(twin.id(), alice.id());
  CHECK(watch(alice, "alice", "w"));
  CHECK(watch(twin, "twin", "w"));
  CHECK_EQ(texts(in.take(twin)), endings{"w twin 0..0"});
  CHECK_EQ(texts(in.take(alice)), endings{"w alice 0..0"});
}

// -- names that change hands --------------------------------------------------

TEST_CASE_FIXTURE(incoming_fixture, "watches with numbers are for who had the "
                                    "name when they came") {
  CHECK(watch(alice, "name", "w", 3));
  CHECK_FALSE(watch(alice, "name", "w", 4));
  CHECK(watch(bob, "name", "w", 7));
  SUBCASE("the former holder ends first") {
    CHECK_EQ(texts(in.take(alice)), endings{"w name 0..4"});
    CHECK_EQ(texts(in.take(bob)), endings{"w name 5..7"});
  }
  SUBCASE("the new holder ends first") {
    CHECK_EQ(texts(in.take(bob)), endings{"w name 5..7"});
    CHECK_EQ(texts(in.take(alice)), endings{"w name 0..4"});
  }
  CHECK_EQ(in.size(), 0);
}

TEST_CASE_FIXTURE(incoming_fixture, "a watch that is repeated stays with whom "
                                    "it was for") {
  watch(alice, "name", "w", 3);
  CHECK_FALSE(watch(bob, "name", "w", 3));
  CHECK(in.take(bob).empty());
  CHECK_EQ(texts(in.take(alice)), endings{"w name 0..3"});
}

TEST_CASE_FIXTURE(incoming_fixture, "a name that nobody has any more is "
                                    "answered to the later watches") {
  watch(alice, "name", "w", 3);
  auto res = in.add({}, named("name"), "w", 5);
  REQUIRE(res.answer);
  CHECK_EQ(text(*res.answer), "w name 4..5");
  CHECK_EQ(texts(in.take(alice)), endings{"w name 0..3"});
}

TEST_CASE_FIXTURE(incoming_fixture, "a name that comes back is a range of its "
                                    "own") {
  watch(alice, "name", "w", 1);
  watch(bob, "name", "w", 2);
  CHECK_FALSE(watch(alice, "name", "w", 3));
  CHECK_EQ(texts(in.take(alice)), endings{"w name 0..1", "w name 3..3"});
  in.remove(*named("name"), "w", 0);
  CHECK(in.take(bob).empty());
}

TEST_CASE_FIXTURE(incoming_fixture, "watches without numbers are for each who "
                                    "had the name") {
  CHECK(watch(alice, "name", "w"));
  CHECK(watch(bob, "name", "w"));
  CHECK_FALSE(watch(bob, "name", "w"));
  CHECK_EQ(texts(in.take(bob)), endings{"w name 0..0"});
  CHECK_EQ(texts(in.take(alice)), endings{"w name 0..0"});
}

// -- what may be lost ---------------------------------------------------------

TEST_CASE_FIXTURE(incoming_fixture,
                  "what was told is kept until it is proven") {
  watch(alice, "alice", "w", 1);
  in.tell(in.take(alice).at(0));
  CHECK(in.has_unproven());
  CHECK_EQ(in.size(), 1);
  CHECK_EQ(told(10), endings{"w alice 0..1"});
  CHECK(in.has_unproven());
  CHECK_EQ(in.size(), 1);
  in.proven(10);
  CHECK(in.has_unproven());
  in.proven(11);
  CHECK_FALSE(in.has_unproven());
  CHECK_EQ(in.size(), 0);
  CHECK_EQ(in.name_bytes(), 0);
}

TEST_CASE_FIXTURE(incoming_fixture, "what waits to be told can be lost by no "
                                    "stream") {
  in.tell({named("a"), "w", 0, 1, {}});
  in.lost(100);
  in.proven(100);
  CHECK_EQ(told(10), endings{"w a 0..1"});
}

TEST_CASE_FIXTURE(incoming_fixture, "records of one name share it") {
  auto name = named(std::string(1000, 'x'));
  for (auto i = 0; i < 100; ++i)
    in.add(alice, named(name->id), "w" + std::to_string(i), 0);
  in.add(alice, name, "last", 0);
  CHECK(name->unique());
}

TEST_CASE_FIXTURE(incoming_fixture, "what was written to a lost stream is told "
                                    "again, what waits is not") {
  tell("a", 1, 10);
  tell("b", 1, 20);
  CHECK_EQ(sent_again(10), endings{"w a 0..1"});
  // the new places count
  in.proven(21);
  CHECK(in.has_unproven());
  in.proven(101);
  CHECK_FALSE(in.has_unproven());
}

TEST_CASE_FIXTURE(incoming_fixture,
                  "whoever stops watching is not told again") {
  tell("a", 1, 10);
  in.tell({named("a"), "w", 0, 2, {}});
  in.remove(*named("a"), "w", 0);
  CHECK(sent_again(10).empty());
  CHECK_EQ(in.name_bytes(), 0);
}

TEST_CASE_FIXTURE(incoming_fixture, "a watch without a number that comes again "
                                    "is not answered by an old end") {
  tell("alice", 0, 10);
  CHECK(watch(alice, "alice", "w"));
  CHECK(sent_again(10).empty());
  CHECK_EQ(in.take(alice).size(), 1);
}

TEST_CASE_FIXTURE(incoming_fixture, "an end that is not proven does not hide a "
                                    "later watch") {
  tell("alice", 4, 10);
  CHECK_FALSE(watch(alice, "alice", "w", 4));
  CHECK(watch(alice, "alice", "w", 5));
  CHECK_EQ(sent_again(10), endings{"w alice 0..4"});
  CHECK_EQ(texts(in.take(alice)), endings{"w alice 5..5"});
}

TEST_CASE_FIXTURE(incoming_fixture, "many ends of one name are proven, or told "
                                    "again, without a look at all for each") {
  auto seconds = [&](uint64_t count) {
    for (uint64_t i = 1; i <= count; ++i)
      in.tell({named("nobody"), "w", 0, static_cast<uint32_t>(i), {}});
    auto begin = std::clock();
    auto seq = uint64_t{0};
    auto send = [&](const ending&) { return ++seq; };
    while (in.tell_next(send))
      ; // nop
    in.lost(count / 2);
    while (in.tell_next(send))
      ; // nop
    in.proven(seq + 1);
    auto end = std::clock();
    CHECK_EQ(in.size(), 0);
    return static_cast<double>(end - begin) / CLOCKS_PER_SEC;
  };
  seconds(1000); // warms up
  // 64 times as many cost 64 times as much, give or take; not 4096 times
  auto few = std::max(seconds(1000), 1e-4);
  CHECK_LT(seconds(64000), 64 * 16 * few);
}

TEST_CASE_FIXTURE(incoming_fixture, "what was told takes no names of its own") {
  std::string id(1000, 'x');
  for (uint64_t i = 1; i <= 1000; ++i)
    in.tell({named(id), "w", 0, static_cast<uint32_t>(i), {}});
  CHECK_EQ(in.size(), 1000);
  CHECK_EQ(in.name_bytes(), id.size() + 1);
}

// -- an Unwatch with a number -------------------------------------------------

TEST_CASE_FIXTURE(incoming_fixture, "an Unwatch concerns no later watch") {
  watch(alice, "name", "w", 3);
  watch(alice, "name", "w", 4);
  SUBCASE("all of them") {
    in.remove(*named("name"), "w", 4);
    CHECK(in.take(alice).empty());
    CHECK_EQ(in.name_bytes(), 0);
  }
  SUBCASE("the former ones") {
    in.remove(*named("name"), "w", 3);
    CHECK_EQ(texts(in.take(alice)), endings{"w name 4..4"});
  }
  SUBCASE("one that came late") {
    in.remove(*named("name"), "w", 2);
    CHECK_EQ(texts(in.take(alice)), endings{"w name 3..4"});
  }
  SUBCASE("of a former holder") {
    watch(bob, "name", "w", 5);
    in.remove(*named("name"), "w", 4);
    CHECK(in.take(alice).empty());
    CHECK_EQ(texts(in.take(bob)), endings{"w name 5..5"});
  }
}

TEST_CASE_FIXTURE(incoming_fixture,
                  "an Unwatch takes no longer for the ends that "
                  "wait") {
  auto seconds = [&](uint32_t count) {
    incoming_watches table;
    for (uint32_t i = 1; i <= count; ++i)
      table.tell({named("nobody"), "w", 0, i, {}});
    auto begin = std::clock();
    for (int i = 0; i < 2000; ++i)
      table.remove(*named("nobody"), "w", 1);
    auto end = std::clock();
    return static_cast<double>(end - begin) / CLOCKS_PER_SEC;
  };
  seconds(100); // warms up
  auto few = std::max(seconds(100), 1e-4);
  CHECK_LT(seconds(30000), 16 * few);
}

// -- bounds -------------------------------------------------------------------

TEST_CASE_FIXTURE(incoming_fixture, "without room a watch ends at once, unless "
                                    "it is known") {
  watch(alice, "alice", "w", 1);
  auto known = in.add(alice, named("alice"), "w", 2, 0, false);
  CHECK_FALSE(known.answer.has_value());
  auto res = in.add(bob, named("bob"), "w", 3, 0, false);
  REQUIRE(res.answer);
  CHECK_EQ(text(*res.answer), "w bob 0..3");
  CHECK_EQ(res.answer->why, wire::terminated_reason::address_terminated);
  CHECK_EQ(in.size(), 1);
  CHECK_EQ(texts(in.take(alice)), endings{"w alice 0..2"});
}

TEST_CASE_FIXTURE(incoming_fixture,
                  "a watch that was refused is not known when it "
                  "comes again") {
  watch(alice, "name", "w", 1);
  REQUIRE(in.add(bob, named("name"), "w", 5, 0, false).answer);
  CHECK(watch(bob, "name", "w", 5));
  CHECK_EQ(texts(in.take(bob)), endings{"w name 2..5"});
}

TEST_SUITE_END();

} // namespace
