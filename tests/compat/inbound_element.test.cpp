// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/inbound_element.hpp"

#include "caf_remote/compat/inbound_shelf.hpp"
#include "caf_remote/wire/batch_codec.hpp"

#include "support/actor_fixture.hpp"

#include <mutex>
#include <thread>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// Counts what was not taken.
class counting_sink : public undelivered_sink {
public:
  std::vector<std::string> types;
  std::mutex mtx;

  void undelivered(inbound_element& x) override {
    std::lock_guard<std::mutex> guard{mtx};
    types.emplace_back(x.type_name());
  }
};

struct element_fixture : actor_fixture {
  element_fixture()
    : sink(std::make_shared<counting_sink>()),
      ledger(caf::make_counted<inbound_ledger>(
        inbound_ledger::bounds{100, 1000}, [] {}, sink)),
      account(ledger->account_of("alice")) {
    ledger->keep(shelf);
  }

  ~element_fixture() {
    shelf->close();
    ledger->detach();
  }

  inbound_ptr charged(inbound_ptr x) {
    REQUIRE(ledger->enter(*account, 10));
    x->charge(account, 10);
    return x;
  }

  inbound_ptr make_ping_element() {
    auto x = make_inbound(nullptr, caf::make_message_id(), *shelf);
    x.object.CopyFrom(make_ping("hi"));
    return charged(std::move(x.element));
  }

  inbound_ptr make_raw_element() {
    encoded_message content{caf::make_counted<const shared_text>("some.Type"),
                            0, "bytes"};
    return charged(
      make_inbound(nullptr, caf::make_message_id(), std::move(content)));
  }

  void enqueue(const caf::actor& to, inbound_ptr x) {
    caf::actor_cast<caf::strong_actor_ptr>(to)->enqueue(std::move(x), nullptr);
    run();
  }

  std::shared_ptr<counting_sink> sink;
  caf::intrusive_ptr<inbound_ledger> ledger;
  inbound_ledger::account_ptr account;
  std::shared_ptr<inbound_shelf> shelf = std::make_shared<inbound_shelf>(
    codec_of<Ping>());
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
  CHECK_EQ(x->target()->id, "alice");
  lost_message lost;
  x->release(lost);
  REQUIRE(lost.content.match_elements<Ping>());
  CHECK_EQ(lost.content.get_as<Ping>(0).text(), "hi");
  CHECK_EQ(lost.content_bytes, 10);
}

TEST_CASE_FIXTURE(element_fixture, "a message in encoded form is whole for who "
                                   "reads it, however often") {
  auto x = make_raw_element();
  CHECK_NE(x->content().stringify(0).find("some.Type"), std::string::npos);
  auto check = [](const caf::message& msg) {
    REQUIRE(msg.match_elements<raw_message>());
    CHECK_EQ(msg.get_as<raw_message>(0).type_name, "some.Type");
    CHECK_EQ(msg.get_as<raw_message>(0).bytes, "bytes");
  };
  SUBCASE("copied, then moved") {
    check(x->copy_content_to_message());
    check(x->move_content_to_message());
  }
  SUBCASE("moved out for a dead letter after it was printed") {
    lost_message lost;
    x->release(lost);
    check(lost.event().message);
  }
  SUBCASE("moved out for a dead letter") {
    auto y = make_raw_element();
    lost_message lost;
    y->release(lost);
    CHECK_EQ(lost.encoded.bytes, "bytes");
    check(lost.event().message);
    check(lost.event().message);
  }
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
  x->encoded_header(wire::encode_header({{"k", "v"}}));
  enqueue(hdl, std::move(x));
  send_ping(hdl, "local");
  REQUIRE_EQ(seen->size(), 2);
  CHECK_EQ(seen->at(0), message_header{{"k", "v"}});
  CHECK(seen->at(1).empty());
}

// -- recycling ------------------------------------------------------------------

/// What an element looked like from outside.
struct seen {
  const caf::mailbox_element* element;
  const google::protobuf::Message* object;
};

struct shelf_fixture : element_fixture {
  seen use(size_t bytes = 100) {
    auto x = make_inbound(nullptr, caf::make_message_id(), *shelf);
    seen result{x.element.get(), &x.object};
    CHECK_EQ(x.object.ByteSizeLong(), 0);
    CHECK(x.element->header().empty());
    CHECK(x.element->sender == nullptr);
    x.object.CopyFrom(make_ping("hi"));
    x.element->encoded_header(wire::encode_header({{"key", "value"}}));
    REQUIRE(ledger->enter(*account, bytes));
    x.element->charge(account, bytes);
    return result;
  }
};

TEST_CASE_FIXTURE(shelf_fixture, "an element and its object serve again, and "
                                 "look new") {
  if (!recycled_storage::enabled)
    return;
  auto first = use();
  auto second = use();
  CHECK_EQ(first.element, second.element);
  CHECK_EQ(first.object, second.object);
  CHECK_EQ(ledger->messages(), 0);
  CHECK_EQ(sink->types.size(), 2);
}

TEST_CASE_FIXTURE(shelf_fixture, "a recycled element is taken or not for "
                                 "itself") {
  auto w = spawn_witness();
  enqueue(w.hdl, make_ping_element());
  CHECK(sink->types.empty());
  use();
  CHECK_EQ(sink->types.size(), 1);
}

TEST_CASE_FIXTURE(shelf_fixture, "large elements are not kept") {
  ledger->detach();
  ledger = caf::make_counted<inbound_ledger>(
    inbound_ledger::bounds{100, 1u << 20}, [] {}, sink);
  ledger->keep(shelf);
  account = ledger->account_of("alice");
  auto large = make_inbound(nullptr, caf::make_message_id(), *shelf);
  large.object.CopyFrom(make_ping(std::string(8192, 'x')));
  large.element->charge(account, 8192);
  REQUIRE(ledger->enter(*account, 8192));
  large.element.reset();
  auto next = make_inbound(nullptr, caf::make_message_id(), *shelf);
  CHECK_EQ(static_cast<Ping&>(next.object).text().capacity(),
           std::string{}.capacity());
}

TEST_CASE_FIXTURE(shelf_fixture, "what is kept is small in memory, whatever it "
                                 "was on the wire") {
  auto lists = std::make_shared<inbound_shelf>(codec_of<Nested>());
  ledger->detach();
  ledger = caf::make_counted<inbound_ledger>(
    inbound_ledger::bounds{100, 1u << 20}, [] {}, sink);
  ledger->keep(lists);
  account = ledger->account_of("alice");
  auto put = [&](const Nested& content) {
    auto x = make_inbound(nullptr, caf::make_message_id(), *lists);
    x.object.CopyFrom(content);
    REQUIRE(ledger->enter(*account, 3900));
    x.element->charge(account, 3900);
  };
  // first one large value, then many small ones with as many bytes
  Nested one;
  one.add_pings()->set_text(std::string(3000, 'x'));
  put(one);
  Nested many;
  for (int i = 0; i < 1800; ++i)
    many.add_pings();
  put(many);
  put(Nested{});
  auto next = make_inbound(nullptr, caf::make_message_id(), *lists);
  CHECK_LE(next.object.SpaceUsedLong(), inbound_shelf::max_element_bytes);
  lists->close();
}

TEST_CASE_FIXTURE(shelf_fixture, "an object that a handler made large is not "
                                 "kept") {
  auto hdl = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](Ping& x) { x.mutable_text()->append(10000, 'x'); }};
  });
  enqueue(hdl, make_ping_element());
  auto next = make_inbound(nullptr, caf::make_message_id(), *shelf);
  CHECK_LT(next.object.SpaceUsedLong(), 1000);
}

TEST_CASE_FIXTURE(shelf_fixture, "unknown fields count") {
  auto x = make_inbound(nullptr, caf::make_message_id(), *shelf);
  auto unknown = x.object.GetReflection()->MutableUnknownFields(&x.object);
  for (int i = 0; i < 1000; ++i)
    unknown->AddVarint(1000, 1);
  x.element = charged(std::move(x.element));
  x.element.reset();
  auto next = make_inbound(nullptr, caf::make_message_id(), *shelf);
  CHECK_LT(next.object.SpaceUsedLong(), 1000);
}

TEST_CASE_FIXTURE(shelf_fixture,
                  "a closed shelf keeps nothing until it is used "
                  "again") {
  if (!recycled_storage::enabled)
    return;
  auto first = make_ping_element();
  auto second = make_ping_element();
  shelf->close();
  first.reset(); // comes back too late
  second.reset();
  auto x = make_ping_element(); // new, or where the allocator put the old one
  x.reset();
  auto again = use();
  auto third = use();
  CHECK_EQ(again.element, third.element);
}

TEST_CASE_FIXTURE(shelf_fixture, "elements outlive their stream") {
  auto x = make_ping_element();
  shelf->close();
  ledger->detach();
  shelf = nullptr;
  ledger = nullptr;
  account = nullptr;
  x.reset();
  CHECK_EQ(sink->types.size(), 1);
  // for the fixture
  ledger = caf::make_counted<inbound_ledger>(
    inbound_ledger::bounds{2, 2}, [] {}, sink);
  shelf = std::make_shared<inbound_shelf>(codec_of<Ping>());
}

TEST_CASE_FIXTURE(shelf_fixture, "elements come back from many threads") {
  constexpr int rounds = 200;
  constexpr int per_round = 40;
  for (int i = 0; i < rounds; ++i) {
    std::vector<std::thread> threads;
    for (int j = 0; j < 4; ++j) {
      std::vector<inbound_ptr> xs;
      for (int k = 0; k < per_round / 4; ++k)
        xs.push_back(make_ping_element());
      threads.emplace_back([ys = std::move(xs)]() mutable { ys.clear(); });
    }
    for (auto& t : threads)
      t.join();
  }
  CHECK_EQ(ledger->messages(), 0);
  CHECK_EQ(ledger->bytes(), 0);
}

TEST_SUITE_END();

} // namespace
