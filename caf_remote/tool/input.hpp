// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <string>

namespace caf_remote::tool {

/// Reads standard input to its end. Throws `failure` if it is longer than
/// `limit` bytes or cannot be read.
std::string read_input(size_t limit);

/// Reads one line of standard input, without its end. Empty if there is none.
std::string read_input_line();

} // namespace caf_remote::tool
