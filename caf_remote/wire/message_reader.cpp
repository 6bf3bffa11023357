// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/message_reader.hpp"

#include <google/protobuf/message.h>

#include <algorithm>
#include <limits>

namespace caf_remote::wire {

namespace {

constexpr size_t limit_of_own_types = 64 * 1024;

// Protobuf counts with 32 bits.
constexpr size_t max_size = std::numeric_limits<int>::max();

} // namespace

message_reader::message_reader(const google::protobuf::Message& prototype)
  : plan_(prototype) {
  // nop
}

message_reader::verdict
message_reader::read(std::string_view bytes, size_t limit,
                     google::protobuf::Message& x) const {
  if (bytes.size() > max_size)
    return verdict::garbage;
  auto result = plan_.examine(bytes, limit_for(bytes, limit));
  if (result != verdict::good)
    return result;
  if (!x.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return verdict::garbage;
  return x.IsInitialized() ? verdict::good : verdict::incomplete;
}

bool message_reader::read(std::string_view bytes,
                          google::protobuf::Message& x) const {
  return read(bytes, limit_of_own_types, x) == verdict::good;
}

size_t message_reader::limit_for(std::string_view bytes,
                                 size_t limit) noexcept {
  return std::max(limit, 4 * bytes.size());
}

} // namespace caf_remote::wire
