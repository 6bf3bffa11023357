// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/attachable.hpp>

namespace caf_remote {

/// Whether `what` selects `x`. Unlike CAF, does not take actors of two systems
/// with the same id for one: what was attached for one of them is not taken off
/// for the other.
bool selects(const caf::attachable::token& what, caf::attachable& x);

} // namespace caf_remote
