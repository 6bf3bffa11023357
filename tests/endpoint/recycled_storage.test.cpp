// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/recycled_storage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

using caf_remote::recycled_storage;

namespace {

/// Blocks of one size, filled with their own number.
struct blocks {
  std::vector<void*> all;
  size_t size;

  blocks(size_t count, size_t bytes) : size(bytes) {
    for (size_t i = 0; i < count; ++i) {
      all.push_back(recycled_storage::allocate(bytes));
      std::memset(all.back(), static_cast<int>(i % 256), bytes);
    }
  }

  bool intact() const {
    size_t i = 0;
    return std::all_of(all.begin(), all.end(), [&](void* ptr) {
      auto bytes = static_cast<unsigned char*>(ptr);
      auto expected = i++ % 256;
      return std::all_of(bytes, bytes + size,
                         [=](unsigned char x) { return x == expected; });
    });
  }

  void release() {
    for (auto ptr : all)
      recycled_storage::release(ptr, size);
    all.clear();
  }
};

TEST_SUITE_BEGIN("endpoint.recycled_storage");

TEST_CASE("a block holds what was asked for") {
  for (size_t bytes : {1, 248, 249, 504, 505, 1272, 1273, 100000}) {
    CAPTURE(bytes);
    CHECK_GE(recycled_storage::capacity(bytes), bytes);
    auto ptr = recycled_storage::allocate(bytes);
    std::memset(ptr, 0xff, bytes);
    recycled_storage::release(ptr, bytes);
  }
}

TEST_CASE("a block that was given back serves again"
          * doctest::skip(!recycled_storage::enabled)) {
  auto first = recycled_storage::allocate(200);
  recycled_storage::release(first, 200);
  auto second = recycled_storage::allocate(100);
  CHECK_EQ(first, second);
  recycled_storage::release(second, 100);
}

TEST_CASE("no block is handed out twice") {
  for (size_t bytes : {200, 400, 1000, 5000}) {
    blocks xs{1000, bytes};
    CHECK(xs.intact());
    CHECK_EQ(std::set<void*>(xs.all.begin(), xs.all.end()).size(), 1000);
    xs.release();
    blocks ys{1000, bytes};
    CHECK_EQ(std::set<void*>(ys.all.begin(), ys.all.end()).size(), 1000);
    CHECK(ys.intact());
    ys.release();
  }
}

TEST_CASE("blocks come back on other threads") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int round = 0; round < 20; ++round) {
        blocks xs{500, 200};
        auto ok = false;
        std::thread other{[&] {
          ok = xs.intact();
          xs.release();
        }};
        other.join();
        CHECK(ok);
      }
    });
  for (auto& x : threads)
    x.join();
}

TEST_SUITE_END();

} // namespace
