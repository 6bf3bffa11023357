// SPDX-License-Identifier: BSD-3-Clause

#pragma once

namespace caf_remote {

/// This release; told to peers.
constexpr const char* version_string = "0.1.0";

} // namespace caf_remote
