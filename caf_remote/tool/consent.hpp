// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tool/client.hpp"

namespace caf_remote::tool {

/// Lets messages of the type that the command line names go to a node that has
/// not shown that it knows the type and is not known to be caf_remote: a Go
/// process ends when it gets a type that it does not know. Asks on a terminal,
/// where the time limit does not count meanwhile; elsewhere it warns, so that
/// scripts go on. Throws `failure` if the answer is no.
void consent_to_type(client& here);

} // namespace caf_remote::tool
