// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/duration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace caf_remote::tool {

namespace {

struct unit {
  std::string_view name;
  double nanoseconds;
};

constexpr unit units[] = {{"", 1e9},     {"ns", 1},    {"us", 1e3},
                          {"ms", 1e6},   {"s", 1e9},   {"m", 60e9},
                          {"min", 60e9}, {"h", 3600e9}};

constexpr double longest = 24 * 3600e9;

} // namespace

std::optional<caf::timespan> parse_duration(std::string_view str) {
  auto digits = std::min(str.find_first_not_of("0123456789."), str.size());
  std::string number{str.substr(0, digits)};
  char* end = nullptr;
  auto value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0')
    return std::nullopt;
  for (auto& x : units) {
    if (x.name != str.substr(digits))
      continue;
    auto ns = value * x.nanoseconds;
    if (ns > longest)
      return std::nullopt;
    return caf::timespan{std::llround(ns)};
  }
  return std::nullopt;
}

std::string render_duration(caf::timespan x) {
  auto ms = x.count() / 1000000;
  if (ms % 1000 == 0)
    return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

} // namespace caf_remote::tool
