// SPDX-License-Identifier: BSD-3-Clause

// What is counted without a lock: `tally` and `admission`.

#include "caf_remote/endpoint/admission.hpp"
#include "caf_remote/endpoint/tally.hpp"

#include "interleavings/schedule.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

constexpr admission::bounds wide{100, 10000};

bool balanced(const admission::snapshot& x) {
  return x.accepted == x.written + x.dead + x.queued;
}

TEST_SUITE_BEGIN("interleavings.counters");

TEST_CASE("a tally never holds what has not come, nor less than nothing") {
  interleave([](schedule& s) {
    tally x;
    std::atomic<int> handed{0};
    s.run({{"reader",
            [&] {
              x.enter(10);
              handed.store(1);
              x.enter(10);
            }},
           {"taker",
            [&] {
              if (handed.load() != 0)
                x.leave(10);
            }},
           {"observer", [&] {
              auto held = x.held();
              expect(held.messages <= 2, "no more than have come");
              expect(held.bytes == 10 * held.messages, "bytes of messages");
            }}});
    auto left = x.held().messages;
    expect(left == 1 || left == 2, "all that came and have not gone");
  });
}

TEST_CASE("the thread that counts arrivals never counts too few") {
  interleave([](schedule& s) {
    tally x;
    std::atomic<int> handed{0};
    std::atomic<int> taken{0};
    s.run({{"reader",
            [&] {
              x.enter(10);
              x.enter(10);
              handed.store(2);
              auto here = x.look().messages;
              expect(here + static_cast<size_t>(taken.load()) >= 2,
                     "what is not there was taken");
              expect(x.held_at_most().messages >= x.held().messages,
                     "at most says at most");
            }},
           {"taker", [&] {
              for (auto n = handed.load(); n > 0; --n) {
                taken.fetch_add(1);
                x.leave(10);
              }
            }}});
  });
}

TEST_CASE("many threads may enter a tally that is shared") {
  interleave([](schedule& s) {
    tally x;
    auto pass = [&] {
      x.enter_shared(10);
      expect(x.held().messages >= 1, "what entered is there");
      x.leave(10);
    };
    s.run({{"a", pass}, {"b", pass}});
    expect(x.held().messages == 0, "nothing is left");
  });
}

TEST_CASE("accepted = written + dead-lettered + queued at any moment") {
  interleave([](schedule& s) {
    admission x{wide};
    s.run({{"sender",
            [&] {
              if (x.enter(10))
                x.written(1, 10);
            }},
           {"other sender",
            [&] {
              if (x.enter(10))
                x.dead(10);
            }},
           {"observer", [&] {
              auto now = x.read();
              expect(balanced(now), "it adds up");
              expect(now.queued <= 2, "no more are queued than were accepted");
            }}});
    auto end = x.read();
    expect(end.accepted == 2 && end.written == 1 && end.dead == 1, "all count");
    expect(end.queued == 0 && x.queued_bytes() == 0, "nothing is queued");
  });
}

TEST_CASE("no more messages are in than may be") {
  interleave([](schedule& s) {
    admission x{{1, 10000}};
    std::atomic<int> inside{0};
    auto send = [&] {
      if (!x.enter(10)) {
        x.refused();
        return;
      }
      expect(inside.fetch_add(1) == 0, "one at a time");
      inside.fetch_sub(1);
      x.written(1, 10);
    };
    s.run({{"a", send}, {"b", send}, {"c", send}});
    expect(balanced(x.read()) && x.read().queued == 0, "it adds up");
    expect(x.read().accepted == 3, "all were counted");
    expect(x.queued_bytes() == 0, "who was refused takes no room");
  });
}

TEST_CASE("no more bytes are in than may be") {
  interleave([](schedule& s) {
    admission x{{100, 10}};
    std::atomic<int> inside{0};
    auto send = [&] {
      if (!x.enter(6)) {
        x.refused();
        return;
      }
      expect(inside.fetch_add(1) == 0, "one at a time");
      inside.fetch_sub(1);
      x.written(1, 6);
    };
    s.run({{"a", send}, {"b", send}});
    expect(x.queued_bytes() == 0, "who was refused takes no room");
  });
}

TEST_CASE(
  "who looks at the queue after a store sees the message, or the sender "
  "sees the store") {
  interleave([](schedule& s) {
    admission x{wide};
    std::atomic<bool> stored{false};
    auto seen_store = false;
    auto seen_message = false;
    s.run({{"sender",
            [&] {
              x.enter(10);
              seen_store = stored.load();
            }},
           {"manager", [&] {
              stored.store(true);
              seen_message = x.queued() != 0;
            }}});
    expect(seen_store || seen_message, "one of the two sees the other");
  });
}

TEST_CASE("a message that goes elsewhere leaves no trace") {
  interleave([](schedule& s) {
    admission x{wide};
    s.run({{"sender",
            [&] {
              x.enter(10);
              x.withdraw(10);
            }},
           {"other", [&] {
              x.enter(10);
              x.written(1, 10);
            }}});
    expect(balanced(x.read()) && x.read().queued == 0, "nothing is queued");
    expect(x.read().accepted == 1 && x.queued_bytes() == 0,
           "one message was here");
  });
}

TEST_SUITE_END();

} // namespace
