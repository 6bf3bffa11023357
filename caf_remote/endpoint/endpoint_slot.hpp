// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace caf_remote {

/// The endpoint that one proxy sends to. Senders on many threads use it without
/// a lock or a reference of their own. One that was replaced is freed at the
/// first change that finds nobody using the slot, at the latest with the slot.
class endpoint_slot {
public:
  /// Keeps what it points to, null or the slot's endpoint, from being freed.
  class pin {
  public:
    pin() noexcept = default;

    explicit pin(endpoint_slot& from) noexcept : from_(&from) {
      // before the pointer is read: see `set`
      from.pins_.fetch_add(1);
      ptr_ = from.current_.load();
    }

    pin(pin&& x) noexcept
      : from_(std::exchange(x.from_, nullptr)),
        ptr_(std::exchange(x.ptr_, nullptr)) {
      // nop
    }

    pin& operator=(pin&&) = delete;

    ~pin() {
      if (from_ != nullptr)
        from_->pins_.fetch_sub(1, std::memory_order_release);
    }

    explicit operator bool() const noexcept {
      return ptr_ != nullptr;
    }

    endpoint* operator->() const noexcept {
      return ptr_;
    }

    endpoint& operator*() const noexcept {
      return *ptr_;
    }

  private:
    endpoint_slot* from_ = nullptr;
    endpoint* ptr_ = nullptr;
  };

  /// Any thread. Null if nothing was set yet.
  pin get() noexcept {
    return pin{*this};
  }

  /// What was set last. To be called by one thread at a time, like `set`: the
  /// slot's owner has a lock for that.
  const endpoint_ptr& owned() const noexcept {
    return owned_;
  }

  /// Replaces the endpoint.
  void set(endpoint_ptr x) {
    if (owned_ != nullptr)
      replaced_.push_back(std::move(owned_));
    owned_ = std::move(x);
    current_.store(owned_.get());
    // whoever pins from now on sees the new one; who did so earlier is counted
    if (pins_.load() == 0)
      replaced_.clear();
  }

private:
  std::atomic<size_t> pins_{0};
  std::atomic<endpoint*> current_{nullptr};
  endpoint_ptr owned_;
  // may be in use; usually empty
  std::vector<endpoint_ptr> replaced_;
};

} // namespace caf_remote
