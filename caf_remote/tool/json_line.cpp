// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/json_line.hpp"

#include "caf_remote/tool/output.hpp"

#include <algorithm>
#include <cstdio>

namespace caf_remote::tool {

namespace {

std::string escaped(unsigned char c) {
  char buf[8];
  std::snprintf(buf, sizeof(buf), "\\u%04x", c);
  return buf;
}

} // namespace

std::string json_quoted(std::string_view str) {
  std::string result = "\"";
  while (!str.empty()) {
    auto c = static_cast<unsigned char>(str.front());
    auto n = character_length(str);
    if (c == '"' || c == '\\')
      result += {'\\', str.front()};
    else if (n > 0)
      result += str.substr(0, n);
    else if (c < 0x80)
      result += escaped(c);
    else
      result += "\\ufffd";
    str.remove_prefix(std::max<size_t>(n, 1));
  }
  return result + '"';
}

json_line& json_line::text(std::string_view name, std::string_view value) {
  return json(name, json_quoted(value));
}

json_line& json_line::number(std::string_view name, uint64_t value) {
  return json(name, std::to_string(value));
}

json_line& json_line::decimal(std::string_view name, double value) {
  char buf[32];
  std::snprintf(buf, sizeof(buf), "%.1f", value);
  return json(name, buf);
}

json_line& json_line::json(std::string_view name, std::string_view value) {
  members_ += members_.empty() ? "" : ",";
  members_ += json_quoted(name) + ':';
  members_ += value;
  return *this;
}

} // namespace caf_remote::tool
