// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>

#include <string>

namespace caf_remote {

/// Asks an address who lives there: shakes hands on a stream of its own,
/// answers `who_lives_there`, and ends. It says in its metadata that it brings
/// nothing, so that the node there takes it neither for a way back nor for one
/// that replaces another stream. What flows on other streams is not disturbed.
/// Takes at most `connect-timeout`.
class incarnation_probe_state {
public:
  static inline const char* name = "caf_remote.incarnation_probe";

  explicit incarnation_probe_state(caf::event_based_actor* self);

  ~incarnation_probe_state();

  caf::behavior make_behavior(node_ptr home, std::string address);

private:
  caf::result<resident> on_question();
  void on_frame(const transport::frame& bytes);
  void answer(std::string member_id);

  caf::event_based_actor* self_;
  node_ptr node_;
  std::string address_;
  transport::stream_ptr stream_;
  caf::response_promise promise_;
};

caf::behavior
incarnation_probe(caf::stateful_actor<incarnation_probe_state>* self,
                  node_ptr home, std::string address);

} // namespace caf_remote
