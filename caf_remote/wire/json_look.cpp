// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/json_look.hpp"

#include <algorithm>

namespace caf_remote::wire {

namespace {

// Where the string ends that begins before `pos`: at its quote, or the end.
size_t end_of_string(std::string_view bytes, size_t pos, char quote,
                     bool& is_mask) noexcept {
  is_mask = false;
  for (; pos < bytes.size() && bytes[pos] != quote; ++pos) {
    auto c = bytes[pos];
    // an escape may stand for any character
    is_mask = is_mask || c == '(' || c == '\\';
    if (c == '\\')
      ++pos;
  }
  return std::min(pos, bytes.size());
}

} // namespace

// Protobuf takes both kinds of quotes.
json_look look_at_json(std::string_view bytes) noexcept {
  json_look result;
  size_t depth = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto c = bytes[i];
    if (c == '"' || c == '\'') {
      bool is_mask;
      auto end = end_of_string(bytes, i + 1, c, is_mask);
      auto size = end - i - 1;
      if (is_mask)
        result.masks += size * size;
      i = end;
    } else if (c == '{' || c == '[') {
      result.depth = std::max(result.depth, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return result;
}

} // namespace caf_remote::wire
