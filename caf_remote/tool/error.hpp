// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <stdexcept>

namespace caf_remote::tool {

/// Exit codes of the program.
constexpr int exit_success = 0;
constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

/// The command line makes no sense: nothing was done.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What was asked for did not work.
struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace caf_remote::tool
