// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace caf_remote::test {

/// Names whose hashes are equal modulo `slots` for who uses `std::hash`, which
/// has the same seed in every process: what a peer would send to make a table
/// slow.
inline std::vector<std::string> colliding_names(size_t count, size_t slots) {
  std::vector<std::string> result;
  for (size_t i = 0; result.size() < count; ++i) {
    auto name = "name" + std::to_string(i);
    if (std::hash<std::string>{}(name) % slots == 0)
      result.push_back(std::move(name));
  }
  return result;
}

} // namespace caf_remote::test
