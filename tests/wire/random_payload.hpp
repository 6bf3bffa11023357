// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/coding.hpp"

#include "wire/random_batch.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Makes encoded messages of any type, with all that Protobuf takes: fields in
/// any order and more than once, lists in pieces, extensions, unknown fields.
class payload_maker {
public:
  using descriptor = google::protobuf::Descriptor;
  using field = google::protobuf::FieldDescriptor;
  using wire_type = caf_remote::wire::wire_type;

  explicit payload_maker(uint32_t seed) : rnd_(seed) {
    // nop
  }

  /// The fields of `type` and their extensions.
  static std::vector<const field*> fields_of(const descriptor* type) {
    std::vector<const field*> result;
    type->file()->pool()->FindAllExtensions(type, &result);
    for (auto i = 0; i < type->field_count(); ++i)
      result.push_back(type->field(i));
    return result;
  }

  std::string make(const descriptor* type, size_t depth = max_depth) {
    auto fields = fields_of(type);
    std::string result;
    for (auto n = rnd_.below(6); n > 0; --n) {
      auto count = 1 + rnd_.below(3);
      if (depth == max_depth && rnd_.chance(4))
        count = rnd_.below(60);
      auto x = fields.empty() || rnd_.chance(6) ? nullptr : rnd_.pick(fields);
      if (x != nullptr && x->message_type() && depth == 0)
        continue;
      for (; count > 0; --count)
        if (x == nullptr)
          result += unknown(depth);
        else if (type->options().message_set_wire_format())
          result += item(x, depth);
        else
          result += one(x, depth);
    }
    return result;
  }

  /// The field with as few bytes as can be.
  static std::string least(const field* x) {
    auto number = static_cast<uint32_t>(x->number());
    switch (x->type()) {
      case field::TYPE_GROUP:
        return tag(number, wire_type::begin_group)
               + tag(number, wire_type::end_group);
      case field::TYPE_STRING:
      case field::TYPE_BYTES:
      case field::TYPE_MESSAGE:
        return tag(number, wire_type::bytes) + varint(0);
      case field::TYPE_DOUBLE:
      case field::TYPE_FIXED64:
      case field::TYPE_SFIXED64:
        return tag(number, wire_type::fixed64) + std::string(8, '\0');
      case field::TYPE_FLOAT:
      case field::TYPE_FIXED32:
      case field::TYPE_SFIXED32:
        return tag(number, wire_type::fixed32) + std::string(4, '\0');
      default:
        return tag(number, wire_type::varint) + varint(0);
    }
  }

  static std::string tag(uint32_t number, wire_type type) {
    return varint(caf_remote::wire::tag_of(number, type));
  }

  static std::string varint(uint64_t value) {
    char buf[caf_remote::wire::max_varint_size];
    return {buf, caf_remote::wire::put_varint(buf, value)};
  }

  static std::string with_size(std::string_view bytes) {
    return varint(bytes.size()).append(bytes);
  }

private:
  static constexpr size_t max_depth = 3;

  std::string one(const field* x, size_t depth) {
    auto number = static_cast<uint32_t>(x->number());
    auto bytes_tag = tag(number, wire_type::bytes);
    switch (x->type()) {
      case field::TYPE_GROUP:
        return tag(number, wire_type::begin_group)
               + make(x->message_type(), depth - 1)
               + tag(number, wire_type::end_group);
      case field::TYPE_MESSAGE:
        return bytes_tag + with_size(make(x->message_type(), depth - 1));
      case field::TYPE_STRING:
      case field::TYPE_BYTES:
        return bytes_tag + with_size(rnd_.text(40));
      default:
        break;
    }
    if (!x->is_packable() || rnd_.chance(2)) {
      auto result = least(x);
      if (x->type() == field::TYPE_ENUM)
        result.back() = static_cast<char>(rnd_.below(8));
      return result;
    }
    auto least_size = least(x).size() - tag(number, wire_type::bytes).size();
    std::string list(least_size * rnd_.below(70), '\0');
    if (least_size == 1)
      for (auto& c : list)
        c = static_cast<char>(rnd_.below(8));
    return bytes_tag + with_size(list);
  }

  std::string item(const field* x, size_t depth) {
    return tag(1, wire_type::begin_group) + tag(2, wire_type::varint)
           + varint(static_cast<uint64_t>(x->number()))
           + tag(3, wire_type::bytes)
           + with_size(make(x->message_type(), depth - 1))
           + tag(1, wire_type::end_group);
  }

  std::string unknown(size_t depth) {
    auto number = static_cast<uint32_t>(1000 + rnd_.below(3));
    switch (rnd_.below(depth == 0 ? 3 : 4)) {
      case 0:
        return tag(number, wire_type::varint) + varint(rnd_.number());
      case 1:
        return tag(number, wire_type::fixed32) + "1234";
      case 2:
        return tag(number, wire_type::bytes) + with_size(rnd_.text(30));
      default: {
        std::string content;
        for (auto n = rnd_.below(4); n > 0; --n)
          content += unknown(depth - 1);
        return tag(number, wire_type::begin_group) + content
               + tag(number, wire_type::end_group);
      }
    }
  }

  generator rnd_;
};

} // namespace test
