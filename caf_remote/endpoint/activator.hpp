// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/events.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <string>

namespace caf_remote {

/// The names under which peers ask for actors: Go's and the newer one.
constexpr const char* activator_id = "activator";
constexpr const char* new_activator_id = "$activator";

/// The activator: spawns actors of registered kinds for peers (and for our own
/// spawner), and answers with Go's status codes.
class activator_state {
public:
  static inline const char* name = "caf_remote.activator";

  explicit activator_state(caf::event_based_actor* self);

  caf::behavior make_behavior(node_ptr home);

private:
  /// What goes over the wire, and why it failed, in words.
  struct outcome {
    wire::actor_pid_response response;
    std::string why;
  };

  outcome spawn(const spawn_for_peer& x);
  outcome failed(std::string why, const std::string& details = "");
  void answer(const spawn_for_peer& x, const outcome& what);
  std::string next_name(const std::string& kind);
  pid local_pid(const std::string& id) const;

  caf::event_based_actor* self_;
  node_ptr node_;
  uint64_t last_number_ = 0;
};

caf::behavior activator(caf::stateful_actor<activator_state>* self,
                        node_ptr home);

/// The spawner: asks other nodes' activators, for actors and blocking callers
/// alike.
caf::behavior spawner(caf::event_based_actor* self, const node_ptr& home);

} // namespace caf_remote
