// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/watch_table.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <string>

namespace caf_remote {

/// The EndpointWatcher: who watches whom at one address, in both directions,
/// served strictly in order.
class endpoint_watcher_state {
public:
  static inline const char* name = "caf_remote.endpoint_watcher";

  explicit endpoint_watcher_state(caf::event_based_actor* self);

  caf::behavior make_behavior(node_ptr home, endpoint_ptr where);

private:
  // -- we watch ------------------------------------------------------------------------------

  void on_watch(const watch_actor& x);
  void on_unwatch(const unwatch_actor& x);
  void on_terminated(const remote_terminated& x);
  left on_peer_connected(const peer_connected& x);

  // -- the peer watches ------------------------------------------------------------------------

  void on_remote_watch(const remote_watch& x);
  void on_remote_unwatch(const remote_unwatch& x);
  void on_down(const caf::down_msg& x);
  void send_terminated(const pid& watcher, const std::string& id,
                       wire::terminated_reason why);
  void forget_remote_watches();

  // -- ends ------------------------------------------------------------------------------------

  left on_incarnation_over(uint64_t written_seq);
  void on_address_over();
  void on_fall_silent();
  void end_streams();

  void push(std::string_view type_name, const std::string& target,
            std::string_view payload);
  void check_bounds();

  caf::event_based_actor* self_;
  node_ptr node_;
  // null when the address was given up
  endpoint_ptr endpoint_;
  std::string address_;
  uint64_t serial_ = 0;
  outgoing_watches outgoing_;
  incoming_watches incoming_;
  bool silent_ = false;
};

caf::behavior
endpoint_watcher(caf::stateful_actor<endpoint_watcher_state>* self,
                 node_ptr home, endpoint_ptr where);

} // namespace caf_remote
