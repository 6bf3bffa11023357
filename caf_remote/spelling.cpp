// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace caf_remote {

namespace {

// Levenshtein's, with one row of the matrix at a time.
size_t edit_distance(std::string_view x, std::string_view y) {
  std::vector<size_t> row(y.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < x.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < y.size(); ++j) {
      auto replaced = diagonal + (x[i] == y[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

} // namespace

std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates) {
  constexpr size_t max_length = 64;
  std::string_view result;
  if (name.size() > max_length)
    return result;
  auto best = std::max<size_t>(2, name.size() / 3) + 1;
  for (auto x : candidates) {
    auto distance = edit_distance(name, x);
    if (distance < std::min(best, x.size())) {
      best = distance;
      result = x;
    }
  }
  return result;
}

} // namespace caf_remote
