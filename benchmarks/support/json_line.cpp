// SPDX-License-Identifier: BSD-3-Clause

#include "support/json_line.hpp"

#include <cstdio>
#include <iostream>

namespace caf_remote::bench {

json_line& json_line::add(const std::string& key, const std::string& value) {
  std::string quoted = "\"";
  for (auto c : value) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    quoted += c;
  }
  return add_plain(key, quoted + '"');
}

json_line& json_line::add(const std::string& key, const char* value) {
  return add(key, std::string{value});
}

json_line& json_line::add(const std::string& key, double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return add_plain(key, text);
}

json_line& json_line::add(const std::string& key, uint64_t value) {
  return add_plain(key, std::to_string(value));
}

void json_line::print() const {
  std::cout << '{' << fields_ << '}' << std::endl;
}

json_line& json_line::add_plain(const std::string& key,
                                const std::string& value) {
  if (!fields_.empty())
    fields_ += ',';
  fields_ += '"' + key + "\":" + value;
  return *this;
}

} // namespace caf_remote::bench
