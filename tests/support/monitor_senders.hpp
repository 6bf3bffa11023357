// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/test_messages.hpp"

#include <caf/event_based_actor.hpp>

namespace caf_remote::test {

/// An actor that monitors whoever sends it a Ping.
inline caf::behavior monitor_senders(caf::event_based_actor* self) {
  self->set_down_handler([](const caf::down_msg&) {});
  return {[self](const Ping&) {
    self->monitor(self->current_sender());
    return caf::unit;
  }};
}

} // namespace caf_remote::test
