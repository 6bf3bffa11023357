// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caf_remote {

/// Reads a size in bytes such as "4096", "32MiB" or "100 kB". Units: B, KiB,
/// MiB, GiB (powers of 1024), kB, MB, GB (powers of 1000).
std::optional<uint64_t> parse_byte_size(std::string_view str);

/// Renders a size with the largest of the units B, KiB, MiB and GiB that needs
/// no fraction.
std::string render_byte_size(uint64_t bytes);

} // namespace caf_remote
