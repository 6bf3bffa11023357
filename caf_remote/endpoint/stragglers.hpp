// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/process_registry.hpp"

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace caf_remote {

/// The actors that others could reach when the module stopped. It kept them
/// alive until then; those that go on by themselves keep the actor system from
/// ending. Keeps none of them itself. Constant, so any thread.
class stragglers {
public:
  /// `xs` may have actors of other systems and the module's own; neither keep
  /// `sys` from ending.
  stragglers(const caf::actor_system& sys,
             const std::vector<process_registry::holding>& xs);

  /// Sends an exit message (`user_shutdown`) to those that were published or
  /// spawned for a peer, and returns them.
  std::vector<caf::actor> end_published() const;

  /// Names those that still run, for a log line; `running` actors do in all.
  /// Empty if none does.
  std::string report(size_t running) const;

private:
  struct entry {
    std::string name;
    process_kind kind;
    caf::weak_actor_ptr ref;
  };

  std::vector<entry> xs_;
};

} // namespace caf_remote
