// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/memory_plan.hpp"

#include "caf_remote/wire/coding.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf_remote::wire {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

// -- what things take ---------------------------------------------------------

// glibc's blocks: a word before each, a multiple of 16, at least 32.
constexpr size_t block(size_t bytes) noexcept {
  return std::max<size_t>(32, (bytes + 8 + 15) / 16 * 16);
}

constexpr size_t string_object = block(sizeof(std::string));

// Short texts are in the object. Twice, since a string that comes again and is
// longer leaves room for both.
constexpr size_t text(size_t bytes) noexcept {
  return bytes < 16 ? 0 : 2 * bytes + 24;
}

// A map's key is there three times: in the entry that is read apart, beside it,
// and in the map.
constexpr size_t key(size_t bytes) noexcept {
  return bytes < 16 ? 0 : text(bytes) + bytes + 24;
}

// Arrays double, and the old one is there until its content has moved: three
// times what is in them, besides their heads.
constexpr size_t grown(size_t element) noexcept {
  return 3 * element;
}

constexpr size_t array_head = 64;

// A map's entry: its share of the table, and of a tree if its key collides with
// others.
constexpr size_t map_slot = 32 + 80;

// A map's first table, and the entry that is read apart if its key does not
// come first.
constexpr size_t map_head = 96 + block(64) + 2 * string_object;

// An extension's place in a table that grows to four times its size, and the
// object that holds repeated ones.
constexpr size_t extension_slot = 5 * 40 + 16;
constexpr size_t repeated_extension = block(24);

// Fields that the type does not have are kept one by one.
constexpr size_t unknown_field = grown(16);
constexpr size_t unknown_group = block(24);
constexpr size_t unknown_head = block(32) + array_head;

// Of the two bytes of an unknown field, at most: an empty string.
constexpr size_t unknown_per_byte = (unknown_head + unknown_field
                                     + string_object)
                                    / 2;

// Reading JSON: the binary form, with room to grow, and where each message in
// it begins.
constexpr size_t json_reader_per_byte = 32;

// Twice what was measured with a google.protobuf.ListValue, of which a byte
// becomes a whole object, since the pieces of small payloads are larger.
constexpr size_t least_json_per_byte = 128;

// Protobuf's own limit.
constexpr size_t max_depth = 100;

} // namespace

// -- the plan of one type -----------------------------------------------------

struct memory_plan::node {
  enum class content : uint8_t { scalar, varints, fixed, text, key, message };

  struct field {
    uint32_t tag = 0;
    content what = content::scalar;
    /// Of one element of `content::fixed`, in bytes.
    uint8_t width = 0;
    /// Counted for the first of several in a row.
    size_t head = 0;
    /// Counted for each, `text` and `key` apart.
    size_t each = 0;
    /// Null: no message.
    const node* child = nullptr;
    /// Of an enum that takes no other values: those are unknown fields.
    const EnumDescriptor* values = nullptr;
  };

  const field* find(uint32_t tag) const noexcept {
    auto less = [](const field& x, uint32_t y) { return x.tag < y; };
    auto i = std::lower_bound(fields.begin(), fields.end(), tag, less);
    return i != fields.end() && i->tag == tag ? &*i : nullptr;
  }

  std::vector<field> fields; // sorted by tag
  /// An obsolete form of messages that are nothing but extensions: not looked
  /// into, each byte counts as much as any can.
  bool is_message_set = false;
};

// -- the walk over one message ------------------------------------------------

class memory_plan::walk {
public:
  explicit walk(size_t per_byte) noexcept : per_byte_(per_byte) {
    // nop
  }

  size_t sum() const noexcept {
    return sum_;
  }

  // Stops at `end_tag` (the end of a group) or, if that is 0, at the end.
  bool message(cursor& in, const node& type, uint32_t end_tag,
               size_t depth) noexcept {
    if (depth > max_depth)
      return false;
    auto begin = in.position();
    const node::field* last = nullptr;
    auto has_unknown = false;
    while (!in.at_end()) {
      uint32_t tag;
      if (!in.read_tag(tag))
        return false;
      if (tag == end_tag) {
        end_tag = 0;
        break;
      }
      if (type.is_message_set) {
        if (!in.skip(tag))
          return false;
      } else if (auto x = type.find(tag)) {
        if (x != last)
          sum_ += x->head;
        last = x;
        if (!known(in, *x, has_unknown, depth))
          return false;
      } else if (!unknown(in, tag, has_unknown, depth)) {
        return false;
      }
    }
    if (type.is_message_set)
      sum_ += static_cast<size_t>(in.position() - begin) * per_byte_;
    return end_tag == 0;
  }

private:
  bool known(cursor& in, const node::field& x, bool& has_unknown,
             size_t depth) noexcept {
    auto wire = static_cast<wire_type>(x.tag & 7);
    if (wire == wire_type::begin_group) {
      sum_ += x.each;
      return message(in, *x.child, end_of(x.tag), depth + 1);
    }
    if (wire != wire_type::bytes)
      return x.values != nullptr ? enumerator(in, x, has_unknown)
                                 : (sum_ += x.each, in.skip(x.tag));
    std::string_view bytes;
    if (!in.read_bytes(bytes))
      return false;
    switch (x.what) {
      case node::content::message: {
        sum_ += x.each;
        cursor nested{bytes};
        return message(nested, *x.child, 0, depth + 1);
      }
      case node::content::fixed:
        sum_ += bytes.size() / x.width * x.each;
        return true;
      case node::content::varints:
        return varints(bytes, x, has_unknown);
      case node::content::key:
        sum_ += x.each + key(bytes.size());
        return true;
      default:
        sum_ += x.each + text(bytes.size());
        return true;
    }
  }

  bool varints(std::string_view bytes, const node::field& x,
               bool& has_unknown) noexcept {
    if (x.values == nullptr) {
      auto is_last = [](char c) { return static_cast<signed char>(c) >= 0; };
      auto n = std::count_if(bytes.begin(), bytes.end(), is_last);
      sum_ += static_cast<size_t>(n) * x.each;
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
      sum_ += x.each;
    else
      count_unknown(has_unknown);
    return true;
  }

  bool unknown(cursor& in, uint32_t tag, bool& has_unknown,
               size_t depth) noexcept {
    static const node nothing;
    count_unknown(has_unknown);
    switch (static_cast<wire_type>(tag & 7)) {
      case wire_type::bytes: {
        std::string_view bytes;
        if (!in.read_bytes(bytes))
          return false;
        sum_ += string_object + text(bytes.size());
        return true;
      }
      case wire_type::begin_group:
        sum_ += unknown_group;
        return message(in, nothing, end_of(tag), depth + 1);
      default:
        return in.skip(tag);
    }
  }

  void count_unknown(bool& has_unknown) noexcept {
    sum_ += unknown_field;
    if (!std::exchange(has_unknown, true))
      sum_ += unknown_head;
  }

  static uint32_t end_of(uint32_t tag) noexcept {
    return tag_of(tag >> 3, wire_type::end_group);
  }

  const size_t per_byte_;
  size_t sum_ = 0;
};

// -- construction -------------------------------------------------------------

namespace {

size_t width_of(const FieldDescriptor* x) {
  switch (x->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return 1;
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return 8;
    default:
      return 4;
  }
}

wire_type wire_type_of(const FieldDescriptor* x) {
  switch (x->type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return wire_type::fixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return wire_type::fixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return wire_type::bytes;
    case FieldDescriptor::TYPE_GROUP:
      return wire_type::begin_group;
    default:
      return wire_type::varint;
  }
}

// Protobuf lets no enum that extends a type have other values than its own.
bool has_closed_values(const FieldDescriptor* x) {
  return x->type() == FieldDescriptor::TYPE_ENUM
         && (x->is_extension()
             || x->file()->syntax() == FileDescriptor::SYNTAX_PROTO2);
}

bool is_map_key(const FieldDescriptor* x) {
  auto type = x->containing_type();
  return type->options().map_entry() && x == type->map_key();
}

// Builds the nodes of all types that can be part of a message. `Node` is
// private to the plan.
template <class Node>
class plan_builder {
public:
  using field = typename Node::field;
  using content = typename Node::content;

  explicit plan_builder(const Message& root)
    : factory_(*root.GetReflection()->GetMessageFactory()),
      nodes_(std::make_shared<std::deque<Node>>()),
      root_(add(root.GetDescriptor())) {
    // nop
  }

  // The result keeps all nodes alive, since they may refer to each other.
  std::shared_ptr<const Node> finish() {
    return {nodes_, root_};
  }

  size_t per_byte() const noexcept {
    return per_byte_;
  }

  size_t json_per_byte() const noexcept {
    return json_per_byte_;
  }

private:
  const Node* add(const Descriptor* type) {
    if (auto i = known_.find(type); i != known_.end())
      return i->second;
    auto& result = nodes_->emplace_back();
    known_.emplace(type, &result);
    result.is_message_set = type->options().message_set_wire_format();
    for (auto i = 0; i < type->field_count(); ++i)
      add_field(result, type->field(i));
    if (type->extension_range_count() > 0) {
      std::vector<const FieldDescriptor*> extensions;
      type->file()->pool()->FindAllExtensions(type, &extensions);
      for (auto x : extensions)
        add_field(result, x);
    }
    auto by_tag = [](auto& x, auto& y) { return x.tag < y.tag; };
    std::sort(result.fields.begin(), result.fields.end(), by_tag);
    return &result;
  }

  void add_field(Node& to, const FieldDescriptor* x) {
    auto number = static_cast<uint32_t>(x->number());
    auto wire = wire_type_of(x);
    field result;
    result.tag = tag_of(number, wire);
    result.head = head_of(x);
    result.each = size_of(x);
    if (auto type = x->message_type()) {
      result.what = content::message;
      result.child = add(type);
    } else if (wire == wire_type::bytes) {
      result.what = is_map_key(x) ? content::key : content::text;
    } else if (has_closed_values(x)) {
      result.values = x->enum_type();
    }
    count(result, x);
    to.fields.push_back(result);
    if (!x->is_packable())
      return;
    // parsers take lists in one piece as well, whatever the type prefers
    result.tag = bytes_tag(number);
    result.what = wire == wire_type::varint ? content::varints : content::fixed;
    result.width = wire == wire_type::fixed64 ? 8 : 4;
    count(result, x);
    to.fields.push_back(result);
  }

  // What a field takes besides its elements, if it is there.
  size_t head_of(const FieldDescriptor* x) const {
    auto result = x->is_extension() ? extension_slot : 0;
    if (!x->is_repeated())
      return result;
    if (x->is_map())
      return map_head + block(inner_size(x->message_type()->map_value()));
    return result + array_head + (x->is_extension() ? repeated_extension : 0);
  }

  // What an element takes, with its share of what holds it.
  size_t size_of(const FieldDescriptor* x) const {
    if (x->containing_type()->options().map_entry())
      return 0; // it is in the entry
    if (x->is_map()) {
      auto entry = x->message_type();
      return map_slot
             + block(inner_size(entry->map_key())
                     + inner_size(entry->map_value()) + sizeof(void*));
    }
    auto repeated = x->is_repeated();
    switch (x->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
      case FieldDescriptor::CPPTYPE_STRING:
        return block(inner_size(x)) + (repeated ? grown(sizeof(void*)) : 0);
      default:
        return repeated ? grown(width_of(x)) : 0;
    }
  }

  size_t inner_size(const FieldDescriptor* x) const {
    switch (x->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return factory_.GetPrototype(x->message_type())->SpaceUsedLong();
      case FieldDescriptor::CPPTYPE_STRING:
        return sizeof(std::string);
      default:
        return 8;
    }
  }

  void count(const field& what, const FieldDescriptor* x) {
    raise(per_byte_, what.head + what.each, least_bytes(what.tag));
    if (what.what == content::varints || what.what == content::fixed)
      raise(per_byte_, what.values != nullptr ? unknown_field : what.each, 1);
    // In JSON, an element of a list is "0," at least, the first of one "x:[0],"
    // or "x:{y:0},", and another field "x:0,".
    auto in_list = x->is_repeated() && !x->is_map();
    raise(json_per_byte_, what.each, in_list ? 2 : 4);
    raise(json_per_byte_, what.head + what.each, x->is_repeated() ? 6 : 4);
  }

  static size_t least_bytes(uint32_t tag) {
    auto size = varint_size(tag);
    switch (static_cast<wire_type>(tag & 7)) {
      case wire_type::fixed64:
        return size + 8;
      case wire_type::fixed32:
        return size + 4;
      case wire_type::begin_group:
        return 2 * size;
      default:
        return size + 1;
    }
  }

  static void raise(size_t& to, size_t cost, size_t bytes) {
    to = std::max(to, (cost + bytes - 1) / bytes);
  }

  MessageFactory& factory_;
  std::shared_ptr<std::deque<Node>> nodes_;
  std::unordered_map<const Descriptor*, const Node*> known_;
  size_t per_byte_ = unknown_per_byte;
  size_t json_per_byte_ = 0;
  const Node* root_;
};

} // namespace

memory_plan::memory_plan(const Message& prototype) {
  plan_builder<node> builder{prototype};
  root_ = builder.finish();
  per_byte_ = builder.per_byte();
  json_per_byte_ = std::max(least_json_per_byte,
                            json_reader_per_byte + builder.json_per_byte());
}

std::optional<size_t> memory_plan::peak(std::string_view bytes) const noexcept {
  cursor in{bytes};
  walk result{per_byte_};
  if (!result.message(in, *root_, 0, 0))
    return std::nullopt;
  return result.sum();
}

bool memory_plan::fits(std::string_view bytes, size_t limit) const noexcept {
  auto sum = peak(bytes);
  return sum && *sum <= limit;
}

} // namespace caf_remote::wire
