// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/coding.hpp"

namespace caf_remote::wire {

// -- reading ------------------------------------------------------------------

// Tags have at most five bytes, of which Protobuf keeps the low 32 bits.
bool cursor::read_long_tag(uint32_t& tag) noexcept {
  tag = 0;
  for (auto shift = 0; shift < 35; shift += 7) {
    if (pos_ == end_)
      return false;
    auto byte = static_cast<unsigned char>(*pos_++);
    tag |= static_cast<uint32_t>(byte & 0x7F) << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

bool cursor::read_long_varint(uint64_t& value) noexcept {
  value = 0;
  for (auto shift = 0; shift < 70; shift += 7) {
    if (pos_ == end_)
      return false;
    auto byte = static_cast<unsigned char>(*pos_++);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

bool cursor::advance(size_t n) noexcept {
  if (n > static_cast<size_t>(end_ - pos_))
    return false;
  pos_ += n;
  return true;
}

bool cursor::skip(uint32_t tag) noexcept {
  switch (static_cast<wire_type>(tag & 7)) {
    case wire_type::varint: {
      uint64_t ignored;
      return read_varint(ignored);
    }
    case wire_type::fixed64:
      return advance(8);
    case wire_type::bytes: {
      std::string_view ignored;
      return read_bytes(ignored);
    }
    case wire_type::begin_group:
      return skip_group(tag >> 3);
    case wire_type::fixed32:
      return advance(4);
    default:
      return false;
  }
}

// Nested groups go on a small stack: no recursion on a stranger's behalf.
bool cursor::skip_group(uint32_t number) noexcept {
  constexpr size_t max_depth = 100; // Protobuf's own limit
  uint32_t open[max_depth];
  size_t depth = 0;
  open[depth++] = number;
  while (depth > 0) {
    uint32_t tag;
    if (!read_tag(tag))
      return false;
    switch (static_cast<wire_type>(tag & 7)) {
      case wire_type::begin_group:
        if (depth == max_depth)
          return false;
        open[depth++] = tag >> 3;
        break;
      case wire_type::end_group:
        if (open[--depth] != tag >> 3)
          return false;
        break;
      default:
        if (!skip(tag))
          return false;
    }
  }
  return true;
}

// -- writing ------------------------------------------------------------------

void append_bytes_head(std::string& out, uint32_t number, size_t n) {
  char buf[1 + max_varint_size];
  buf[0] = static_cast<char>(bytes_tag(number));
  auto end = put_varint(buf + 1, n);
  out.append(buf, static_cast<size_t>(end - buf));
}

void append_bytes_field(std::string& out, uint32_t number,
                        std::string_view bytes) {
  append_bytes_head(out, number, bytes.size());
  out.append(bytes);
}

} // namespace caf_remote::wire
