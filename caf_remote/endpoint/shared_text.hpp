// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace caf_remote {

/// A text that stands once in a batch and belongs to many of its messages.
/// Immutable. References may be taken many at a time (`reference_stock`).
class shared_text : public caf::ref_counted {
public:
  explicit shared_text(std::string_view text) : value(text) {
    // nop
  }

  void add_references(size_t n) const noexcept {
    rc_.fetch_add(n, std::memory_order_relaxed);
  }

  void drop_references(size_t n) const noexcept {
    rc_.fetch_sub(n, std::memory_order_release);
  }

  const std::string value;
};

using shared_text_ptr = caf::intrusive_ptr<const shared_text>;

} // namespace caf_remote
