// SPDX-License-Identifier: BSD-3-Clause

// The explorer finds what it is there to find.

#include "interleavings/schedule.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

using namespace caf_remote::test;

namespace {

bool breaks(const exploration& x, std::string_view what) {
  return x.failure.compare(0, what.size(), what) == 0;
}

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

// Each thread writes one and reads the other: Dekker's algorithm.
exploration store_and_load(std::memory_order store, std::memory_order load) {
  return explore([=](schedule& s) {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    auto a = -1;
    auto b = -1;
    s.run({{"a",
            [&] {
              x.store(1, store);
              a = y.load(load);
            }},
           {"b", [&] {
              y.store(1, store);
              b = x.load(load);
            }}});
    expect(a == 1 || b == 1, "one of the two sees the other");
  });
}

// One writes data, then a flag; the other one sees the flag and reads.
exploration publish(std::memory_order store, std::memory_order load) {
  return explore([=](schedule& s) {
    auto data = 0;
    std::atomic<bool> done{false};
    s.run({{"writer",
            [&] {
              data = 1;
              done.store(true, store);
            }},
           {"reader", [&] {
              if (done.load(load))
                expect(data == 1, "what was published is seen");
            }}});
  });
}

TEST_SUITE_BEGIN("interleavings.explorer");

TEST_CASE("each order of two operations on one object is tried once") {
  auto orders = [](size_t threads, size_t each) {
    auto result = explore([=](schedule& s) {
      std::atomic<int> x{0};
      std::vector<thread_of_case> xs;
      for (size_t i = 0; i < threads; ++i)
        xs.push_back({"adder", [&x, each] {
                        for (size_t n = 0; n < each; ++n)
                          x.fetch_add(1);
                      }});
      s.run(std::move(xs));
      expect(x == static_cast<int>(threads * each), "nothing is lost");
    });
    CHECK_EQ(result.failure, std::string{});
    return result.schedules;
  };
  CHECK_EQ(orders(2, 1), 2);
  CHECK_EQ(orders(2, 2), 6);
  CHECK_EQ(orders(2, 3), 20);
  CHECK_EQ(orders(3, 1), 6);
  CHECK_EQ(orders(3, 2), 90);
}

TEST_CASE("operations on different objects have no order") {
  auto result = explore([](schedule& s) {
    std::atomic<int> x{0};
    std::atomic<int> y{0};
    s.run({{"x", [&] { x += 1, x += 2; }}, {"y", [&] { y += 1, y += 2; }}});
  });
  CHECK_EQ(result.schedules, 1);
}

TEST_CASE("an update that is lost is found") {
  auto result = explore([](schedule& s) {
    std::atomic<int> x{0};
    auto add = [&] { x.store(x.load() + 1); };
    s.run({{"a", add}, {"b", add}});
    expect(x == 2, "both count");
  });
  CHECK(breaks(result, "both count"));
  CHECK_NE(result.failure.find("explorer.test.cpp"), std::string::npos);
}

TEST_CASE("a load may be too early for a store unless both are sequentially "
          "consistent") {
  CHECK_EQ(store_and_load(std::memory_order_seq_cst, std::memory_order_seq_cst)
             .failure,
           std::string{});
  CHECK(breaks(store_and_load(release, acquire), "one of the two"));
  CHECK(breaks(store_and_load(std::memory_order_seq_cst, acquire),
               "one of the two"));
  CHECK(breaks(store_and_load(release, std::memory_order_seq_cst),
               "one of the two"));
}

TEST_CASE("what is published without release or acquire is a data race") {
  CHECK_EQ(publish(release, acquire).failure, std::string{});
  CHECK(breaks(publish(relaxed, acquire), "a data race"));
  CHECK(breaks(publish(release, relaxed), "a data race"));
}

TEST_CASE("who adds to what was released passes it on") {
  auto result = explore([](schedule& s) {
    auto data = 0;
    std::atomic<int> x{0};
    s.run({{"writer",
            [&] {
              data = 1;
              x.fetch_add(1, release);
            }},
           {"adder", [&] { x.fetch_add(2, relaxed); }},
           {"reader", [&] {
              if ((x.load(acquire) & 1) != 0)
                expect(data == 1, "what was published is seen");
            }}});
  });
  CHECK_EQ(result.failure, std::string{});
}

TEST_CASE("memory that is used after its end is found") {
  auto result = explore([](schedule& s) {
    auto x = new int{1};
    s.run({{"user", [&] { *x = 2; }}, {"owner", [&] { delete x; }}});
  });
  CHECK_FALSE(result.failure.empty());
}

TEST_CASE("the last reference frees, whoever has it") {
  auto result = explore([](schedule& s) {
    auto x = std::make_shared<int>(0);
    auto y = x;
    s.run({{"a",
            [&] {
              static_cast<void>(*x);
              x.reset();
            }},
           {"b", [&] {
              static_cast<void>(*y);
              y.reset();
            }}});
  });
  CHECK_EQ(result.failure, std::string{});
}

TEST_CASE("a mutex excludes, and who waits for it in a circle is found") {
  auto run = [](bool in_order) {
    return explore([=](schedule& s) {
      std::mutex m;
      std::mutex n;
      auto x = 0;
      s.run({{"a",
              [&] {
                std::lock_guard<std::mutex> first{m};
                std::lock_guard<std::mutex> second{n};
                ++x;
              }},
             {"b", [&] {
                std::lock_guard<std::mutex> first{in_order ? m : n};
                std::lock_guard<std::mutex> second{in_order ? n : m};
                ++x;
              }}});
      expect(x == 2, "both count");
    });
  };
  auto good = run(true);
  CHECK_EQ(good.failure, std::string{});
  CHECK_EQ(good.schedules, 2);
  CHECK(breaks(run(false), "a deadlock"));
}

TEST_CASE("a notification that nobody waits for yet is lost") {
  auto run = [](bool with_lock) {
    return explore([=](schedule& s) {
      std::mutex m;
      std::condition_variable c;
      std::atomic<bool> ready{false};
      s.run({{"waiter",
              [&] {
                std::unique_lock<std::mutex> guard{m};
                while (!ready)
                  c.wait(guard);
              }},
             {"notifier", [&] {
                std::unique_lock<std::mutex> guard{m, std::defer_lock};
                if (with_lock)
                  guard.lock();
                ready = true;
                c.notify_one();
              }}});
    });
  };
  CHECK_EQ(run(true).failure, std::string{});
  CHECK(breaks(run(false), "a deadlock"));
}

TEST_CASE("a weak exchange may fail for no reason") {
  auto result = explore([](schedule& s) {
    std::atomic<int> x{0};
    auto done = false;
    s.run({{"a", [&] {
              auto old = 0;
              done = x.compare_exchange_weak(old, 1);
            }}});
    expect(done, "once is enough");
  });
  CHECK(breaks(result, "once is enough"));
}

TEST_SUITE_END();

} // namespace
