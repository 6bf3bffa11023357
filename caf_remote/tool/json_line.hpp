// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace caf_remote::tool {

/// A text as JSON, quotes included. What is not `printable` is escaped; each
/// byte that is not UTF-8 is replaced by U+FFFD.
std::string json_quoted(std::string_view str);

/// JSON on one line, with what is not `printable` escaped: it can be only in
/// strings.
std::string printable_json(std::string_view json);

/// A JSON object on one line, made member by member.
class json_line {
public:
  json_line& text(std::string_view name, std::string_view value);

  json_line& number(std::string_view name, uint64_t value);

  /// With one digit after the point.
  json_line& decimal(std::string_view name, double value);

  /// `value` is JSON already.
  json_line& json(std::string_view name, std::string_view value);

  std::string str() const {
    return '{' + members_ + '}';
  }

private:
  std::string members_;
};

} // namespace caf_remote::tool
