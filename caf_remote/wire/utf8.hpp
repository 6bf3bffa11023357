// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <string_view>

namespace caf_remote::wire {

/// Whether `str` is valid UTF-8 (no surrogates, no overlong forms). Protobuf
/// checks `string` fields only when parsing and by logging when writing, so an
/// invalid string would leave our side and end the peer's stream.
bool valid_utf8(std::string_view str) noexcept;

/// The length in bytes of the character at the front of `str`, which is not
/// empty; 0 if that is not UTF-8.
size_t sequence_length(std::string_view str) noexcept;

} // namespace caf_remote::wire
