// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_ledger.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;

namespace {

class nobody : public undelivered_sink {
public:
  void undelivered(inbound_element&) override {
    // nop
  }
};

struct ledger_fixture {
  ledger_fixture() {
    reset({4, 100});
  }

  ~ledger_fixture() {
    ledger->detach();
  }

  void reset(inbound_ledger::bounds limit) {
    if (ledger != nullptr)
      ledger->detach();
    ledger = caf::make_counted<inbound_ledger>(
      limit, [this] { ++resumed; }, std::make_shared<nobody>());
    a = ledger->account_of("a");
    b = ledger->account_of("b");
    c = ledger->account_of("c");
  }

  int resumed = 0;
  caf::intrusive_ptr<inbound_ledger> ledger;
  inbound_ledger::account_ptr a;
  inbound_ledger::account_ptr b;
  inbound_ledger::account_ptr c;
};

TEST_SUITE_BEGIN("endpoint.inbound_ledger");

TEST_CASE_FIXTURE(ledger_fixture,
                  "a target holds at most half of the messages") {
  CHECK(ledger->enter(*a, 1));
  CHECK(ledger->enter(*a, 1));
  CHECK_FALSE(ledger->enter(*a, 1));
  CHECK(ledger->enter(*b, 1));
  CHECK_EQ(ledger->messages(), 3);
  a->leave(1);
  CHECK(ledger->enter(*a, 1));
}

TEST_CASE_FIXTURE(ledger_fixture,
                  "a target holds at most half of the bytes, but "
                  "one message always") {
  CHECK(ledger->enter(*a, 1000));
  CHECK_FALSE(ledger->enter(*a, 1));
  CHECK(ledger->enter(*b, 50));
  CHECK_FALSE(ledger->enter(*b, 1));
  CHECK_EQ(ledger->bytes(), 1050);
}

TEST_CASE_FIXTURE(ledger_fixture, "what must be taken is counted above the "
                                  "bounds, and the target is waited for") {
  CHECK_FALSE(ledger->is_full(*a));
  for (int i = 0; i < 3; ++i)
    ledger->enter_anyway(*a, 1);
  CHECK(ledger->is_full(*a));
  CHECK_FALSE(ledger->is_full(*b));
  CHECK(ledger->must_stop());
  for (int i = 0; i < 3; ++i)
    a->leave(1);
  CHECK_EQ(resumed, 1);
  CHECK_FALSE(ledger->is_full(*a));
}

TEST_CASE_FIXTURE(ledger_fixture,
                  "above the bound the reader stops, and is told "
                  "once when there is room") {
  for (auto& x : {a, b, c})
    for (int i = 0; i < 2; ++i)
      ledger->enter(*x, 1);
  CHECK(ledger->must_stop());
  a->leave(1);
  CHECK_EQ(resumed, 0);
  a->leave(1);
  CHECK_EQ(resumed, 1);
  b->leave(1);
  CHECK_EQ(resumed, 1);
  CHECK_FALSE(ledger->must_stop());
}

TEST_CASE_FIXTURE(ledger_fixture, "at the bound the reader goes on") {
  for (auto& x : {a, b, c, ledger->account_of("d")})
    ledger->enter(*x, 1);
  CHECK_FALSE(ledger->must_stop());
  CHECK_EQ(resumed, 0);
}

TEST_CASE_FIXTURE(ledger_fixture, "a target that holds a quarter is waited for "
                                  "until it has worked half of that off") {
  reset({16, 1600});
  for (int i = 0; i < 5; ++i)
    ledger->enter(*a, 1);
  CHECK(ledger->must_stop());
  a->leave(1);
  a->leave(1);
  CHECK_EQ(resumed, 0);
  a->leave(1);
  CHECK_EQ(resumed, 1);
  CHECK_FALSE(ledger->must_stop());
}

TEST_CASE_FIXTURE(ledger_fixture,
                  "large bounds: a target with 4096 messages is "
                  "waited for until half of them are gone") {
  reset({1000000, 1000000000});
  auto enter = [this](int n) {
    for (int i = 0; i < n; ++i)
      CHECK(ledger->enter(*a, 1));
  };
  enter(4096);
  CHECK_FALSE(ledger->must_stop());
  enter(1);
  CHECK(ledger->must_stop());
  for (int i = 0; i < 2048; ++i)
    a->leave(1);
  CHECK_EQ(resumed, 0);
  a->leave(1);
  CHECK_EQ(resumed, 1);
  // what went meanwhile makes room again
  enter(2048);
  CHECK_FALSE(ledger->must_stop());
  CHECK_EQ(ledger->messages(), 4096);
}

TEST_CASE_FIXTURE(ledger_fixture,
                  "a target that takes nothing is not waited for "
                  "a second time") {
  reset({16, 1600});
  for (int i = 0; i < 5; ++i)
    ledger->enter(*a, 1);
  CHECK(ledger->must_stop());
  CHECK(ledger->give_up_waiting());
  CHECK(a->stalled());
  ledger->enter(*a, 1);
  CHECK_FALSE(ledger->must_stop());
  CHECK_EQ(resumed, 0);
}

TEST_CASE_FIXTURE(ledger_fixture, "nobody is told after the reader is gone") {
  for (auto& x : {a, b, c})
    for (int i = 0; i < 2; ++i)
      ledger->enter(*x, 1);
  CHECK(ledger->must_stop());
  ledger->detach();
  for (auto& x : {a, b, c})
    for (int i = 0; i < 2; ++i)
      x->leave(1);
  CHECK_EQ(resumed, 0);
  CHECK_EQ(ledger->messages(), 0);
}

TEST_CASE_FIXTURE(ledger_fixture, "Stop has a share of its own") {
  ledger->enter(*a, 1);
  ledger->enter(*a, 1);
  auto stops = ledger->stop_account_of("a");
  CHECK_EQ(stops->target()->id, "a");
  CHECK(ledger->enter(*stops, 1));
  CHECK(ledger->enter(*stops, 1));
  CHECK_FALSE(ledger->enter(*stops, 1));
}

TEST_CASE_FIXTURE(ledger_fixture,
                  "of many accounts those that hold something are kept") {
  CHECK_EQ(ledger->account_of("a"), a);
  ledger->enter(*a, 1);
  ledger->forget_idle();
  CHECK_EQ(ledger->account_of("b"), b);
  for (size_t i = 0; i < purge_mark::least; ++i)
    ledger->account_of(std::to_string(i));
  ledger->forget_idle();
  CHECK_EQ(ledger->account_of("a"), a);
  CHECK_NE(ledger->account_of("b"), b);
  CHECK_EQ(a->target()->id, "a");
}

TEST_SUITE_END();

} // namespace
