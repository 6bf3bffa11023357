// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/utf8.hpp"

#include "caf_remote/wire/coding.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace caf_remote::wire {

// -- strings ------------------------------------------------------------------

namespace {

using byte_ptr = const unsigned char*;

byte_ptr skip_ascii(byte_ptr pos, byte_ptr end) noexcept {
  constexpr uint64_t high_bits = 0x8080808080808080u;
  while (end - pos >= 8) {
    uint64_t chunk;
    memcpy(&chunk, pos, sizeof(chunk));
    if ((chunk & high_bits) != 0)
      break;
    pos += 8;
  }
  while (pos != end && *pos < 0x80)
    ++pos;
  return pos;
}

bool is_continuation(unsigned char byte) noexcept {
  return (byte & 0xC0) == 0x80;
}

// Returns the length of the sequence at `pos`, whose first byte is not ASCII,
// or 0. The bounds of the second byte rule out overlong forms, surrogates and
// values above U+10FFFF.
size_t sequence_length(byte_ptr pos, byte_ptr end) noexcept {
  auto lead = *pos;
  auto size = static_cast<size_t>(end - pos);
  if (lead >= 0xC2 && lead <= 0xDF)
    return size >= 2 && is_continuation(pos[1]) ? 2 : 0;
  if (size < 3 || !is_continuation(pos[2]))
    return 0;
  auto second_is = [pos](unsigned char min, unsigned char max) {
    return pos[1] >= min && pos[1] <= max;
  };
  if ((lead & 0xF0) == 0xE0)
    return second_is(lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF)
             ? 3
             : 0;
  if (lead < 0xF0 || lead > 0xF4 || size < 4 || !is_continuation(pos[3]))
    return 0;
  return second_is(lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) ? 4
                                                                           : 0;
}

} // namespace

bool valid_utf8(std::string_view str) noexcept {
  auto pos = reinterpret_cast<byte_ptr>(str.data());
  auto end = pos + str.size();
  while ((pos = skip_ascii(pos, end)) != end) {
    auto n = sequence_length(pos, end);
    if (n == 0)
      return false;
    pos += n;
  }
  return true;
}

size_t sequence_length(std::string_view str) noexcept {
  auto pos = reinterpret_cast<byte_ptr>(str.data());
  return *pos < 0x80 ? 1 : sequence_length(pos, pos + str.size());
}

// -- messages -----------------------------------------------------------------

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

} // namespace

/// What to look at in one message type: the fields that are strings or lead to
/// some.
struct utf8_plan::node {
  struct field {
    uint64_t tag; // in a message set, numbers have up to 31 bits
    const node* child; // null: a string
  };

  std::vector<field> fields; // sorted by tag
  bool is_message_set = false;

  const field* find(uint64_t tag) const noexcept {
    auto less = [](const field& x, uint64_t y) { return x.tag < y; };
    auto i = std::lower_bound(fields.begin(), fields.end(), tag, less);
    return i != fields.end() && i->tag == tag ? &*i : nullptr;
  }

  bool check_value(cursor& in, const field& x, size_t depth) const noexcept;

  bool check_content(std::string_view bytes, const field& x,
                     size_t depth) const noexcept;

  bool check_item(cursor& in, size_t depth) const noexcept;

  bool check(cursor& in, uint32_t end_tag, size_t depth) const noexcept;
};

namespace {

// Messages nested deeper than this are refused, as by Protobuf's parser.
constexpr size_t max_depth = 100;

// The parts of an item of a message set.
constexpr uint32_t item_begin = tag_of(1, wire_type::begin_group);
constexpr uint32_t item_end = tag_of(1, wire_type::end_group);
constexpr uint32_t item_type = tag_of(2, wire_type::varint);
constexpr uint32_t item_content = tag_of(3, wire_type::bytes);

constexpr uint64_t wide_tag(uint32_t number, wire_type type) noexcept {
  return uint64_t{number} << 3 | static_cast<uint64_t>(type);
}

} // namespace

bool utf8_plan::node::check_value(cursor& in, const field& x,
                                  size_t depth) const noexcept {
  if ((x.tag & 7) == static_cast<uint32_t>(wire_type::begin_group)) {
    auto end_tag = tag_of(static_cast<uint32_t>(x.tag >> 3),
                          wire_type::end_group);
    return x.child->check(in, end_tag, depth + 1);
  }
  std::string_view bytes;
  return in.read_bytes(bytes) && check_content(bytes, x, depth);
}

bool utf8_plan::node::check_content(std::string_view bytes, const field& x,
                                    size_t depth) const noexcept {
  if (x.child == nullptr)
    return valid_utf8(bytes);
  cursor nested{bytes};
  return x.child->check(nested, 0, depth + 1);
}

// Stops at `end_tag` (the end of a group) or, if that is 0, at the end.
bool utf8_plan::node::check(cursor& in, uint32_t end_tag,
                            size_t depth) const noexcept {
  if (depth > max_depth)
    return false;
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    if (tag == end_tag)
      return true;
    if (is_message_set && tag == item_begin) {
      if (!check_item(in, depth))
        return false;
      continue;
    }
    auto x = find(tag);
    if (x != nullptr ? !check_value(in, *x, depth) : !in.skip(tag))
      return false;
  }
  return end_tag == 0;
}

// An item says which extension its content is, before it or after it. Of
// several, the first counts; what else is in it Protobuf reads as if it stood
// beside it.
bool utf8_plan::node::check_item(cursor& in, size_t depth) const noexcept {
  std::optional<uint32_t> type;
  std::optional<std::string_view> content;
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    if (tag == item_end) {
      if (!type || !content)
        return true;
      auto x = find(wide_tag(*type, wire_type::bytes));
      return x == nullptr || check_content(*content, *x, depth);
    }
    if (tag == item_type) {
      uint32_t value;
      if (!in.read_uint32(value))
        return false;
      if (!type)
        type = value;
    } else if (tag == item_content) {
      std::string_view value;
      if (!in.read_bytes(value))
        return false;
      if (!content)
        content = value;
    } else {
      auto x = find(tag);
      if (x != nullptr ? !check_value(in, *x, depth) : !in.skip(tag))
        return false;
    }
  }
  return false;
}

namespace {

std::vector<const FieldDescriptor*> fields_of(const Descriptor* type) {
  std::vector<const FieldDescriptor*> result;
  if (type->extension_range_count() > 0)
    type->file()->pool()->FindAllExtensions(type, &result);
  for (auto i = 0; i < type->field_count(); ++i)
    result.push_back(type->field(i));
  return result;
}

// Which message types can hold a string at any depth. Recursive types call for
// a fixed point: repeat until nothing changes.
class string_finder {
public:
  explicit string_finder(const Descriptor* root) {
    collect(root);
    while (grow()) {
      // nop
    }
  }

  bool has_strings(const Descriptor* type) const {
    return has_strings_.at(type);
  }

private:
  void collect(const Descriptor* type) {
    if (!has_strings_.emplace(type, false).second)
      return;
    for (auto field : fields_of(type))
      if (auto child = field->message_type())
        collect(child);
  }

  bool grow() {
    auto changed = false;
    for (auto& [type, found] : has_strings_)
      if (!found && leads_to_string(type))
        changed = found = true;
    return changed;
  }

  bool leads_to_string(const Descriptor* type) const {
    for (auto field : fields_of(type)) {
      if (field->type() == FieldDescriptor::TYPE_STRING)
        return true;
      if (auto child = field->message_type(); child && has_strings(child))
        return true;
    }
    return false;
  }

  std::unordered_map<const Descriptor*, bool> has_strings_;
};

uint64_t tag_of_field(const FieldDescriptor* x) {
  auto number = static_cast<uint32_t>(x->number());
  return wide_tag(number, x->type() == FieldDescriptor::TYPE_GROUP
                            ? wire_type::begin_group
                            : wire_type::bytes);
}

// Builds the nodes of all types that can hold a string. `Node` is private to
// the plan.
template <class Node>
class plan_builder {
public:
  explicit plan_builder(const Descriptor* root)
    : strings_(root), nodes_(std::make_shared<std::deque<Node>>()) {
    root_ = strings_.has_strings(root) ? add(root) : nullptr;
  }

  // The result keeps all nodes alive, since they may refer to each other.
  std::shared_ptr<const Node> finish() {
    if (root_ == nullptr)
      return nullptr;
    return {nodes_, root_};
  }

private:
  const Node* add(const Descriptor* type) {
    if (auto i = known_.find(type); i != known_.end())
      return i->second;
    auto& result = nodes_->emplace_back();
    known_.emplace(type, &result);
    result.is_message_set = type->options().message_set_wire_format();
    for (auto x : fields_of(type))
      add_field(result, x);
    auto by_tag = [](auto& x, auto& y) { return x.tag < y.tag; };
    std::sort(result.fields.begin(), result.fields.end(), by_tag);
    return &result;
  }

  void add_field(Node& to, const FieldDescriptor* x) {
    if (x->type() == FieldDescriptor::TYPE_STRING)
      to.fields.push_back({tag_of_field(x), nullptr});
    else if (auto type = x->message_type(); type && strings_.has_strings(type))
      to.fields.push_back({tag_of_field(x), add(type)});
  }

  string_finder strings_;
  std::shared_ptr<std::deque<Node>> nodes_;
  std::unordered_map<const Descriptor*, const Node*> known_;
  const Node* root_;
};

} // namespace

utf8_plan::utf8_plan(const Descriptor* type)
  : root_(plan_builder<node>{type}.finish()) {
  // nop
}

utf8_plan::utf8_plan(utf8_plan&&) noexcept = default;

utf8_plan& utf8_plan::operator=(utf8_plan&&) noexcept = default;

utf8_plan::~utf8_plan() = default;

bool utf8_plan::trivial() const noexcept {
  return root_ == nullptr;
}

bool utf8_plan::check(std::string_view bytes) const noexcept {
  if (root_ == nullptr)
    return true;
  cursor in{bytes};
  return root_->check(in, 0, 0);
}

} // namespace caf_remote::wire
