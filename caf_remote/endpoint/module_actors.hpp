// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <mutex>
#include <vector>

namespace caf_remote {

/// The module's own actors, so that all of them end with the module. CAF does
/// not wait for hidden actors, and one that has not ended when its last handle
/// goes reaches for its actor system; handles of remote actors, which users may
/// keep for longer, keep some of them. Any thread.
class module_actors {
public:
  /// To be called for each actor that the module spawns. Once the module has
  /// ended, the actor is ended at once.
  void add(const caf::actor& x);

  /// Ends all actors, after what is in their mailboxes, and returns those that
  /// had not ended before.
  std::vector<caf::actor> end_all();

  /// The entries, some of them of actors that are gone.
  size_t size() const;

private:
  void forget_gone();

  mutable std::mutex mtx_;
  std::vector<caf::weak_actor_ptr> xs_;
  // the number of entries at which to look for actors that are gone
  size_t next_look_ = 64;
  bool ended_ = false;
};

} // namespace caf_remote
