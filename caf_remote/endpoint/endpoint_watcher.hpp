// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/incoming_watches.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/outgoing_watches.hpp"
#include "caf_remote/endpoint/return_path.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <deque>
#include <string>

namespace caf_remote {

/// The EndpointWatcher: who watches whom at one address, in both directions,
/// served strictly in order. Sees that each watch ends in one down, whichever
/// of the two connections is lost: docs/reconnect.md has the rules.
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
  void on_watch_refused(const watch_refused& x);
  left on_peer_connected(const peer_connected& x);

  // -- the peer watches ------------------------------------------------------------------------

  void on_remote_watch(const remote_watch& x);
  void on_remote_unwatch(const remote_unwatch& x);
  void tell_or_refuse(const incoming_watches::ending& x, bool full);
  void refuse(const incoming_watches::ending& x);
  void forget_incoming();
  void on_down(const caf::down_msg& x);
  void tell(const incoming_watches::ending& x);

  // -- what we say -----------------------------------------------------------------------------

  void speak();
  bool say_next();
  uint64_t renew(const caf::strong_actor_ptr& who);
  uint64_t push(const incoming_watches::ending& x);

  // -- whether news gets through ---------------------------------------------------------------

  void on_peer_streams(peer_streams x);
  void on_touched(peer_touched x);
  void look_after();
  bool watches_in_vain() const;
  void on_tick();
  void ask(bool in_vain);
  void probe();
  void give_up_watches();

  // -- ends ------------------------------------------------------------------------------------

  left on_incarnation_over(uint64_t written_seq);
  void on_address_over();
  void on_fall_silent();
  void end_streams(const char* why);
  void check_bounds();

  // A question that the peer answers after what was written before it.
  struct question {
    uint32_t number;
    uint64_t seq;
  };

  caf::event_based_actor* self_;
  node_ptr node_;
  // null when the address was given up
  endpoint_ptr endpoint_;
  std::string address_;
  uint64_t serial_ = 0;
  outgoing_watches outgoing_;
  incoming_watches incoming_;
  return_path return_path_{caf::timespan{0}, caf::timespan{0}};
  // on the stream that is open; an answer is one to those before it, too
  std::deque<question> asked_;
  // how often it was looked for the answer in vain
  size_t looks_ = 0;
  // of our own stream, at the last look
  uint64_t last_connects_ = 0;
  bool tick_pending_ = false;
  // for room to say more
  bool waits_for_room_ = false;
  bool silent_ = false;
  // the latest that has brought a Watch
  uint64_t last_stream_ = 0;
  // once the address is over: the manager was asked to end those up to this one
  uint64_t ended_up_to_ = 0;
  // the manager was asked to give the peer up
  bool too_many_ = false;
};

caf::behavior
endpoint_watcher(caf::stateful_actor<endpoint_watcher_state>* self,
                 node_ptr home, endpoint_ptr where);

} // namespace caf_remote
