// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/frame_pool.hpp"

#include <array>
#include <mutex>
#include <new>

namespace caf_remote::transport {

namespace {

constexpr size_t max_frame_bytes = 4u << 20;
#ifdef CAF_REMOTE_NO_RECYCLING
constexpr size_t max_bytes = 0;
#else
constexpr size_t max_bytes = 16u << 20;
#endif

// Frames that a busy stream has.
constexpr size_t large_frame_bytes = 64u << 10;

// glibc learns from large blocks that are freed how much free memory a program
// should keep, and gives everything above 128 KiB back to the system until
// then: all that gRPC reads a message into, again and again. The pool hides
// from it that such blocks come and go, so it is shown one, once.
void show_allocator_a_large_block() noexcept {
  static const auto done = [] {
    // a failure does not matter
    ::operator delete(::operator new(max_frame_bytes, std::nothrow));
    return true;
  }();
  static_cast<void>(done);
}

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
  if (size >= large_frame_bytes)
    show_allocator_a_large_block();
  auto& self = instance();
  std::lock_guard<std::mutex> guard{self.mtx};
  if (self.count == self.frames.size() || self.bytes + size > max_bytes)
    return;
  self.frames[self.count++] = std::move(x);
  self.bytes += size;
}

} // namespace caf_remote::transport
