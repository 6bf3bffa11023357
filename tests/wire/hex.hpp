// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cctype>
#include <stdexcept>
#include <string>
#include <string_view>

namespace test {

inline int hex_digit(char ch) {
  constexpr std::string_view digits = "0123456789abcdef";
  auto lower = std::tolower(static_cast<unsigned char>(ch));
  auto pos = digits.find(static_cast<char>(lower));
  if (pos == std::string_view::npos)
    throw std::invalid_argument{"not a hex digit"};
  return static_cast<int>(pos);
}

/// Reads bytes as pairs of hex digits; spaces do not matter.
inline std::string from_hex(std::string_view str) {
  std::string digits;
  for (auto ch : str)
    if (ch != ' ' && ch != '\n')
      digits += ch;
  if (digits.size() % 2 != 0)
    throw std::invalid_argument{"half a byte"};
  std::string result;
  for (size_t i = 0; i < digits.size(); i += 2)
    result += static_cast<char>(hex_digit(digits[i]) * 16
                                + hex_digit(digits[i + 1]));
  return result;
}

inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (auto ch : bytes) {
    auto byte = static_cast<unsigned char>(ch);
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

} // namespace test
