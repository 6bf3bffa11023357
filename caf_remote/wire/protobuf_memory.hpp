// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

/// What the parts of a message take, in bytes of the heap: Protobuf 3.21
/// without arenas, and glibc.
namespace caf_remote::wire::protobuf_memory {

/// glibc's blocks: a word before each, a multiple of 16, at least 32.
constexpr size_t block(size_t bytes) noexcept {
  return std::max<size_t>(32, (bytes + 8 + 15) / 16 * 16);
}

constexpr size_t string_object = block(sizeof(std::string));

/// Short texts are in the object. Twice, since a string that comes again and is
/// longer leaves room for both.
constexpr size_t text(size_t bytes) noexcept {
  return bytes < 16 ? 0 : 2 * bytes + 24;
}

/// A map's key is there three times: in the entry that is read apart, beside
/// it, and in the map.
constexpr size_t key(size_t bytes) noexcept {
  return bytes < 16 ? 0 : text(bytes) + bytes + 24;
}

/// Arrays double, and the old one is there until its content has moved: three
/// times what is in them, besides their heads.
constexpr size_t grown(size_t element) noexcept {
  return 3 * element;
}

constexpr size_t array_head = 64;

/// A map's entry: its share of the table, and of a tree if its key collides
/// with others.
constexpr size_t map_slot = 32 + 80;

/// A map's first table, and the entry that is read apart if its key does not
/// come first.
constexpr size_t map_head = 96 + block(64) + 2 * string_object;

/// An extension's place in a table that grows to four times its size, and the
/// object that holds repeated ones.
constexpr size_t extension_slot = 5 * 40 + 16;
constexpr size_t repeated_extension = block(24);

/// Fields that the type does not have are kept one by one.
constexpr size_t unknown_field = grown(16);
constexpr size_t unknown_group = block(24);
constexpr size_t unknown_head = block(32) + array_head;

/// Of the two bytes of an unknown field, at most: an empty string.
constexpr size_t unknown_per_byte = (unknown_head + unknown_field
                                     + string_object)
                                    / 2;

/// Reading JSON: the binary form, with room to grow, and where each message in
/// it begins.
constexpr size_t json_reader_per_byte = 32;

/// Twice what was measured with a google.protobuf.ListValue, of which a byte
/// becomes a whole object, since the pieces of small payloads are larger.
constexpr size_t least_json_per_byte = 128;

} // namespace caf_remote::wire::protobuf_memory
