// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string_view>
#include <vector>

namespace caf_remote {

/// Returns the candidate that `name` is most likely a misspelling of, or an
/// empty view if none is near. Of equally near ones the first.
std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates);

} // namespace caf_remote
