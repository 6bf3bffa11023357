// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/payload_plan.hpp"

#include "caf_remote/wire/payload_plan_builder.hpp"
#include "caf_remote/wire/payload_walk.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <limits>
#include <string>

namespace caf_remote::wire {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_flat(const Descriptor& type) {
  if (type.extension_range_count() > 0)
    return false;
  for (auto i = 0; i < type.field_count(); ++i)
    if (type.field(i)->is_repeated()
        || type.field(i)->message_type() != nullptr)
      return false;
  return true;
}

size_t string_objects(const Descriptor& type) {
  size_t result = 0;
  for (auto i = 0; i < type.field_count(); ++i)
    if (type.field(i)->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
      result += sizeof(std::string);
  return result;
}

} // namespace

payload_plan::payload_plan(const Message& prototype)
  : reflection_(prototype.GetReflection()),
    object_bytes_(prototype.SpaceUsedLong()), most_flat_bytes_(0) {
  payload_plan_builder builder{prototype};
  root_ = builder.finish();
  per_byte_ = builder.per_byte();
  json_per_byte_ = builder.json_per_byte();
  has_strings_ = root_->has_strings;
  holds_any_ = builder.holds_any();
  if (auto& type = *prototype.GetDescriptor(); is_flat(type))
    most_flat_bytes_ = object_bytes_ + string_objects(type);
}

payload_plan::verdict payload_plan::examine(std::string_view bytes,
                                            size_t limit) const noexcept {
  if (bytes.size() * per_byte_ <= limit)
    return has_strings_ ? look_at_strings(bytes) : verdict::good;
  return look<payload_walk<true, true>>(bytes, limit);
}

payload_plan::verdict
payload_plan::look_at_strings(std::string_view bytes) const noexcept {
  return look<payload_walk<true, false>>(bytes,
                                         std::numeric_limits<size_t>::max());
}

template <class Walk>
payload_plan::verdict payload_plan::look(std::string_view bytes,
                                         size_t limit) const noexcept {
  Walk walk{per_byte_};
  if (walk.run(bytes, *root_))
    return walk.sum() <= limit ? verdict::good : verdict::too_large;
  return walk.found_bad_string() ? verdict::invalid_utf8 : verdict::garbage;
}

std::optional<size_t>
payload_plan::peak(std::string_view bytes) const noexcept {
  payload_walk<false, true> walk{per_byte_};
  if (!walk.run(bytes, *root_))
    return std::nullopt;
  return walk.sum();
}

size_t payload_plan::held_bytes(std::string_view bytes, const Message& x,
                                size_t paid) const {
  auto plain = flat() && reflection_->GetUnknownFields(x).empty();
  auto most = plain ? most_flat_bytes_
                    : object_bytes_ + bytes.size() * per_byte_;
  return most <= paid ? bytes.size()
                      : std::max(bytes.size(), x.SpaceUsedLong());
}

} // namespace caf_remote::wire
