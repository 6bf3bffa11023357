// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/event_based_actor.hpp>

namespace caf_remote {

/// An actor whose messages are much work each: between two of them those that
/// it has woken have their turn, instead of only when its mailbox is empty.
class turn_taking_actor : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;

  resume_result resume(caf::execution_unit* ctx, size_t) override {
    return caf::event_based_actor::resume(ctx, 1);
  }
};

} // namespace caf_remote
