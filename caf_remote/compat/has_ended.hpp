// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/abstract_actor.hpp>
#include <caf/actor_control_block.hpp>

namespace caf_remote {

/// Whether an actor has ended. True before its end is told to those that have
/// attached themselves to it: who notes something first, then asks, and is told
/// false, will hear of the end.
inline bool has_ended(const caf::strong_actor_ptr& x) noexcept {
  return x->get()->getf(caf::abstract_actor::is_cleaned_up_flag);
}

} // namespace caf_remote
