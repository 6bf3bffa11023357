// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// Protobuf's wire format, read and written in place. Internal to this folder.

namespace caf_remote::wire {

/// The low three bits of a tag. 6 and 7 do not exist.
enum class wire_type : uint32_t {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  begin_group = 3,
  end_group = 4,
  fixed32 = 5,
};

/// The tag of a field, usable as a case label.
constexpr uint32_t tag_of(uint32_t number, wire_type type) noexcept {
  return (number << 3) | static_cast<uint32_t>(type);
}

constexpr uint32_t varint_tag(uint32_t number) noexcept {
  return tag_of(number, wire_type::varint);
}

constexpr uint32_t bytes_tag(uint32_t number) noexcept {
  return tag_of(number, wire_type::bytes);
}

// -- reading ------------------------------------------------------------------

/// Walks over the fields of one message. The read functions return false at the
/// first defect, after which the cursor is of no use. Accepts whatever
/// Protobuf's own parser accepts, overlong varints included.
class cursor {
public:
  explicit cursor(std::string_view bytes) noexcept
    : pos_(bytes.data()), end_(bytes.data() + bytes.size()) {
    // nop
  }

  bool at_end() const noexcept {
    return pos_ == end_;
  }

  const char* position() const noexcept {
    return pos_;
  }

  bool read_tag(uint32_t& tag) noexcept {
    if (pos_ == end_)
      return false;
    tag = static_cast<unsigned char>(*pos_);
    if (tag < 0x80)
      ++pos_;
    else if (!read_long_tag(tag))
      return false;
    return tag >= 8; // no field has the number 0
  }

  bool read_varint(uint64_t& value) noexcept {
    if (pos_ == end_)
      return false;
    value = static_cast<unsigned char>(*pos_);
    if (value >= 0x80)
      return read_long_varint(value);
    ++pos_;
    return true;
  }

  bool read_uint32(uint32_t& value) noexcept {
    uint64_t tmp;
    if (!read_varint(tmp))
      return false;
    value = static_cast<uint32_t>(tmp);
    return true;
  }

  bool read_int32(int32_t& value) noexcept {
    uint32_t tmp;
    if (!read_uint32(tmp))
      return false;
    value = static_cast<int32_t>(tmp);
    return true;
  }

  bool read_bytes(std::string_view& value) noexcept {
    uint64_t size;
    if (!read_varint(size) || size > static_cast<size_t>(end_ - pos_))
      return false;
    value = std::string_view{pos_, static_cast<size_t>(size)};
    pos_ += size;
    return true;
  }

  /// Skips the value of a field that nobody wants, groups included.
  bool skip(uint32_t tag) noexcept;

private:
  bool read_long_tag(uint32_t& tag) noexcept;
  bool read_long_varint(uint64_t& value) noexcept;
  bool skip_group(uint32_t number) noexcept;
  bool advance(size_t n) noexcept;

  const char* pos_;
  const char* end_;
};

// -- writing ------------------------------------------------------------------

constexpr size_t max_varint_size = 10;

inline size_t varint_size(uint64_t value) noexcept {
  auto bits = 64 - __builtin_clzll(value | 1);
  return static_cast<size_t>(bits * 9 + 64) / 64;
}

/// The size of a field with a one-byte tag and `n` bytes as value.
inline size_t bytes_field_size(size_t n) noexcept {
  return 1 + varint_size(n) + n;
}

/// Writes to `pos`, which must have room, and returns the end.
inline char* put_varint(char* pos, uint64_t value) noexcept {
  while (value >= 0x80) {
    *pos++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *pos++ = static_cast<char>(value);
  return pos;
}

/// Writes a field with a one-byte tag unless it has the default value.
inline char* put_field(char* pos, uint32_t number, uint64_t value) noexcept {
  if (value == 0)
    return pos;
  *pos++ = static_cast<char>(varint_tag(number));
  return put_varint(pos, value);
}

/// Protobuf writes negative int32 values in ten bytes.
inline uint64_t sign_extended(int32_t value) noexcept {
  return static_cast<uint64_t>(static_cast<int64_t>(value));
}

/// Appends the tag and length of a field whose `n` bytes follow.
void append_bytes_head(std::string& out, uint32_t number, size_t n);

/// Appends a field with a one-byte tag, also if it is empty.
void append_bytes_field(std::string& out, uint32_t number,
                        std::string_view bytes);

} // namespace caf_remote::wire
