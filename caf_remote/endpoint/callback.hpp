// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/printable.hpp"

#include <string>
#include <utility>

namespace caf_remote {

/// Marks that this thread runs code of the user's (a callback: log sink, hook)
/// on behalf of `owner`. What the callback does may come back to its owner on
/// the same thread, and must not run it again: it would never end.
class callback_scope {
public:
  explicit callback_scope(const void* owner) noexcept
    : owner_(owner), outer_(innermost_) {
    innermost_ = this;
  }

  ~callback_scope() {
    innermost_ = outer_;
  }

  callback_scope(const callback_scope&) = delete;
  callback_scope& operator=(const callback_scope&) = delete;

  /// Whether this thread runs a callback of `owner`.
  static bool active(const void* owner) noexcept {
    auto x = innermost_;
    while (x != nullptr && x->owner_ != owner)
      x = x->outer_;
    return x != nullptr;
  }

private:
  static inline thread_local const callback_scope* innermost_ = nullptr;

  const void* const owner_;
  const callback_scope* const outer_;
};

/// Runs code of the user's, which may throw. Hold no lock: it may call the
/// module. `failed` gets the text of what it threw.
template <class F, class G>
void run_callback(F f, G failed) {
  std::string what;
  try {
    f();
    return;
  } catch (...) {
    what = printable_exception();
  }
  failed(what);
}

/// The same, but does nothing if this thread runs a callback of `owner`
/// already.
template <class F, class G>
void run_callback_of(const void* owner, F f, G failed) {
  if (callback_scope::active(owner))
    return;
  run_callback(
    [&] {
      callback_scope scope{owner};
      f();
    },
    std::move(failed));
}

} // namespace caf_remote
