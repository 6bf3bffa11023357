// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/common_bound.hpp"

#include <algorithm>

namespace caf_remote {

bool bound_share::enter(size_t bytes) noexcept {
  auto n = std::max(bytes, whole_->least_);
  auto before = held_.fetch_add(n, std::memory_order_relaxed);
  auto all = whole_->held_.fetch_add(n, std::memory_order_relaxed);
  if (all == 0 || before + n + all <= whole_->bytes_)
    return true;
  leave(bytes);
  return false;
}

void bound_share::leave(size_t bytes) noexcept {
  auto n = std::max(bytes, whole_->least_);
  held_.fetch_sub(n, std::memory_order_relaxed);
  whole_->held_.fetch_sub(n, std::memory_order_relaxed);
}

} // namespace caf_remote
