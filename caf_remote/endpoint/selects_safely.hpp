// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/selects.hpp"
#include "caf_remote/endpoint/callback.hpp"

#include <caf/attachable.hpp>

#include <string>
#include <vector>

namespace caf_remote {

/// Whether `what` selects `x`, which may be code of the user's: it is not
/// selected if it throws. It is asked under the lock of what it is attached to,
/// as CAF does, so the text goes to `failures`, to be told without.
inline bool selects_safely(const caf::attachable::token& what,
                           caf::attachable& x,
                           std::vector<std::string>& failures) {
  auto result = false;
  run_callback([&] { result = selects(what, x); },
               [&](std::string& text) { failures.push_back(std::move(text)); });
  return result;
}

} // namespace caf_remote
