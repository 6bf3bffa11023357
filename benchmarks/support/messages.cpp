// SPDX-License-Identifier: BSD-3-Clause

#include "support/messages.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace caf_remote::bench {

google::protobuf::BytesValue numbered(uint64_t number, size_t size) {
  std::string bytes(size, '\0');
  std::memcpy(bytes.data(), &number, std::min(size, sizeof(number)));
  google::protobuf::BytesValue result;
  result.set_value(std::move(bytes));
  return result;
}

uint64_t number_of(const google::protobuf::BytesValue& x) {
  uint64_t result = 0;
  std::memcpy(&result, x.value().data(),
              std::min(x.value().size(), sizeof(result)));
  return result;
}

} // namespace caf_remote::bench
