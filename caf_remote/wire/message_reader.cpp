// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/message_reader.hpp"

#include <google/protobuf/message.h>

#include <algorithm>
#include <limits>

namespace caf_remote::wire {

namespace {

constexpr size_t least_limit = 64 * 1024;

} // namespace

message_reader::message_reader(const google::protobuf::Message& prototype)
  : strings_(prototype.GetDescriptor()), memory_(prototype) {
  // nop
}

bool message_reader::read(std::string_view bytes,
                          google::protobuf::Message& x) const {
  constexpr size_t max_size = std::numeric_limits<int>::max();
  return bytes.size() <= max_size && strings_.check(bytes)
         && memory_.allows(bytes, std::max(4 * bytes.size(), least_limit))
         && x.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

} // namespace caf_remote::wire
