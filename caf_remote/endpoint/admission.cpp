// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/admission.hpp"

namespace caf_remote {

bool admission::enter(size_t bytes) noexcept {
  // what is done is read first: it can only make room
  auto done = written_.load(std::memory_order_acquire)
              + dead_.load(std::memory_order_acquire);
  auto accepted = accepted_.fetch_add(1) + 1;
  if (accepted > done && accepted - done > limit_.messages)
    return false;
  auto total = bytes_.fetch_add(bytes) + bytes;
  if (total <= limit_.bytes)
    return true;
  bytes_.fetch_sub(bytes);
  return false;
}

void admission::refused() noexcept {
  dead_.fetch_add(1);
}

void admission::written(size_t count, size_t bytes) noexcept {
  bytes_.fetch_sub(bytes);
  written_.fetch_add(count);
}

void admission::dead(size_t bytes) noexcept {
  bytes_.fetch_sub(bytes);
  dead_.fetch_add(1);
}

void admission::withdraw(size_t bytes) noexcept {
  bytes_.fetch_sub(bytes);
  accepted_.fetch_sub(1);
}

uint64_t admission::queued() const noexcept {
  return read().queued;
}

admission::snapshot admission::read() const noexcept {
  // accepted is read last: nothing can be done before it was accepted
  auto written = written_.load();
  auto dead = dead_.load();
  auto accepted = accepted_.load();
  return {accepted, written, dead, accepted - written - dead};
}

} // namespace caf_remote
