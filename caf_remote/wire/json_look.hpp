// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <string_view>

namespace caf_remote::wire {

/// What of a JSON text says how much more memory than its size Protobuf may
/// take to read it.
struct json_look {
  /// How deep objects and lists are nested.
  size_t depth = 0;
  /// What its strings may become as google.protobuf.FieldMask, in bytes: the
  /// compact form "a(b,c)" stands for "a.b,a.c", so that the text that comes of
  /// a string grows with the square of its length.
  size_t masks = 0;
};

/// One pass; the text need not be JSON.
json_look look_at_json(std::string_view bytes) noexcept;

} // namespace caf_remote::wire
