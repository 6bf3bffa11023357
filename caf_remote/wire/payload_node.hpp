// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/coding.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace google::protobuf {

class EnumDescriptor;

} // namespace google::protobuf

namespace caf_remote::wire {

/// What a plan knows about one message type.
struct payload_node {
  enum class content : uint8_t { scalar, varints, fixed, text, key, message };

  struct field {
    /// Wider than tags are: the numbers in a message set have 31 bits.
    uint64_t tag = 0;
    content what = content::scalar;
    /// Of one element of `content::fixed`, in bytes.
    uint8_t width = 0;
    /// Of type `string`, not `bytes`.
    bool is_string = false;
    /// Counted for the first of several in a row.
    size_t head = 0;
    /// Counted for each, `text` and `key` apart.
    size_t each = 0;
    /// Null: no message.
    const payload_node* child = nullptr;
    /// Of an enum that takes no other values: those are unknown fields.
    const google::protobuf::EnumDescriptor* values = nullptr;

    bool leads_to_string() const noexcept {
      return is_string || (child != nullptr && child->has_strings);
    }
  };

  using fields = std::vector<field>; // sorted by tag

  static const field* find(const fields& xs, uint64_t tag) noexcept {
    auto less = [](const field& x, uint64_t y) { return x.tag < y; };
    auto i = std::lower_bound(xs.begin(), xs.end(), tag, less);
    return i != xs.end() && i->tag == tag ? &*i : nullptr;
  }

  static constexpr uint64_t tag_of(uint32_t number, wire_type type) noexcept {
    return uint64_t{number} << 3 | static_cast<uint64_t>(type);
  }

  fields all;
  /// Those that are strings or lead to some.
  fields with_strings;
  bool has_strings = false;
  /// An obsolete form of messages that are nothing but extensions: each byte
  /// counts as much as any can.
  bool is_message_set = false;
};

} // namespace caf_remote::wire
