// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/json_line.hpp"

#include "caf_remote/tool/output.hpp"

#include <algorithm>
#include <cstdio>

namespace caf_remote::tool {

namespace {

std::string escaped_unit(uint32_t x) {
  char buf[16];
  std::snprintf(buf, sizeof(buf), "\\u%04x", static_cast<unsigned>(x));
  return buf;
}

/// JSON counts in UTF-16.
std::string escaped(uint32_t code_point) {
  if (code_point < 0x10000)
    return escaped_unit(code_point);
  auto rest = code_point - 0x10000;
  return escaped_unit(0xd800 + (rest >> 10))
         + escaped_unit(0xdc00 + (rest & 0x3ff));
}

size_t length_by_lead(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/// The value of a character in UTF-8.
uint32_t code_point(std::string_view character) {
  auto lead = static_cast<unsigned char>(character.front());
  uint32_t result = character.size() == 1 ? lead
                                          : lead & (0x7fu >> character.size());
  for (auto c : character.substr(1))
    result = (result << 6) | (static_cast<unsigned char>(c) & 0x3f);
  return result;
}

/// The character at the front, which is taken away, in a form that can be
/// printed inside a JSON string.
std::string next_character(std::string_view& str) {
  auto lead = static_cast<unsigned char>(str.front());
  auto character = str.substr(0, length_by_lead(lead));
  auto shown = printable(character);
  // there is one question mark for a character, but one for each wrong byte
  auto is_text = lead < 0x80 || (character.size() > 1 && shown.size() == 1)
                 || shown == character;
  str.remove_prefix(is_text ? character.size() : 1);
  if (!is_text)
    return "\\ufffd";
  return shown == character ? shown : escaped(code_point(character));
}

} // namespace

std::string json_quoted(std::string_view str) {
  std::string result = "\"";
  while (!str.empty()) {
    if (str.front() == '"' || str.front() == '\\')
      result += '\\';
    result += next_character(str);
  }
  return result + '"';
}

std::string printable_json(std::string_view json) {
  auto shown = printable(json);
  if (shown == json) // as a rule; character by character takes longer
    return shown;
  std::string result;
  result.reserve(json.size());
  while (!json.empty())
    result += next_character(json);
  return result;
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
