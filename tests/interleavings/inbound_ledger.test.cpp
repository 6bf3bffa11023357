// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_ledger.hpp"

#include "interleavings/schedule.hpp"

#include <caf/make_counted.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct ignore : undelivered_sink {
  void undelivered(inbound_element&) override {
    // nop
  }
};

// A target is waited for above a quarter of these.
constexpr inbound_ledger::bounds limit{8, 1u << 20};

/// A stream whose reader has read `n` messages for one target.
struct stream {
  explicit stream(size_t n, inbound_ledger::bounds max = limit)
    : ledger(caf::make_counted<inbound_ledger>(
      max, [this] { ++resumed; }, std::make_shared<ignore>())),
      target(ledger->account_of("joe")) {
    for (size_t i = 0; i < n; ++i)
      ledger->enter_anyway(*target, 1);
  }

  ~stream() {
    ledger->detach();
  }

  std::atomic<int> resumed{0};
  caf::intrusive_ptr<inbound_ledger> ledger;
  inbound_ledger::account_ptr target;
};

TEST_SUITE_BEGIN("interleavings.inbound_ledger");

TEST_CASE("a reader that stops above the bound is resumed once") {
  interleave([](schedule& s) {
    stream x{0};
    // nobody holds so much that the reader would wait for it alone
    std::vector<inbound_ledger::account_ptr> targets;
    for (size_t i = 0; i < limit.messages + 1; ++i) {
      targets.push_back(x.ledger->account_of(std::to_string(i / 2)));
      x.ledger->enter_anyway(*targets.back(), 1);
    }
    auto stopped = false;
    s.run({{"reader", [&] { stopped = x.ledger->must_stop(); }},
           {"taker", [&] { targets.front()->leave(1); }},
           {"other taker", [&] { targets.back()->leave(1); }}});
    expect(x.resumed == (stopped ? 1 : 0), "resumed if it has stopped");
  });
}

TEST_CASE("so is one that waits for a single target") {
  interleave([](schedule& s) {
    stream x{3};
    auto stopped = false;
    auto take = [&] { x.target->leave(1); };
    s.run({{"reader", [&] { stopped = x.ledger->must_stop(); }},
           {"taker", take},
           {"other taker", take}});
    expect(x.resumed == (stopped ? 1 : 0), "resumed if it has stopped");
  });
}

TEST_CASE("a reader that gives up waiting is not resumed as well") {
  auto n = size_t{0};
  SUBCASE("for a single target") {
    n = 3;
  }
  SUBCASE("for all") {
    n = 9;
  }
  interleave([=](schedule& s) {
    stream x{n};
    expect(x.ledger->must_stop(), "it stops");
    auto gave_up = false;
    s.run({{"reader", [&] { gave_up = x.ledger->give_up_waiting(); }},
           {"taker", [&] {
              for (size_t i = 0; i < n; ++i)
                x.target->leave(1);
            }}});
    expect(x.resumed + (gave_up ? 1 : 0) == 1, "it goes on once");
  });
}

TEST_CASE("a target that holds little is waited for again") {
  interleave([](schedule& s) {
    stream x{3};
    expect(x.ledger->must_stop(), "it waits");
    s.run(
      {{"reader", [&] { x.ledger->give_up_waiting(); }}, {"taker", [&] {
                                                            x.target->leave(1);
                                                            x.target->leave(1);
                                                            x.target->leave(1);
                                                          }}});
    expect(!x.target->stalled(), "it has kept up after all");
  });
}

TEST_CASE("a stream that has worked off its overload takes messages again") {
  interleave([](schedule& s) {
    stream x{9};
    expect(x.ledger->must_stop(), "it stops");
    s.run({{"reader", [&] { x.ledger->give_up_waiting(); }},
           {"taker", [&] {
              for (auto i = 0; i < 9; ++i)
                x.target->leave(1);
            }}});
    expect(x.ledger->enter(*x.target, 1) && x.ledger->enter(*x.target, 1),
           "two have room");
  });
}

TEST_CASE("nobody is resumed who has left") {
  interleave([](schedule& s) {
    stream x{9};
    std::atomic<bool> gone{false};
    expect(x.ledger->must_stop(), "it stops");
    s.run({{"reader",
            [&] {
              x.ledger->detach();
              gone = true;
            }},
           {"taker", [&] {
              auto before = x.resumed.load();
              auto after_the_end = gone.load();
              x.target->leave(1);
              expect(!after_the_end || x.resumed == before, "nobody is there");
            }}});
  });
}

TEST_CASE("a target that is shared takes no more than its half") {
  interleave([](schedule& s) {
    auto x = caf::make_counted<inbound_ledger>(
      inbound_ledger::bounds{4, 1u << 20}, nullptr, std::make_shared<ignore>());
    auto target = x->account_of("joe");
    std::atomic<int> entered{0};
    auto publish = [&] {
      if (!x->enter(*target, 1))
        return;
      ++entered;
      target->leave(1);
    };
    s.run({{"a", publish}, {"b", publish}});
    expect(entered == 2, "both have room");
    expect(target->idle() && x->messages() == 0, "nothing is left");
  });
}

TEST_SUITE_END();

} // namespace
