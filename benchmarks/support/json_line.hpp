// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <string>

namespace caf_remote::bench {

/// One JSON object on one line, written as it is filled.
class json_line {
public:
  json_line& add(const std::string& key, const std::string& value);
  json_line& add(const std::string& key, const char* value);
  json_line& add(const std::string& key, double value);
  json_line& add(const std::string& key, uint64_t value);

  /// Writes the line to stdout.
  void print() const;

private:
  json_line& add_plain(const std::string& key, const std::string& value);

  std::string fields_;
};

} // namespace caf_remote::bench
