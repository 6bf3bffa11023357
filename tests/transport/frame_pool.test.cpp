// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/frame_pool.hpp"

#include "caf_remote/endpoint/recycled_storage.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace caf_remote::transport;
using caf_remote::recycled_storage;

namespace {

frame frame_of(size_t bytes) {
  frame result(bytes, 'x');
  result.shrink_to_fit();
  return result;
}

/// Takes out whatever earlier tests have left.
void empty_pool() {
  while (frame_pool::take().capacity() >= 4096)
    ; // nop
}

TEST_SUITE_BEGIN("transport.frame_pool");

TEST_CASE("a frame's memory serves again, empty"
          * doctest::skip(!recycled_storage::enabled)) {
  empty_pool();
  auto x = frame_of(10000);
  auto place = x.data();
  frame_pool::give(std::move(x));
  auto y = frame_pool::take();
  CHECK(y.empty());
  CHECK_EQ(y.data(), place);
  CHECK_LT(frame_pool::take().capacity(), 4096);
}

TEST_CASE("small and huge frames are not kept") {
  empty_pool();
  frame_pool::give(frame_of(100));
  frame_pool::give(frame_of((4u << 20) + 1));
  CHECK_LT(frame_pool::take().capacity(), 4096);
}

TEST_CASE("no more is kept than 16 MiB"
          * doctest::skip(!recycled_storage::enabled)) {
  empty_pool();
  for (int i = 0; i < 10; ++i)
    frame_pool::give(frame_of(4u << 20));
  std::vector<frame> xs;
  do
    xs.push_back(frame_pool::take());
  while (xs.back().capacity() >= 4096);
  CHECK_EQ(xs.size() - 1, 4);
}

TEST_SUITE_END();

} // namespace
