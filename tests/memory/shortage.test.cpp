// SPDX-License-Identifier: BSD-3-Clause

// What is left behind where memory could not be had.

#include "memory/heap.hpp"
#include "support/actor_fixture.hpp"

#include <algorithm>
#include <string_view>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using reasons = std::vector<caf::error>;

/// Gives the actor whose turn it is its turn without the n-th allocation that
/// this takes, and then runs all. Returns false if it takes less.
bool run_once_without(actor_fixture& fix, size_t n) {
  REQUIRE_EQ(fix.sched.jobs.size(), 1);
  fail_allocation(n);
  fix.sched.run_once();
  auto result = has_failed_allocation();
  fail_allocation(0);
  fix.run();
  return result;
}

/// Calls `f` with 1, 2, and so on, until it returns false: there were not so
/// many allocations. Returns that number.
template <class F>
size_t with_each_failure(F f) {
  for (size_t n = 1;; ++n) {
    CAPTURE(n);
    if (!f(n))
      return n;
  }
}

bool is_of_module(caf::resumable* x) {
  auto ptr = dynamic_cast<caf::scheduled_actor*>(x);
  return ptr != nullptr
         && std::string_view{ptr->name()}.substr(0, 11) == "caf_remote.";
}

/// Runs the module's actors, and no others, without the n-th allocation that
/// this takes; then all. Returns false if it takes less.
bool run_without(actor_fixture& fix, size_t n) {
  auto& jobs = fix.sched.jobs;
  fail_allocation(n);
  while (!has_failed_allocation()) {
    auto i = std::find_if(jobs.begin(), jobs.end(), is_of_module);
    if (i == jobs.end())
      break;
    std::rotate(jobs.begin(), i, i + 1);
    fix.sched.run_once();
  }
  auto result = has_failed_allocation();
  fail_allocation(0);
  fix.run();
  return result;
}

pending_requests::entry entry_of(const caf::actor& who, uint64_t endpoint) {
  pending_requests::entry result;
  result.requester = caf::actor_cast<caf::strong_actor_ptr>(who);
  result.mid = caf::make_message_id(42);
  result.name = caf::make_counted<const actor_name>("", "me");
  result.endpoint = endpoint;
  return result;
}

TEST_SUITE_BEGIN("memory.shortage");

TEST_CASE("an endpoint that cannot be opened leaves nothing behind, and "
          "everybody is told") {
  auto steps = with_each_failure([&](size_t n) {
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto joe = fix.remote("joe");
    auto alice = fix.spawn_witness();
    fix.run();
    alice.monitor(joe);
    fix.sched.run_once();
    caf::anon_send(joe, make_ping("x"));
    auto where = fix.peer_endpoint();
    auto failed = run_once_without(fix, n); // the manager
    if (!failed)
      return failed;
    CHECK_EQ(alice.downs(), reasons{caf::exit_reason::remote_link_unreachable});
    CHECK_EQ(fix.dead_letters(errc::not_running)
               + fix.dead_letters(errc::endpoint_terminated),
             1);
    CHECK_EQ(fix.dials(), 0);
    CHECK_EQ(fix.home->snapshot().actor_failures, 0);
    // by the table of those that are over, joe's handle, and us
    CHECK_LE(where->get_reference_count(), 3);
    // the next message begins anew
    fix.send_ping(joe, "next");
    CHECK_EQ(fix.dials(), 1);
    return failed;
  });
  CHECK_GT(steps, 10);
}

TEST_CASE("nor is a peer's Watch lost without a word") {
  auto steps = with_each_failure([&](size_t n) {
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto alice = fix.publish_witness("alice");
    auto in = fix.accept();
    in->receive(batch_frame(
      {make_system_envelope("alice", wire::watch::type_name,
                            wire::encode(wire::watch{{"", "w", 0}}))}));
    fix.sched.run_once();
    auto failed = run_once_without(fix, n); // the manager
    CHECK_EQ(in->finished().has_value(), failed);
    return failed;
  });
  CHECK_GT(steps, 10);
}

TEST_CASE_FIXTURE(actor_fixture, "a request that finds no memory leaves the "
                                 "table of those under way as it was") {
  auto alice = spawn_witness();
  run();
  auto steps = with_each_failure([&](size_t n) {
    pending_requests table{10};
    auto x = entry_of(alice.hdl, 1);
    auto failed = false;
    fail_allocation(n);
    try {
      table.add(std::move(x));
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    fail_allocation(0);
    auto in_it = failed ? 0u : 1u;
    CHECK_EQ(table.size(), in_it);
    CHECK_EQ(table.take_expired(pending_requests::clock::now(), 0s).size(),
             in_it);
    CHECK(table.take_endpoint(1, false).empty());
    CHECK_EQ(table.size(), 0);
    return failed;
  });
  CHECK_GT(steps, 3);
}

TEST_CASE_FIXTURE(actor_fixture, "a request that finds no memory to go to "
                                 "another endpoint stays where it was") {
  auto alice = spawn_witness();
  run();
  pending_requests table{10};
  auto id = table.add(entry_of(alice.hdl, 1));
  REQUIRE(id);
  fail_allocation(1);
  CHECK_THROWS_AS(table.move_to(*id, 2), std::bad_alloc);
  fail_allocation(0);
  CHECK(table.take_endpoint(2, false).empty());
  CHECK_EQ(table.take_endpoint(1, false).size(), 1);
}

TEST_CASE("whoever is taken from the table is answered, also if there is no "
          "room for the next one") {
  for (size_t n = 1; n < 4; ++n) {
    CAPTURE(n);
    actor_fixture fix;
    std::vector<outcome_ptr> asked;
    for (int i = 0; i < 5; ++i)
      asked.push_back(fix.request(fix.remote("joe"), make_ping("x")));
    auto& table = fix.home->pending;
    auto serial = fix.peer_endpoint()->serial();
    fail_allocation(n);
    CHECK_THROWS_AS(table.take_endpoint(serial, false), std::bad_alloc);
    fail_allocation(0);
    fix.run();
    size_t answers = 0;
    for (auto& x : asked)
      answers += x->failed_with(errc::unconfirmed);
    CHECK_EQ(answers + table.size(), 5);
  }
}

TEST_CASE("a request whose answer finds no memory gets an error") {
  auto steps = with_each_failure([&](size_t n) {
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto res = fix.request(fix.remote("joe"), make_ping("x"));
    fix.shake_hands();
    auto pings = fix.sent();
    REQUIRE_EQ(pings.size(), 1);
    auto in = fix.accept();
    auto x = make_envelope_for(pings[0].sender.id, make_ping("y"));
    x.target.request_id = pings[0].sender.request_id;
    in->receive(batch_frame({x}));
    auto failed = run_once_without(fix, n); // the reader
    if (in->finished())
      return failed; // the frame was not even decoded: its stream has ended
    CHECK_EQ(res->answers, 1);
    CHECK_EQ(fix.home->pending.size(), 0);
    return failed;
  });
  CHECK_GT(steps, 5);
}

TEST_CASE("what a peer says about watches is never lost while its stream "
          "lives") {
  for (auto type : {wire::watch::type_name, wire::terminated::type_name}) {
    CAPTURE(type);
    auto steps = with_each_failure([&](size_t n) {
      actor_fixture fix;
      fix.home->log.sink(nullptr);
      auto alice = fix.publish_witness("alice");
      alice.monitor(fix.remote("joe"));
      fix.run();
      fix.shake_hands();
      auto in = fix.accept();
      auto is_watch = type == wire::watch::type_name;
      auto payload = is_watch
                       ? wire::encode(wire::watch{{"", "w", 1}})
                       : wire::encode(wire::terminated{
                         {"", "joe", 0}, wire::terminated_reason::stopped});
      fix.sent();
      in->receive(batch_frame({make_system_envelope(
        is_watch ? "alice" : fix.watcher_id(), type, payload)}));
      auto failed = run_once_without(fix, n); // the reader
      auto heard = alice.downs().size();
      if (is_watch) {
        alice.quit();
        fix.run();
        heard = of_type(fix.sent(), wire::terminated::type_name).size();
      }
      CHECK_GE(heard + (in->finished() ? 1 : 0), 1);
      CHECK_EQ(fix.dead_letters(errc::dead_letter), 0);
      return failed;
    });
    CHECK_GT(steps, 5);
  }
}

TEST_CASE("each observer is told of the end of an endpoint, and each requester "
          "hears of it") {
  auto steps = with_each_failure([&](size_t n) {
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto alice = fix.spawn_witness();
    auto bob = fix.spawn_witness();
    alice.monitor(fix.remote("joe"));
    bob.link_to(fix.remote("jim"));
    fix.run();
    fix.shake_hands();
    auto res = fix.request(fix.remote("joe"), make_ping("x"));
    fix.last_dialled()->receive(wire::encode(wire::disconnect_request{}));
    auto failed = run_without(fix, n);
    CHECK_EQ(alice.downs().size(), 1);
    CHECK_EQ(bob.exits().size(), 1);
    CHECK_EQ(res->answers, 1);
    return failed;
  });
  CHECK_GT(steps, 10);
}

TEST_CASE_FIXTURE(actor_fixture, "a handle that goes needs no memory") {
  auto x = home->proxies.get(*home, peer_address,
                             "an id that is too long to be kept in place");
  fail_allocation(1);
  x = nullptr;
  CHECK_FALSE(has_failed_allocation());
  fail_allocation(0);
  CHECK_EQ(home->proxies.size(), 0);
}

TEST_CASE("after a restart of the peer its address is of use, or the node says "
          "that it is out of order") {
  auto steps = with_each_failure([&](size_t n) {
    actor_fixture fix;
    fix.home->log.sink(nullptr);
    auto alice = fix.spawn_witness();
    alice.monitor(fix.remote("joe"));
    fix.run();
    fix.shake_hands("member-a");
    auto old = fix.accept("member-a");
    fix.cut(fix.last_dialled());
    auto str = fix.last_dialled();
    str->complete_writes();
    str->receive(wire::encode(wire::connect_response{"member-b", false}));
    auto failed = run_without(fix, n);
    if (fix.home->failure())
      return failed;
    auto dials = fix.dials();
    auto in = fix.accept("member-b");
    if (fix.dials() != dials)
      fix.answer_probe("member-b");
    CHECK_FALSE(in->written.empty());
    return failed;
  });
  CHECK_GT(steps, 10);
}

TEST_SUITE_END();

} // namespace
