// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tool/arguments.hpp"

namespace caf_remote::tool {

// Each runs a command and returns the exit code. They throw `usage_error` and
// `failure`.

int serve(const arguments& args);

int ping(const arguments& args);

int request(const arguments& args);

int send(const arguments& args);

int spawn(const arguments& args);

int watch(const arguments& args);

int stop(const arguments& args);

} // namespace caf_remote::tool
