// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/system_messages.hpp"

#include "caf_remote/wire/message_reader.hpp"

#include "actor.pb.h"
#include "remote.pb.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace caf_remote::wire {

namespace {

// -- PIDs ---------------------------------------------------------------------

void write(const pid& from, actor::PID& to) {
  to.set_address(from.address);
  to.set_id(from.id);
  to.set_request_id(from.request_id);
}

// A PID without an id names nobody.
bool read(actor::PID&& from, pid& to) {
  if (from.id().empty())
    return false;
  to.address = std::move(*from.mutable_address());
  to.id = std::move(*from.mutable_id());
  to.request_id = from.request_id();
  return true;
}

// -- parsing ------------------------------------------------------------------

template <class T>
bool parse(std::string_view bytes, T& x) {
  static const message_reader reader{T::default_instance()};
  return reader.read(bytes, x);
}

terminated_reason to_reason(actor::TerminatedReason x) {
  switch (x) {
    case actor::AddressTerminated:
      return terminated_reason::address_terminated;
    case actor::NotFound:
      return terminated_reason::not_found;
    default: // later reasons too: it is gone, whatever the cause
      return terminated_reason::stopped;
  }
}

} // namespace

std::string to_string(terminated_reason x) {
  switch (x) {
    case terminated_reason::stopped:
      return "stopped";
    case terminated_reason::address_terminated:
      return "address_terminated";
    case terminated_reason::not_found:
      return "not_found";
  }
  return "invalid";
}

// -- type names ---------------------------------------------------------------

system_type classify(std::string_view type_name) noexcept {
  // most messages are ordinary: one look decides
  if (type_name.compare(0, 6, "actor.") != 0
      && type_name.compare(0, 7, "remote.") != 0)
    return system_type::none;
  constexpr std::pair<std::string_view, system_type> table[] = {
    {watch::type_name, system_type::watch},
    {unwatch::type_name, system_type::unwatch},
    {terminated::type_name, system_type::terminated},
    {stop::type_name, system_type::stop},
    {poison_pill::type_name, system_type::poison_pill},
    {touch::type_name, system_type::touch},
    {touched::type_name, system_type::touched},
    {dead_letter_response::type_name, system_type::dead_letter_response},
    {actor_pid_request::type_name, system_type::actor_pid_request},
    {actor_pid_response::type_name, system_type::actor_pid_response},
  };
  auto matches = [type_name](auto& entry) { return entry.first == type_name; };
  auto i = std::find_if(std::begin(table), std::end(table), matches);
  return i != std::end(table) ? i->second : system_type::none;
}

// -- encoding -----------------------------------------------------------------

std::string encode(const watch& x) {
  actor::Watch msg;
  write(x.watcher, *msg.mutable_watcher());
  return msg.SerializeAsString();
}

std::string encode(const unwatch& x) {
  actor::Unwatch msg;
  write(x.watcher, *msg.mutable_watcher());
  return msg.SerializeAsString();
}

std::string encode(const terminated& x) {
  actor::Terminated msg;
  write(x.who, *msg.mutable_who());
  msg.set_why(static_cast<actor::TerminatedReason>(x.why));
  return msg.SerializeAsString();
}

std::string encode(const touched& x) {
  actor::Touched msg;
  write(x.who, *msg.mutable_who());
  return msg.SerializeAsString();
}

std::string encode(const dead_letter_response& x) {
  actor::DeadLetterResponse msg;
  if (!x.target.id.empty())
    write(x.target, *msg.mutable_target());
  return msg.SerializeAsString();
}

std::string encode(const actor_pid_request& x) {
  remote::ActorPidRequest msg;
  msg.set_name(x.name);
  msg.set_kind(x.kind);
  return msg.SerializeAsString();
}

std::string encode(const actor_pid_response& x) {
  remote::ActorPidResponse msg;
  if (x.who)
    write(*x.who, *msg.mutable_pid());
  msg.set_status_code(x.status_code);
  return msg.SerializeAsString();
}

// -- decoding -----------------------------------------------------------------

bool decode(std::string_view bytes, watch& x) {
  actor::Watch msg;
  return parse(bytes, msg)
         && read(std::move(*msg.mutable_watcher()), x.watcher);
}

bool decode(std::string_view bytes, unwatch& x) {
  actor::Unwatch msg;
  return parse(bytes, msg)
         && read(std::move(*msg.mutable_watcher()), x.watcher);
}

bool decode(std::string_view bytes, terminated& x) {
  actor::Terminated msg;
  if (!parse(bytes, msg) || !read(std::move(*msg.mutable_who()), x.who))
    return false;
  x.why = to_reason(msg.why());
  return true;
}

bool decode(std::string_view bytes, touched& x) {
  actor::Touched msg;
  return parse(bytes, msg) && read(std::move(*msg.mutable_who()), x.who);
}

bool decode(std::string_view bytes, dead_letter_response& x) {
  actor::DeadLetterResponse msg;
  if (!parse(bytes, msg))
    return false;
  x.target = pid{};
  read(std::move(*msg.mutable_target()), x.target);
  return true;
}

bool decode(std::string_view bytes, actor_pid_request& x) {
  remote::ActorPidRequest msg;
  if (!parse(bytes, msg))
    return false;
  x.name = std::move(*msg.mutable_name());
  x.kind = std::move(*msg.mutable_kind());
  return true;
}

bool decode(std::string_view bytes, actor_pid_response& x) {
  remote::ActorPidResponse msg;
  if (!parse(bytes, msg))
    return false;
  pid who;
  if (read(std::move(*msg.mutable_pid()), who))
    x.who = std::move(who);
  else
    x.who = std::nullopt;
  x.status_code = msg.status_code();
  return true;
}

} // namespace caf_remote::wire
