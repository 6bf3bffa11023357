// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/execution_unit.hpp>

namespace caf_remote {

/// Where to wake `x` for a caller that runs on `ctx`: right there, which saves
/// waking another thread; but an actor of another actor system only by its own
/// scheduler (null), since ours may end before that actor has run.
inline caf::execution_unit* context_for(const caf::strong_actor_ptr& x,
                                        caf::execution_unit* ctx) noexcept {
  return ctx != nullptr && x->home_system == &ctx->system() ? ctx : nullptr;
}

inline caf::execution_unit* context_for(const caf::actor& x,
                                        caf::execution_unit* ctx) noexcept {
  return ctx != nullptr && &x->home_system() == &ctx->system() ? ctx : nullptr;
}

} // namespace caf_remote
