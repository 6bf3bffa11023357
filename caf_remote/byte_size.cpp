// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/byte_size.hpp"

#include <charconv>
#include <limits>

namespace caf_remote {

namespace {

struct unit {
  std::string_view name;
  uint64_t bytes;
};

constexpr unit units[] = {
  {"", 1},
  {"B", 1},
  {"KiB", 1u << 10},
  {"MiB", 1u << 20},
  {"GiB", 1u << 30},
  {"kB", 1000},
  {"MB", 1000 * 1000},
  {"GB", 1000 * 1000 * 1000},
};

const unit* find_unit(std::string_view name) {
  for (auto& x : units)
    if (x.name == name)
      return &x;
  return nullptr;
}

} // namespace

std::optional<uint64_t> parse_byte_size(std::string_view str) {
  uint64_t number = 0;
  auto end = str.data() + str.size();
  auto [pos, code] = std::from_chars(str.data(), end, number);
  if (code != std::errc{})
    return std::nullopt;
  auto name = str.substr(static_cast<size_t>(pos - str.data()));
  if (name.size() > 1 && name.front() == ' ')
    name.remove_prefix(1);
  auto x = find_unit(name);
  if (x == nullptr || number > std::numeric_limits<uint64_t>::max() / x->bytes)
    return std::nullopt;
  return number * x->bytes;
}

std::string render_byte_size(uint64_t bytes) {
  auto name = "B";
  for (auto larger : {"KiB", "MiB", "GiB"}) {
    if (bytes == 0 || bytes % 1024 != 0)
      break;
    bytes /= 1024;
    name = larger;
  }
  return std::to_string(bytes) + name;
}

} // namespace caf_remote
