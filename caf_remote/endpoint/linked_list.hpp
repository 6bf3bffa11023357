// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace caf_remote {

/// The neighbours of an element in one list.
template <class T>
struct list_links {
  T* before = nullptr;
  T* after = nullptr;
};

/// Elements that live elsewhere, in the order in which they were added. `Links`
/// is where an element keeps its neighbours in this list, so that it can be in
/// several, and leave each of them in one step.
template <class T, list_links<T> T::*Links>
class linked_list {
public:
  T* first() const noexcept {
    return first_;
  }

  static T* after(const T& x) noexcept {
    return (x.*Links).after;
  }

  bool empty() const noexcept {
    return first_ == nullptr;
  }

  void add(T& x) noexcept {
    x.*Links = {last_, nullptr};
    (last_ != nullptr ? (last_->*Links).after : first_) = &x;
    last_ = &x;
  }

  void remove(T& x) noexcept {
    auto [before, after] = x.*Links;
    (before != nullptr ? (before->*Links).after : first_) = after;
    (after != nullptr ? (after->*Links).before : last_) = before;
  }

private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

} // namespace caf_remote
