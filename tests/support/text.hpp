// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote::test {

inline bool contains(std::string_view str, std::string_view part) {
  return str.find(part) != std::string_view::npos;
}

/// How many of the lines have all of the parts in them.
inline size_t lines_with(const std::vector<std::string>& lines,
                         const std::vector<std::string_view>& parts) {
  return static_cast<size_t>(
    std::count_if(lines.begin(), lines.end(), [&](auto& line) {
      return std::all_of(parts.begin(), parts.end(),
                         [&](auto part) { return contains(line, part); });
    }));
}

} // namespace caf_remote::test
