// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/events.hpp"
#include "caf_remote/tool/json_line.hpp"

#include <caf/atom.hpp>
#include <caf/behavior.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace caf_remote::tool {

/// Prints events as lines, not more than a few per second of each kind, and
/// never waits for whoever reads them; what is left out is counted.
class event_printer_state {
public:
  explicit event_printer_state(caf::event_based_actor* self) : self_(self) {
    // nop
  }

  /// Prints nothing before it gets `caf::ok_atom`.
  caf::behavior make_behavior(bool as_json);

private:
  static constexpr size_t lines_per_second = 20;

  /// The lines of one kind.
  struct channel {
    const char* name;
    size_t printed = 0;
    size_t left_out = 0;
  };

  caf::behavior printing();
  void print(channel& where, const std::string& text, const json_line& json);
  void next_second();
  void report(channel& where);

  caf::event_based_actor* self_;
  bool as_json_ = false;
  bool ticking_ = false;
  channel connected_{"connected"};
  channel terminated_{"endpoint_terminated"};
  channel unreachable_{"endpoint_unreachable"};
  channel dead_letter_{"dead_letter"};
};

/// With `as_json`, each line is a JSON object.
caf::behavior event_printer(caf::stateful_actor<event_printer_state>* self,
                            bool as_json);

} // namespace caf_remote::tool
