// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/inbound_element.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// Counts what was not taken.
class counting_sink : public undelivered_sink {
public:
  std::vector<std::string> types;

  void undelivered(inbound_element& x) override {
    types.emplace_back(x.type_name());
  }
};

struct element_fixture : actor_fixture {
  element_fixture()
    : sink(std::make_shared<counting_sink>()),
      ledger(caf::make_counted<inbound_ledger>(
        inbound_ledger::bounds{100, 1000}, [] {}, sink)),
      account(ledger->account_of("alice")) {
    // nop
  }

  ~element_fixture() {
    ledger->detach();
  }

  inbound_ptr charged(inbound_ptr x) {
    REQUIRE(ledger->enter(*account, 10));
    x->charge(account, 10);
    return x;
  }

  inbound_ptr make_ping_element() {
    return charged(make_inbound(nullptr, caf::make_message_id(),
                                codec_of<Ping>(),
                                std::make_unique<Ping>(make_ping("hi"))));
  }

  inbound_ptr make_raw_element() {
    return charged(make_inbound(nullptr, caf::make_message_id(),
                                raw_message{"some.Type", 0, "bytes"}));
  }

  void enqueue(const caf::actor& to, inbound_ptr x) {
    caf::actor_cast<caf::strong_actor_ptr>(to)->enqueue(std::move(x), nullptr);
    run();
  }

  std::shared_ptr<counting_sink> sink;
  caf::intrusive_ptr<inbound_ledger> ledger;
  inbound_ledger::account_ptr account;
};

using strings = std::vector<std::string>;

TEST_SUITE_BEGIN("compat.inbound_element");

TEST_CASE_FIXTURE(element_fixture, "a message that a handler takes is released "
                                   "without a word") {
  auto alice = spawn_witness();
  enqueue(alice.hdl, make_ping_element());
  enqueue(alice.hdl, make_raw_element());
  CHECK_EQ(alice.texts(), strings{"hi"});
  CHECK_EQ(alice.count<raw_message>(), 1);
  CHECK(sink->types.empty());
  CHECK_EQ(ledger->messages(), 0);
  CHECK_EQ(ledger->bytes(), 0);
}

TEST_CASE_FIXTURE(element_fixture,
                  "a typed handler takes by value, reference or "
                  "as a message") {
  auto seen = std::make_shared<strings>();
  auto hdl = sys.spawn([seen](caf::event_based_actor* self) -> caf::behavior {
    return {[=](const Ping& x) {
      seen->push_back(x.text());
      self->become([=](Ping& y) {
        seen->push_back(y.text());
        self->become([=](Ping z) { seen->push_back(z.text()); });
      });
    }};
  });
  for (int i = 0; i < 3; ++i)
    enqueue(hdl, make_ping_element());
  CHECK_EQ(*seen, strings{"hi", "hi", "hi"});
  CHECK(sink->types.empty());
}

TEST_CASE_FIXTURE(element_fixture, "a message that nobody takes is told") {
  SUBCASE("destroyed outside of a mailbox") {
    make_ping_element().reset();
  }
  SUBCASE("sent to an actor that is over") {
    auto alice = spawn_witness();
    alice.quit();
    run();
    enqueue(alice.hdl, make_ping_element());
  }
  SUBCASE("no handler matches") {
    auto hdl = sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[](const Blob&) {}, [](const raw_message&) {}};
    });
    enqueue(hdl, make_ping_element());
  }
  CHECK_EQ(sink->types, strings{"caf_remote.test.Ping"});
  CHECK_EQ(ledger->messages(), 0);
}

TEST_CASE_FIXTURE(element_fixture, "a raw message that nobody takes is told by "
                                   "its type") {
  make_raw_element().reset();
  CHECK_EQ(sink->types, strings{"some.Type"});
}

TEST_CASE_FIXTURE(element_fixture, "the content can be moved out for a dead "
                                   "letter") {
  auto x = make_ping_element();
  CHECK_EQ(x->target(), "alice");
  auto msg = x->release();
  REQUIRE(msg.match_elements<Ping>());
  CHECK_EQ(msg.get_as<Ping>(0).text(), "hi");
}

TEST_CASE_FIXTURE(element_fixture, "printing takes nothing") {
  auto x = make_ping_element();
  CHECK_EQ(x->content().stringify(0), R"(caf_remote.test.Ping(text: "hi"))");
  x.reset();
  CHECK_EQ(sink->types.size(), 1);
}

TEST_CASE_FIXTURE(element_fixture,
                  "the header belongs to the message at hand") {
  auto seen = std::make_shared<std::vector<message_header>>();
  auto hdl = sys.spawn([seen](caf::event_based_actor* self) -> caf::behavior {
    return {[=](const Ping&) { seen->push_back(header_of(self)); }};
  });
  auto x = make_ping_element();
  x->header = {{"k", "v"}};
  enqueue(hdl, std::move(x));
  send_ping(hdl, "local");
  REQUIRE_EQ(seen->size(), 2);
  CHECK_EQ(seen->at(0), message_header{{"k", "v"}});
  CHECK(seen->at(1).empty());
}

TEST_SUITE_END();

} // namespace
