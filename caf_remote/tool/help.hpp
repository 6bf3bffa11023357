// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace caf_remote::tool {

/// The page for `--help`; for one command unless `name` is empty.
std::string help_page(const std::string& name);

} // namespace caf_remote::tool
