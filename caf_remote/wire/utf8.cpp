// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace caf_remote::wire {

namespace {

using byte_ptr = const unsigned char*;

byte_ptr skip_ascii(byte_ptr pos, byte_ptr end) noexcept {
  constexpr uint64_t high_bits = 0x8080808080808080u;
  while (end - pos >= 8) {
    uint64_t chunk;
    memcpy(&chunk, pos, sizeof(chunk));
    if ((chunk & high_bits) != 0)
      break;
    pos += 8;
  }
  while (pos != end && *pos < 0x80)
    ++pos;
  return pos;
}

bool is_continuation(unsigned char byte) noexcept {
  return (byte & 0xC0) == 0x80;
}

// Returns the length of the sequence at `pos`, whose first byte is not ASCII,
// or 0. The bounds of the second byte rule out overlong forms, surrogates and
// values above U+10FFFF.
size_t sequence_length(byte_ptr pos, byte_ptr end) noexcept {
  auto lead = *pos;
  auto size = static_cast<size_t>(end - pos);
  if (lead >= 0xC2 && lead <= 0xDF)
    return size >= 2 && is_continuation(pos[1]) ? 2 : 0;
  if (size < 3 || !is_continuation(pos[2]))
    return 0;
  auto second_is = [pos](unsigned char min, unsigned char max) {
    return pos[1] >= min && pos[1] <= max;
  };
  if ((lead & 0xF0) == 0xE0)
    return second_is(lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF)
             ? 3
             : 0;
  if (lead < 0xF0 || lead > 0xF4 || size < 4 || !is_continuation(pos[3]))
    return 0;
  return second_is(lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) ? 4
                                                                           : 0;
}

} // namespace

bool valid_utf8(std::string_view str) noexcept {
  auto pos = reinterpret_cast<byte_ptr>(str.data());
  auto end = pos + str.size();
  while ((pos = skip_ascii(pos, end)) != end) {
    auto n = sequence_length(pos, end);
    if (n == 0)
      return false;
    pos += n;
  }
  return true;
}

size_t sequence_length(std::string_view str) noexcept {
  auto pos = reinterpret_cast<byte_ptr>(str.data());
  return *pos < 0x80 ? 1 : sequence_length(pos, pos + str.size());
}

} // namespace caf_remote::wire
