// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/timespan.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace caf_remote::tool {

/// Reads "500ms", "5s", "1m", "2h" or "1.5" (seconds); none if `str` is
/// something else or longer than a day.
std::optional<caf::timespan> parse_duration(std::string_view str);

/// Renders `x` the way it would be typed, in milliseconds at the finest.
std::string render_duration(caf::timespan x);

} // namespace caf_remote::tool
