// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/printable.hpp"

#include "caf_remote/wire/utf8.hpp"

#include <algorithm>
#include <exception>

namespace caf_remote {

namespace {

// The value of a sequence of UTF-8.
uint32_t code_point(std::string_view seq) noexcept {
  auto lead = static_cast<unsigned char>(seq.front());
  uint32_t result = seq.size() == 1 ? lead : lead & (0x7fu >> seq.size());
  for (auto ch : seq.substr(1))
    result = (result << 6) | (static_cast<unsigned char>(ch) & 0x3f);
  return result;
}

bool in(uint32_t x, uint32_t first, uint32_t last) noexcept {
  return x >= first && x <= last;
}

bool is_control(uint32_t x) noexcept {
  return x < 0x20 || in(x, 0x7f, 0x9f);
}

// What a terminal or a reader would take for something else than text.
bool misleads(uint32_t x) noexcept {
  return is_control(x) || in(x, 0x2028, 0x2029) // line separators
         || x == 0x061c || in(x, 0x200e, 0x200f) // marks of direction
         || in(x, 0x202a, 0x202e) || in(x, 0x2066, 0x206f);
}

} // namespace

std::string printable(std::string_view str, size_t max_bytes) {
  std::string result;
  result.reserve(std::min(str.size(), max_bytes));
  size_t taken = 0;
  while (taken < str.size()) {
    auto rest = str.substr(taken);
    auto n = wire::sequence_length(rest);
    if (taken + std::max<size_t>(n, 1) > max_bytes)
      return result + "...";
    auto seq = rest.substr(0, n);
    if (n == 0 || misleads(code_point(seq)))
      result += '?';
    else
      result += seq;
    taken += std::max<size_t>(n, 1);
  }
  return result;
}

bool has_control_characters(std::string_view str) noexcept {
  while (!str.empty()) {
    auto n = std::max<size_t>(wire::sequence_length(str), 1);
    if (is_control(code_point(str.substr(0, n))))
      return true;
    str.remove_prefix(n);
  }
  return false;
}

std::string printable_exception() {
  try {
    throw;
  } catch (const std::exception& e) {
    return printable(e.what());
  } catch (...) {
    return "an exception of an unknown type";
  }
}

} // namespace caf_remote
