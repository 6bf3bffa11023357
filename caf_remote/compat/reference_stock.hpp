// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/intrusive_ptr.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace caf_remote {

inline void add_references(caf::actor_control_block& x, size_t n) noexcept {
  x.strong_refs.fetch_add(n, std::memory_order_relaxed);
}

/// @pre others are left
inline void drop_references(caf::actor_control_block& x, size_t n) noexcept {
  x.strong_refs.fetch_sub(n, std::memory_order_release);
}

template <class T>
void add_references(T& x, size_t n) noexcept {
  x.add_references(n);
}

template <class T>
void drop_references(T& x, size_t n) noexcept {
  x.drop_references(n);
}

/// Hands out references to one object that are then dropped on another thread,
/// message after message. Takes them from the object many at a time, because
/// the count of references would otherwise go from one CPU to the other and
/// back for each.
template <class T>
class reference_stock {
public:
  reference_stock() noexcept = default;

  explicit reference_stock(caf::intrusive_ptr<T> x) noexcept
    : ptr_(std::move(x)) {
    // nop
  }

  reference_stock(reference_stock&& x) noexcept
    : ptr_(std::move(x.ptr_)), left_(std::exchange(x.left_, 0)),
      batch_(x.batch_) {
    // nop
  }

  reference_stock& operator=(reference_stock&& x) noexcept {
    std::swap(ptr_, x.ptr_);
    std::swap(left_, x.left_);
    std::swap(batch_, x.batch_);
    return *this;
  }

  ~reference_stock() {
    if (ptr_ != nullptr && left_ > 0)
      drop_references(*ptr_, left_);
  }

  explicit operator bool() const noexcept {
    return ptr_ != nullptr;
  }

  T& operator*() const noexcept {
    return *ptr_;
  }

  /// @pre not empty
  caf::intrusive_ptr<T> take() noexcept {
    if (left_ == 0) {
      add_references(*ptr_, batch_);
      left_ = batch_;
      batch_ = std::min(2 * batch_, max_batch);
    }
    --left_;
    return {ptr_.get(), false};
  }

private:
  static constexpr size_t max_batch = 256;

  caf::intrusive_ptr<T> ptr_;
  size_t left_ = 0;
  // few at first: most batches are small
  size_t batch_ = 1;
};

} // namespace caf_remote
