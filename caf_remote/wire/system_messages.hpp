// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Proto.Actor's own messages (package `actor`, and the activator's pair), as
/// plain structs with their codec. Type names on the wire are Protobuf full
/// names without a prefix.

namespace caf_remote::wire {

enum class terminated_reason {
  stopped = 0,
  address_terminated = 1,
  not_found = 2
};

std::string to_string(terminated_reason x);

struct watch {
  static constexpr std::string_view type_name = "actor.Watch";
  pid watcher;
};

struct unwatch {
  static constexpr std::string_view type_name = "actor.Unwatch";
  pid watcher;
};

struct terminated {
  static constexpr std::string_view type_name = "actor.Terminated";
  pid who;
  terminated_reason why = terminated_reason::stopped;
};

struct stop {
  static constexpr std::string_view type_name = "actor.Stop";
};

struct poison_pill {
  static constexpr std::string_view type_name = "actor.PoisonPill";
};

struct touch {
  static constexpr std::string_view type_name = "actor.Touch";
};

struct touched {
  static constexpr std::string_view type_name = "actor.Touched";
  pid who;
};

struct dead_letter_response {
  static constexpr std::string_view type_name = "actor.DeadLetterResponse";
  pid target; // often empty: older Go peers do not fill it in
};

struct actor_pid_request {
  static constexpr std::string_view type_name = "remote.ActorPidRequest";
  std::string name;
  std::string kind;
};

struct actor_pid_response {
  static constexpr std::string_view type_name = "remote.ActorPidResponse";
  std::optional<pid> who;
  int32_t status_code = 0;
};

/// Go's status codes of the activator (protocol fact; the newer generation's
/// .NET table differs).
enum class spawn_status : int32_t {
  ok = 0,
  unavailable = 1,
  timeout = 2,
  name_exists = 3,
  error = 4,
  dead_letter = 5,
};

/// Which of the above a type name means; `none`: an ordinary message.
enum class system_type {
  none,
  watch,
  unwatch,
  terminated,
  stop,
  poison_pill,
  touch,
  touched,
  dead_letter_response,
  actor_pid_request,
  actor_pid_response,
};

system_type classify(std::string_view type_name) noexcept;

std::string encode(const watch& x);
std::string encode(const unwatch& x);
std::string encode(const terminated& x);
std::string encode(const touched& x);
std::string encode(const dead_letter_response& x);
std::string encode(const actor_pid_request& x);
std::string encode(const actor_pid_response& x);

/// Each returns false if the bytes do not parse, or if a part is missing
/// without which the message makes no sense (Watch without watcher, Terminated
/// without who). Addresses may be empty: that means the stream's peer.
bool decode(std::string_view bytes, watch& x);
bool decode(std::string_view bytes, unwatch& x);
bool decode(std::string_view bytes, terminated& x);
bool decode(std::string_view bytes, touched& x);
bool decode(std::string_view bytes, dead_letter_response& x);
bool decode(std::string_view bytes, actor_pid_request& x);
bool decode(std::string_view bytes, actor_pid_response& x);

} // namespace caf_remote::wire
