// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/payload_plan_builder.hpp"

#include "caf_remote/wire/protobuf_memory.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace caf_remote::wire {

using namespace protobuf_memory;

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;

// -- fields -------------------------------------------------------------------

std::vector<const FieldDescriptor*> fields_of(const Descriptor* type) {
  std::vector<const FieldDescriptor*> result;
  if (type->extension_range_count() > 0)
    type->file()->pool()->FindAllExtensions(type, &result);
  for (auto i = 0; i < type->field_count(); ++i)
    result.push_back(type->field(i));
  return result;
}

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

size_t least_bytes(uint64_t tag) {
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

void raise(size_t& to, size_t cost, size_t bytes) {
  to = std::max(to, (cost + bytes - 1) / bytes);
}

} // namespace

// -- the builder --------------------------------------------------------------

payload_plan_builder::payload_plan_builder(const Message& root)
  : factory_(*root.GetReflection()->GetMessageFactory()),
    nodes_(std::make_shared<std::deque<payload_node>>()),
    per_byte_(unknown_per_byte), root_(add(root.GetDescriptor())) {
  find_strings();
}

std::shared_ptr<const payload_node> payload_plan_builder::finish() const {
  return {nodes_, root_};
}

size_t payload_plan_builder::json_per_byte() const noexcept {
  return std::max(least_json_per_byte, json_reader_per_byte + json_per_byte_);
}

const payload_node* payload_plan_builder::add(const descriptor* type) {
  if (auto i = known_.find(type); i != known_.end())
    return i->second;
  auto& result = nodes_->emplace_back();
  known_.emplace(type, &result);
  result.is_message_set = type->options().message_set_wire_format();
  holds_any_ = holds_any_ || type->full_name() == "google.protobuf.Any";
  for (auto x : fields_of(type))
    add_field(result, x);
  auto by_tag = [](auto& x, auto& y) { return x.tag < y.tag; };
  std::sort(result.all.begin(), result.all.end(), by_tag);
  return &result;
}

void payload_plan_builder::add_field(payload_node& to,
                                     const field_descriptor* x) {
  auto number = static_cast<uint32_t>(x->number());
  auto wire = wire_type_of(x);
  field result;
  result.tag = payload_node::tag_of(number, wire);
  result.is_string = x->type() == FieldDescriptor::TYPE_STRING;
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
  to.all.push_back(result);
  if (!x->is_packable())
    return;
  // parsers take lists in one piece as well, whatever the type prefers
  result.tag = payload_node::tag_of(number, wire_type::bytes);
  result.what = wire == wire_type::varint ? content::varints : content::fixed;
  result.width = wire == wire_type::fixed64 ? 8 : 4;
  count(result, x);
  to.all.push_back(result);
}

// Recursive types call for a fixed point: repeat until nothing changes.
void payload_plan_builder::find_strings() {
  auto leads_to_string = [](const field& x) { return x.leads_to_string(); };
  auto finds_one = [&](payload_node& x) {
    if (x.has_strings)
      return false;
    x.has_strings = std::any_of(x.all.begin(), x.all.end(), leads_to_string);
    return x.has_strings;
  };
  while (std::count_if(nodes_->begin(), nodes_->end(), finds_one) > 0)
    ; // nop
  for (auto& x : *nodes_)
    std::copy_if(x.all.begin(), x.all.end(), std::back_inserter(x.with_strings),
                 leads_to_string);
}

// -- what fields take ---------------------------------------------------------

// What a field takes besides its elements, if it is there.
size_t payload_plan_builder::head_of(const field_descriptor* x) const {
  auto result = x->is_extension() ? extension_slot : 0;
  if (!x->is_repeated())
    return result;
  if (x->is_map())
    return map_head + block(inner_size(x->message_type()->map_value()));
  return result + array_head + (x->is_extension() ? repeated_extension : 0);
}

// What an element takes, with its share of what holds it.
size_t payload_plan_builder::size_of(const field_descriptor* x) const {
  if (x->containing_type()->options().map_entry())
    return 0; // it is in the entry
  if (x->is_map()) {
    auto entry = x->message_type();
    return map_slot
           + block(inner_size(entry->map_key()) + inner_size(entry->map_value())
                   + sizeof(void*));
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

size_t payload_plan_builder::inner_size(const field_descriptor* x) const {
  switch (x->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return factory_.GetPrototype(x->message_type())->SpaceUsedLong();
    case FieldDescriptor::CPPTYPE_STRING:
      return sizeof(std::string);
    default:
      return 8;
  }
}

void payload_plan_builder::count(const field& what, const field_descriptor* x) {
  raise(per_byte_, what.head + what.each, least_bytes(what.tag));
  if (what.what == content::varints || what.what == content::fixed)
    raise(per_byte_, what.values != nullptr ? unknown_field : what.each, 1);
  // In JSON, an element of a list is "0," at least, the first of one "x:[0],"
  // or "x:{y:0},", and another field "x:0,".
  auto in_list = x->is_repeated() && !x->is_map();
  raise(json_per_byte_, what.each, in_list ? 2 : 4);
  raise(json_per_byte_, what.head + what.each, x->is_repeated() ? 6 : 4);
}

} // namespace caf_remote::wire
