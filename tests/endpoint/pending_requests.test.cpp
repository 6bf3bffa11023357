// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/pending_requests.hpp"

#include "support/actor_fixture.hpp"
#include "support/effort.hpp"

#include <set>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

struct pending_fixture : actor_fixture {
  pending_fixture() : alice(spawn_witness()), bob(spawn_witness()) {
    // nop
  }

  static pending_requests::entry entry_of(const witness& who,
                                          uint64_t endpoint = 1) {
    pending_requests::entry result;
    result.requester = caf::actor_cast<caf::strong_actor_ptr>(who.hdl);
    result.mid = caf::make_message_id(42).response_id();
    result.name = caf::make_counted<const actor_name>("", "me");
    result.endpoint = endpoint;
    return result;
  }

  static const caf::actor_control_block* key_of(const witness& who) {
    return caf::actor_cast<caf::strong_actor_ptr>(who.hdl).get();
  }

  uint32_t add(const witness& who, uint64_t endpoint = 1) {
    auto id = table.add(entry_of(who, endpoint));
    REQUIRE(id);
    return *id;
  }

  witness alice;
  witness bob;
  pending_requests table{100};
};

TEST_SUITE_BEGIN("endpoint.pending_requests");

TEST_CASE_FIXTURE(pending_fixture, "ids are not zero and not given twice") {
  std::set<uint32_t> ids;
  for (int i = 0; i < 50; ++i) {
    ids.insert(add(alice));
    ids.insert(add(bob));
  }
  CHECK_EQ(ids.size(), 100);
  CHECK_EQ(ids.count(0), 0);
}

TEST_CASE_FIXTURE(pending_fixture, "an entry is taken once") {
  auto id = add(alice, 7);
  CHECK_FALSE(table.take(id, "you"));
  auto entry = table.take(id, "me");
  REQUIRE(entry);
  CHECK_EQ(entry->endpoint, 7);
  CHECK_FALSE(table.take(id, "me"));
  CHECK_FALSE(table.take(id));
  CHECK_EQ(table.size(), 0);
}

TEST_CASE_FIXTURE(pending_fixture, "who takes an entry and does not answer it "
                                   "leaves its requester an error") {
  outcome_ptr asked;
  auto take = [&] {
    asked = request(remote("joe"), make_ping("x"));
    auto xs = home->pending.take_all();
    REQUIRE_EQ(xs.size(), 1);
    return std::make_optional(std::move(xs.front()));
  };
  auto entry = take();
  CHECK_EQ(asked->answers, 0);
  entry.reset();
  run();
  CHECK(asked->failed_with(errc::unconfirmed));
  // by whoever has it last
  entry.emplace(std::move(*take()));
  entry->otherwise = errc::dead_letter;
  run();
  CHECK_EQ(asked->answers, 0);
  entry.reset();
  run();
  CHECK(asked->failed_with(errc::dead_letter));
  // answered, or in no need of it
  answer(std::move(*take()), errc::blocked, "the peer blocks us");
  run();
  CHECK(asked->failed_with(errc::blocked));
  CHECK_EQ(asked->reason, make_error(errc::blocked, "the peer blocks us"));
  take()->settle();
  run();
  CHECK_EQ(asked->answers, 0);
}

TEST_CASE_FIXTURE(pending_fixture, "a request may go to another endpoint") {
  auto id = add(alice, 7);
  add(alice, 7);
  table.move_to(id, 8);
  CHECK_EQ(table.take_endpoint(8, false).size(), 1);
  CHECK_EQ(table.take_endpoint(7, false).size(), 1);
  table.move_to(id, 9); // it is over
  CHECK(table.take_endpoint(9, false).empty());
}

TEST_CASE_FIXTURE(pending_fixture, "the table is bounded") {
  for (int i = 0; i < 100; ++i)
    add(alice);
  CHECK_FALSE(table.add(entry_of(bob)));
  CHECK_EQ(table.size(), 100);
  table.drop_requester(key_of(alice));
  CHECK(table.add(entry_of(bob)));
}

TEST_CASE_FIXTURE(pending_fixture, "a requester that ends takes its entries "
                                   "along, and no others") {
  add(alice);
  auto other = add(bob);
  add(alice);
  table.drop_requester(key_of(alice));
  CHECK_EQ(table.size(), 1);
  CHECK(table.take(other));
}

TEST_CASE_FIXTURE(pending_fixture, "an endpoint that ends takes what was "
                                   "written to it") {
  auto queued = add(alice, 1);
  table.mark_written(add(alice, 1));
  table.mark_written(add(bob, 2));
  CHECK_EQ(table.take_endpoint(1, true).size(), 1);
  auto rest = table.take_endpoint(1, false);
  CHECK_EQ(rest.size(), 1);
  CHECK_FALSE(table.take(queued));
  CHECK_EQ(table.size(), 1);
}

TEST_CASE_FIXTURE(pending_fixture, "old entries expire") {
  auto now = pending_requests::clock::now();
  auto old = entry_of(alice);
  old.since = now - 10s;
  auto young = entry_of(alice);
  young.since = now - 9s;
  table.add(std::move(old));
  table.add(std::move(young));
  CHECK_EQ(table.take_expired(now, 10s).size(), 1);
  CHECK_EQ(table.size(), 1);
}

TEST_CASE_FIXTURE(pending_fixture, "a full table gives up what has waited "
                                   "long, and looks once a second") {
  auto now = pending_requests::clock::now();
  auto old = entry_of(alice);
  old.since = now - 61s;
  auto young = entry_of(alice);
  young.since = now - 59s;
  table.add(old);
  table.add(std::move(young));
  CHECK_EQ(table.take_stale(now).size(), 1);
  table.add(std::move(old));
  CHECK_EQ(table.take_stale(now + 999ms).size(), 0);
  CHECK_EQ(table.take_stale(now + 1s).size(), 2);
  CHECK_EQ(table.size(), 0);
}

TEST_CASE_FIXTURE(pending_fixture, "what is left in the lists after all kinds "
                                   "of ends is what is left in the table") {
  auto now = pending_requests::clock::now();
  auto old = entry_of(alice, 1);
  old.since = now - 10s;
  auto young = entry_of(bob, 1);
  young.since = now;
  auto other = entry_of(bob, 2);
  other.since = now;
  auto id = table.add(young);
  table.add(old); // out of order
  table.add(young);
  table.mark_written(*table.add(other));
  REQUIRE(table.take(*id));
  CHECK_EQ(table.take_expired(now, 10s).size(), 1);
  CHECK_EQ(table.take_endpoint(1, true).size(), 0);
  CHECK_EQ(table.take_endpoint(2, true).size(), 1);
  CHECK_EQ(table.size(), 1);
  table.drop_requester(key_of(alice));
  CHECK_EQ(table.size(), 1);
  table.drop_requester(key_of(bob));
  CHECK_EQ(table.size(), 0);
  table.add(other);
  CHECK_EQ(table.take_all().size(), 1);
  CHECK_EQ(table.size(), 0);
}

// -- effort -------------------------------------------------------------------

/// A table in which each of `n` actors awaits an answer from an endpoint of its
/// own.
struct crowd {
  crowd(actor_fixture& home, size_t n)
    : table(std::make_shared<table_type>(n)) {
    for (size_t i = 0; i < n; ++i) {
      auto hdl = home.sys.spawn([] { /* nop */ });
      requesters.push_back(caf::actor_cast<caf::strong_actor_ptr>(hdl));
      pending_requests::entry x;
      x.requester = requesters.back();
      x.endpoint = i;
      x.since = start + std::chrono::seconds(i);
      table->add(std::move(x));
    }
    home.run();
  }

  using table_type = pending_requests;

  pending_requests::clock::time_point start;
  std::vector<caf::strong_actor_ptr> requesters;
  std::shared_ptr<table_type> table;
};

TEST_CASE_FIXTURE(actor_fixture, "the end of a request costs no more because "
                                 "many others are under way") {
  auto prepare = [this](size_t n) { return crowd{*this, n}; };
  auto growth_of = [&](auto f) { return growth(few, many, prepare, f); };
  CHECK_LT(growth_of([](crowd& x) {
             for (auto& who : x.requesters)
               x.table->drop_requester(who.get());
             CHECK_EQ(x.table->size(), 0);
           }),
           flat);
  CHECK_LT(growth_of([](crowd& x) {
             for (size_t i = 0; i < x.requesters.size(); ++i)
               x.table->take_endpoint(i, false);
             CHECK_EQ(x.table->size(), 0);
           }),
           flat);
  CHECK_LT(growth_of([](crowd& x) {
             for (size_t i = 0; i < x.requesters.size(); ++i)
               x.table->take_expired(x.start + std::chrono::seconds(i), 0s);
             CHECK_EQ(x.table->size(), 0);
           }),
           flat);
}

TEST_CASE_FIXTURE(pending_fixture, "marks and ids of others do no harm") {
  table.mark_written(12345);
  CHECK_FALSE(table.take(12345));
  CHECK_FALSE(table.take(0));
}

TEST_SUITE_END();

} // namespace
