// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/printable.hpp"

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <exception>

namespace caf_remote {

/// Why an actor of the module ends whose handler has thrown. Call it while the
/// exception is being handled.
inline caf::error exception_reason() {
  return caf::make_error(caf::sec::runtime_error, printable_exception());
}

/// The exception handler of the module's actors: what a handler throws ends the
/// actor, and whoever looks after it learns the text. CAF's own would write to
/// stderr.
struct end_by_exception {
  caf::error operator()(std::exception_ptr& x) const {
    try {
      std::rethrow_exception(x);
    } catch (...) {
      return exception_reason();
    }
  }
};

/// Whether an actor ended by itself because of an error, and nobody has ended
/// it.
inline bool is_failure(const caf::error& reason) {
  using caf::exit_reason;
  return reason && reason != exit_reason::user_shutdown
         && reason != exit_reason::kill && reason != exit_reason::unreachable;
}

} // namespace caf_remote
