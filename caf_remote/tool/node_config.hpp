// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/config.hpp"
#include "caf_remote/remoting.hpp"
#include "caf_remote/tool/arguments.hpp"

#include <string>

namespace caf_remote::tool {

/// The module's settings for a command that runs on `host`. Throws
/// `usage_error` if they make no sense.
class node_config : public caf_remote::config {
public:
  node_config(const arguments& args, const std::string& host,
              caf::timespan shutdown_timeout);
};

/// Throws `failure` if `x` is an error.
void check(const caf::error& x);

/// Listens as the module's settings say and returns our address. Throws
/// `failure`.
std::string listen(remoting& module);

} // namespace caf_remote::tool
