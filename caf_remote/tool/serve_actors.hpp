// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <cstdint>

namespace caf_remote::tool {

// Both receive messages raw, so that they work with types nobody told us about.

/// Sends every message back to its sender, headers included.
caf::behavior echo(caf::event_based_actor* self);

struct counter_state {
  uint64_t count = 0;
};

/// Counts messages. google.protobuf.Empty is not counted but answered with the
/// count, as google.protobuf.UInt64Value.
caf::behavior counter(caf::stateful_actor<counter_state>* self);

} // namespace caf_remote::tool
