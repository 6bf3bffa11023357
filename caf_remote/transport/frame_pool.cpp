// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/frame_pool.hpp"

#include <array>
#include <mutex>

namespace caf_remote::transport {

namespace {

constexpr size_t max_frame_bytes = 4u << 20;
constexpr size_t max_bytes = 16u << 20;

// Small ones are the allocator's business.
constexpr size_t min_frame_bytes = 4096;

struct shelf {
  std::mutex mtx;
  std::array<frame, 64> frames;
  size_t count = 0;
  size_t bytes = 0;
};

shelf& instance() {
  // gRPC's threads may drop frames after the destruction of static objects
  static auto& result = *new shelf;
  return result;
}

} // namespace

frame frame_pool::take() {
  auto& self = instance();
  std::lock_guard<std::mutex> guard{self.mtx};
  if (self.count == 0)
    return {};
  auto result = std::move(self.frames[--self.count]);
  self.bytes -= result.capacity();
  return result;
}

void frame_pool::give(frame x) noexcept {
  auto size = x.capacity();
  if (size < min_frame_bytes || size > max_frame_bytes)
    return;
  x.clear();
  auto& self = instance();
  std::lock_guard<std::mutex> guard{self.mtx};
  if (self.count == self.frames.size() || self.bytes + size > max_bytes)
    return;
  self.frames[self.count++] = std::move(x);
  self.bytes += size;
}

} // namespace caf_remote::transport
