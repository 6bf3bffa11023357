// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/coding.hpp"
#include "caf_remote/wire/payload_node.hpp"
#include "caf_remote/wire/protobuf_memory.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace caf_remote::wire {

/// One walk over an encoded message, which visits each byte at most once. With
/// `looks_at_strings` it ends at the first that is not UTF-8, with
/// `counts_memory` it sums what Protobuf will take.
template <bool looks_at_strings, bool counts_memory>
class payload_walk {
public:
  /// Protobuf's own limit.
  static constexpr size_t max_depth = 100;

  /// `per_byte` is what a byte takes at most.
  explicit payload_walk(size_t per_byte) noexcept : per_byte_(per_byte) {
    // nop
  }

  /// Returns false at what Protobuf would not read: garbage, what is nested too
  /// deep, or a string that is not UTF-8.
  bool run(std::string_view bytes, const payload_node& type) noexcept {
    cursor in{bytes};
    return message(in, type, 0, 0);
  }

  size_t sum() const noexcept {
    return sum_;
  }

  bool found_bad_string() const noexcept {
    return found_bad_string_;
  }

private:
  using node = payload_node;

  template <bool, bool>
  friend class payload_walk;

  // Stops at `end_tag` (the end of a group) or, if that is 0, at the end.
  bool message(cursor& in, const node& type, uint32_t end_tag,
               size_t depth) noexcept {
    if (depth > max_depth)
      return false;
    if constexpr (counts_memory)
      if (type.is_message_set)
        return message_set(in, type, end_tag, depth);
    auto& fields = fields_of(type);
    const node::field* last = nullptr;
    auto has_unknown = false;
    while (!in.at_end()) {
      uint32_t tag;
      if (!in.read_tag(tag))
        return false;
      if (tag == end_tag)
        return true;
      if (!counts_memory && type.is_message_set && tag == item_begin) {
        if (!item(in, type, depth))
          return false;
      } else if (auto x = node::find(fields, tag)) {
        if (counts_memory && x != last)
          sum_ += x->head;
        last = x;
        if (!known(in, *x, has_unknown, depth))
          return false;
      } else if (!unknown(in, tag, has_unknown, depth)) {
        return false;
      }
    }
    return end_tag == 0;
  }

  static const node::fields& fields_of(const node& type) noexcept {
    static const node::fields none;
    if constexpr (counts_memory)
      return type.all;
    else if constexpr (looks_at_strings)
      return type.with_strings;
    else
      return none;
  }

  bool known(cursor& in, const node::field& x, bool& has_unknown,
             size_t depth) noexcept {
    auto wire = static_cast<wire_type>(x.tag & 7);
    if (wire == wire_type::begin_group) {
      count(x.each);
      auto end_tag = end_of(static_cast<uint32_t>(x.tag));
      return message(in, *x.child, end_tag, depth + 1);
    }
    if (wire != wire_type::bytes)
      return x.values != nullptr
               ? enumerator(in, x, has_unknown)
               : (count(x.each), in.skip(static_cast<uint32_t>(x.tag)));
    std::string_view bytes;
    return in.read_bytes(bytes) && content(bytes, x, has_unknown, depth);
  }

  bool content(std::string_view bytes, const node::field& x, bool& has_unknown,
               size_t depth) noexcept {
    if (looks_at_strings && x.is_string && !valid_utf8(bytes)) {
      found_bad_string_ = true;
      return false;
    }
    switch (x.what) {
      case node::content::message: {
        count(x.each);
        cursor nested{bytes};
        return message(nested, *x.child, 0, depth + 1);
      }
      case node::content::fixed:
        count(bytes.size() / x.width * x.each);
        return true;
      case node::content::varints:
        return varints(bytes, x, has_unknown);
      case node::content::key:
        count(x.each + protobuf_memory::key(bytes.size()));
        return true;
      default:
        count(x.each + protobuf_memory::text(bytes.size()));
        return true;
    }
  }

  bool varints(std::string_view bytes, const node::field& x,
               bool& has_unknown) noexcept {
    if (x.values == nullptr) {
      auto is_last = [](char c) { return static_cast<signed char>(c) >= 0; };
      auto n = std::count_if(bytes.begin(), bytes.end(), is_last);
      count(static_cast<size_t>(n) * x.each);
      return true;
    }
    cursor in{bytes};
    while (!in.at_end())
      if (!enumerator(in, x, has_unknown))
        return false;
    return true;
  }

  bool enumerator(cursor& in, const node::field& x,
                  bool& has_unknown) noexcept {
    int32_t value;
    if (!in.read_int32(value))
      return false;
    if (x.values->FindValueByNumber(value) != nullptr)
      count(x.each);
    else
      count_unknown(has_unknown);
    return true;
  }

  bool unknown(cursor& in, uint32_t tag, bool& has_unknown,
               size_t depth) noexcept {
    if constexpr (!counts_memory) {
      return in.skip(tag);
    } else {
      static const node nothing;
      count_unknown(has_unknown);
      switch (static_cast<wire_type>(tag & 7)) {
        case wire_type::bytes: {
          std::string_view bytes;
          if (!in.read_bytes(bytes))
            return false;
          count(protobuf_memory::string_object
                + protobuf_memory::text(bytes.size()));
          return true;
        }
        case wire_type::begin_group:
          count(protobuf_memory::unknown_group);
          return message(in, nothing, end_of(tag), depth + 1);
        default:
          return in.skip(tag);
      }
    }
  }

  // -- message sets -----------------------------------------------------------

  static constexpr uint32_t item_begin = tag_of(1, wire_type::begin_group);
  static constexpr uint32_t item_end = tag_of(1, wire_type::end_group);
  static constexpr uint32_t item_type = tag_of(2, wire_type::varint);
  static constexpr uint32_t item_content = tag_of(3, wire_type::bytes);

  // Each byte counts as much as any can.
  bool message_set(cursor& in, const node& type, uint32_t end_tag,
                   size_t depth) noexcept {
    auto begin = in.position();
    payload_walk<looks_at_strings, false> strings{per_byte_};
    auto result = strings.message(in, type, end_tag, depth);
    found_bad_string_ = strings.found_bad_string_;
    count(static_cast<size_t>(in.position() - begin) * per_byte_);
    return result;
  }

  // An item says which extension its content is, before it or after it. Of
  // several, the first counts; what else is in it Protobuf reads as if it stood
  // beside it.
  bool item(cursor& in, const node& type, size_t depth) noexcept {
    auto& fields = fields_of(type);
    std::optional<uint32_t> id;
    std::optional<std::string_view> bytes;
    auto has_unknown = false;
    while (!in.at_end()) {
      uint32_t tag;
      if (!in.read_tag(tag))
        return false;
      if (tag == item_end) {
        if (!id || !bytes)
          return true;
        auto x = node::find(fields, node::tag_of(*id, wire_type::bytes));
        return x == nullptr || content(*bytes, *x, has_unknown, depth);
      }
      if (tag == item_type) {
        uint32_t value;
        if (!in.read_uint32(value))
          return false;
        if (!id)
          id = value;
      } else if (tag == item_content) {
        std::string_view value;
        if (!in.read_bytes(value))
          return false;
        if (!bytes)
          bytes = value;
      } else if (auto x = node::find(fields, tag)) {
        if (!known(in, *x, has_unknown, depth))
          return false;
      } else if (!in.skip(tag)) {
        return false;
      }
    }
    return false;
  }

  // -- sums -------------------------------------------------------------------

  void count([[maybe_unused]] size_t bytes) noexcept {
    if constexpr (counts_memory)
      sum_ += bytes;
  }

  void count_unknown(bool& has_unknown) noexcept {
    count(protobuf_memory::unknown_field);
    if (!std::exchange(has_unknown, true))
      count(protobuf_memory::unknown_head);
  }

  static uint32_t end_of(uint32_t tag) noexcept {
    return tag_of(tag >> 3, wire_type::end_group);
  }

  const size_t per_byte_;
  size_t sum_ = 0;
  bool found_bad_string_ = false;
};

} // namespace caf_remote::wire
