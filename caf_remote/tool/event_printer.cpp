// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/event_printer.hpp"

#include "caf_remote/tool/output.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/skip.hpp>

namespace caf_remote::tool {

namespace {

std::string type_of(const caf::message& x) {
  if (x.match_elements<raw_message>())
    return x.get_as<raw_message>(0).type_name;
  return x.empty() ? "-" : to_string(x);
}

/// A part of a line that a pipe must take as a whole, or it would be no JSON.
std::string short_text(const std::string& str) {
  constexpr size_t max_length = 500;
  return printable(str.substr(0, max_length));
}

json_line event(const std::string& name) {
  return json_line{}.text("event", name);
}

} // namespace

caf::behavior event_printer_state::make_behavior(bool as_json) {
  as_json_ = as_json;
  self_->set_default_handler(caf::skip);
  return {
    [this](caf::ok_atom) {
      self_->set_default_handler(caf::drop);
      self_->become(printing());
    },
  };
}

caf::behavior event_printer_state::printing() {
  return {
    [this](const endpoint_connected& x) {
      print(connected_, x.address + " " + x.member_id,
            event(connected_.name)
              .text("address", short_text(x.address))
              .text("member_id", short_text(x.member_id)));
    },
    [this](const endpoint_terminated& x) {
      print(terminated_, x.address + " " + x.reason,
            event(terminated_.name)
              .text("address", short_text(x.address))
              .text("reason", short_text(x.reason)));
    },
    [this](const endpoint_unreachable& x) {
      print(unreachable_, x.address + " " + x.reason,
            event(unreachable_.name)
              .text("address", short_text(x.address))
              .text("reason", short_text(x.reason)));
    },
    [this](const dead_letter& x) {
      auto known = !x.pid.address.empty() || !x.pid.id.empty();
      auto type = type_of(x.message);
      print(dead_letter_, (known ? to_string(x.pid) : "-") + " " + type,
            event(dead_letter_.name)
              .text("address", short_text(x.pid.address))
              .text("id", short_text(x.pid.id))
              .text("type", short_text(type)));
    },
    [this](caf::tick_atom) { next_second(); },
  };
}

void event_printer_state::print(channel& where, const std::string& text,
                                const json_line& json) {
  if (!ticking_) {
    ticking_ = true;
    self_->delayed_send(self_, std::chrono::seconds{1}, caf::tick_atom::value);
  }
  auto line = as_json_
                ? json.str()
                : std::string{"event "} + where.name + " " + printable(text);
  if (where.printed == lines_per_second || !try_print_line(line))
    ++where.left_out;
  else
    ++where.printed;
}

void event_printer_state::next_second() {
  ticking_ = false;
  for (auto x : {&connected_, &terminated_, &unreachable_, &dead_letter_})
    report(*x);
}

void event_printer_state::report(channel& where) {
  where.printed = 0;
  if (where.left_out == 0)
    return;
  auto name = std::string{where.name} + "s_suppressed";
  auto line = as_json_ ? event(name).number("count", where.left_out).str()
                       : "event " + name + " " + std::to_string(where.left_out);
  if (try_print_line(line))
    where.left_out = 0;
}

caf::behavior event_printer(caf::stateful_actor<event_printer_state>* self,
                            bool as_json) {
  return self->state.make_behavior(as_json);
}

} // namespace caf_remote::tool
