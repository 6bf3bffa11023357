// SPDX-License-Identifier: BSD-3-Clause

// Memory that goes from thread to thread, and references many at a time.

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/compat/inbound_shelf.hpp"
#include "caf_remote/compat/reference_stock.hpp"
#include "caf_remote/endpoint/recycled_storage.hpp"
#include "caf_remote/endpoint/shared_text.hpp"
#include "caf_remote/transport/frame_pool.hpp"

#include "interleavings/scene.hpp"

#include <array>
#include <set>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct shelf_scene : scene {
  struct shelf_of_stream {
    shelf_of_stream(const message_codec& codec, std::shared_ptr<void> sink)
      : shelf(std::make_shared<inbound_shelf>(codec)),
        ledger(caf::make_counted<inbound_ledger>(
          inbound_ledger::bounds{100, 100000}, [] {},
          std::static_pointer_cast<undelivered_sink>(std::move(sink)))),
        account(ledger->account_of("joe")) {
      ledger->keep(shelf);
    }

    ~shelf_of_stream() {
      shelf->close();
      ledger->detach();
    }

    inbound_message make() {
      auto result = make_inbound(nullptr, caf::make_message_id(), *shelf);
      ledger->enter_anyway(*account, 100);
      result.element->charge(account, 100);
      return result;
    }

    std::shared_ptr<inbound_shelf> shelf;
    caf::intrusive_ptr<inbound_ledger> ledger;
    inbound_ledger::account_ptr account;
  };

  struct ignore : undelivered_sink {
    void undelivered(inbound_element&) override {
      // nop
    }
  };

  shelf_of_stream make_shelf() {
    return {codec_of<Ping>(), std::make_shared<ignore>()};
  }
};

TEST_SUITE_BEGIN("interleavings.pools");

TEST_CASE_FIXTURE(shelf_scene, "an element that was taken serves one message "
                               "again") {
  interleave([this](schedule& s) {
    auto stream = make_shelf();
    std::vector<inbound_message> taken;
    std::vector<inbound_message> next;
    std::set<void*> missing;
    for (auto i = 0; i < 2; ++i) {
      taken.push_back(stream.make());
      missing.insert(taken.back().element.get());
    }
    s.run({{"taker",
            [&] {
              for (auto& x : taken)
                x.element.reset();
            }},
           {"reader", [&] {
              for (auto text : {"one", "two"}) {
                next.push_back(
                  make_inbound(nullptr, caf::make_message_id(), *stream.shelf));
                static_cast<Ping&>(next.back().object).set_text(text);
              }
            }}});
    expect(next[0].element != next[1].element,
           "two messages have two elements");
    expect(stream.ledger->messages() == 0, "all were taken");
    // what the reader has not got is on the shelf
    for (auto& x : next)
      missing.erase(x.element.get());
    while (!missing.empty()) {
      next.push_back(
        make_inbound(nullptr, caf::make_message_id(), *stream.shelf));
      auto there = missing.erase(next.back().element.get()) == 1;
      expect(there, "nothing is lost");
      if (!there)
        break;
    }
    for (auto& x : next)
      x.element->charge(stream.account, 100);
  });
}

TEST_CASE_FIXTURE(shelf_scene, "none is lost or in two places when many come "
                               "back at once") {
  interleave([this](schedule& s) {
    auto stream = make_shelf();
    auto first = stream.make();
    auto second = stream.make();
    std::set<void*> before{first.element.get(), second.element.get()};
    s.run({{"taker", [&] { first.element.reset(); }},
           {"other taker", [&] { second.element.reset(); }}});
    std::array<inbound_message, 2> next{stream.make(), stream.make()};
    std::set<void*> after{next[0].element.get(), next[1].element.get()};
    expect(before == after, "the same two again");
  });
}

TEST_CASE_FIXTURE(shelf_scene, "what comes back to a shelf that was closed is "
                               "freed with it at the latest") {
  interleave([this](schedule& s) {
    auto stream = make_shelf();
    auto first = stream.make();
    auto second = stream.make();
    s.run({{"taker",
            [&] {
              first.element.reset();
              second.element.reset();
            }},
           {"reader", [&] { stream.shelf->close(); }}});
    expect(stream.ledger->messages() == 0, "all were taken");
  });
}

TEST_CASE("blocks change threads without being in two hands") {
  constexpr size_t bytes = 200;
  constexpr size_t magazine = 64;
  // A thread keeps two magazines. The first block of a third one makes it give
  // one away, and one is taken when it has none.
  constexpr size_t many = 2 * magazine + 1;
  if (!recycled_storage::enabled)
    return;
  interleave([=](schedule& s) {
    std::array<std::vector<void*>, 2> hands;
    for (auto& xs : hands)
      for (size_t n = 0; n < many; ++n)
        xs.push_back(recycled_storage::allocate(bytes));
    auto turn = [&](size_t i) {
      auto& mine = hands[i];
      for (auto& x : mine) {
        recycled_storage::release(x, bytes);
        x = nullptr;
      }
      for (size_t n = 0; n < magazine + 2; ++n) {
        mine[n] = recycled_storage::allocate(bytes);
        *static_cast<size_t*>(mine[n]) = i;
      }
    };
    s.run({{"a", [&] { turn(0); }}, {"b", [&] { turn(1); }}});
    std::set<void*> all;
    for (size_t i = 0; i < hands.size(); ++i)
      for (size_t n = 0; n < magazine + 2; ++n) {
        auto x = hands[i][n];
        expect(all.insert(x).second, "each block is in one hand");
        expect(*static_cast<size_t*>(x) == i, "nobody else writes there");
        ::operator delete(x);
      }
  });
}

TEST_CASE("a frame is in one place at a time") {
  using transport::frame;
  using transport::frame_pool;
  auto take_one = [] {
    return frame_pool::take().capacity() >= frame_pool::min_frame_bytes;
  };
  interleave([&](schedule& s) {
    while (take_one()) {
      // of others
    }
    std::array<frame, 2> frames;
    for (auto& x : frames)
      x.reserve(2 * frame_pool::min_frame_bytes);
    auto turn = [&](size_t i) {
      frame_pool::give(std::move(frames[i]));
      frames[i] = frame_pool::take();
      frames[i].assign(10, static_cast<char>('a' + i));
    };
    s.run({{"a", [&] { turn(0); }}, {"b", [&] { turn(1); }}});
    expect(frames[0].data() != frames[1].data(), "two frames");
    expect(frames[0][0] == 'a' && frames[1][0] == 'b', "each has its own");
    expect(!take_one(), "none is left");
  });
}

TEST_CASE("references that are taken many at a time free once, at the end") {
  interleave([](schedule& s) {
    auto text = caf::make_counted<const shared_text>("a text");
    std::array<shared_text_ptr, 3> taken;
    {
      reference_stock<const shared_text> stock{std::move(text)};
      for (auto& x : taken)
        x = stock.take();
      s.run({{"reader",
              [&] { reference_stock<const shared_text>{std::move(stock)}; }},
             {"taker",
              [&] {
                expect(taken[0]->value == "a text", "it is there");
                taken[0].reset();
                taken[1].reset();
              }},
             {"other taker", [&] {
                expect(taken[2]->value == "a text", "it is there");
                taken[2].reset();
              }}});
    }
  });
}

TEST_SUITE_END();

} // namespace
