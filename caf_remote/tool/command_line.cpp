// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/command_line.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/spelling.hpp"
#include "caf_remote/tool/duration.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/output.hpp"

#include <charconv>
#include <utility>

namespace caf_remote::tool {

namespace {

// -- values -------------------------------------------------------------------

[[noreturn]] void refuse(std::string_view what, const std::string& value,
                         const std::string& expected) {
  std::string text{what};
  throw usage_error{text + " is '" + printable(value) + "', but must be "
                    + expected};
}

uint64_t parse_number(const char* option, const std::string& value,
                      uint64_t min, uint64_t max) {
  uint64_t result = 0;
  auto end = value.data() + value.size();
  auto [pos, code] = std::from_chars(value.data(), end, result);
  if (code != std::errc{} || pos != end || result < min || result > max)
    refuse(option, value,
           "an integer from " + std::to_string(min) + " to "
             + std::to_string(max));
  return result;
}

caf::timespan parse_time(const char* option, const std::string& value,
                         bool may_be_zero) {
  auto result = parse_duration(value);
  if (!result || (result->count() < 1000000 && !may_be_zero))
    refuse(option, value,
           std::string{"a duration such as 500ms, 5s or 1m, from "}
             + (may_be_zero ? "0" : "1ms") + " to 24h");
  return *result;
}

std::string parse_host(const char* option, const std::string& value) {
  if (check_address(join_address(value, 1)))
    refuse(option, value, "a host name or an IP address, without port");
  return value;
}

std::string parse_path(const char* option, const std::string& value) {
  if (value.empty())
    refuse(option, value, "a path");
  return value;
}

std::pair<std::string, std::string> parse_header(const char* option,
                                                 const std::string& value) {
  auto sign = value.find('=');
  if (sign == std::string::npos || sign == 0)
    refuse(option, value, "KEY=VALUE with a key");
  return {value.substr(0, sign), value.substr(sign + 1)};
}

uint16_t parse_port(const char* option, const std::string& value) {
  return static_cast<uint16_t>(parse_number(option, value, 0, 65535));
}

void check_address_word(const std::string& value) {
  if (auto err = check_address(value))
    refuse("ADDRESS", value, "HOST:PORT");
}

void check_id_word(const std::string& value) {
  if (auto err = check_id(value))
    throw usage_error{"not a usable name: " + render(err)};
}

void check_command_word(const std::string& value) {
  get_command(value);
}

void accept(const std::string&) {
  // nop
}

constexpr const char* message_details =
  "TYPE is a full Protobuf name. Built in are google.protobuf.Any, Duration,\n"
  "Empty, FieldMask, ListValue, Struct, Timestamp, Value and the wrappers\n"
  "such as StringValue; --proto-file adds types. A Go process ends when it "
  "gets\n"
  "a type that it does not know, and it knows only those that its program\n"
  "imports. So before a type goes to a node that is not known to be "
  "caf_remote\n"
  "and has not sent that type itself, there is a question on a terminal, and\n"
  "elsewhere a warning; --yes does without.\n"
  "\n"
  "JSON is Protobuf's JSON, such as '\"hello\"' for "
  "google.protobuf.StringValue\n"
  "and '{}' for google.protobuf.Empty. A dash means standard input, of which\n"
  "32 MiB are accepted.";

} // namespace

const std::vector<option>& options_table() {
  static const std::vector<option> result{
    {"--host", "HOST", scope::all, "bind to this interface",
     [](arguments& to, const char* name, const std::string& value) {
       to.host = parse_host(name, value);
     }},
    {"--port", "PORT", scope::all, "bind to this port; 0, the default: any",
     [](arguments& to, const char* name, const std::string& value) {
       to.port = parse_port(name, value);
     }},
    {"--advertised-host", "HOST", scope::all,
     "what peers dial, if it is not the bound host",
     [](arguments& to, const char* name, const std::string& value) {
       to.advertised_host = parse_host(name, value);
     }},
    {"--advertised-port", "PORT", scope::all,
     "what peers dial, if it is not the bound port",
     [](arguments& to, const char* name, const std::string& value) {
       to.advertised_port = parse_port(name, value);
     }},
    {"--max-retry-count", "N", scope::all,
     "attempts to connect, the first included; default 2",
     [](arguments& to, const char* name, const std::string& value) {
       to.max_retry_count = parse_number(name, value, 1, 1000000);
     }},
    {"--retry-wait", "TIME", scope::all,
     "from a failed attempt to the next; default 1s",
     [](arguments& to, const char* name, const std::string& value) {
       to.retry_wait = parse_time(name, value, true);
     }},
    {"--timeout", "TIME", scope::client,
     "limit, the end included; default 5s, for watch none",
     [](arguments& to, const char* name, const std::string& value) {
       to.timeout = parse_time(name, value, false);
     }},
    {"--proto-file", "FILE", scope::json,
     "a file with message types; may be repeated",
     [](arguments& to, const char* name, const std::string& value) {
       to.proto_files.push_back(parse_path(name, value));
     }},
    {"--proto-path", "DIR", scope::json,
     "where imports are; default: the files' folders",
     [](arguments& to, const char* name, const std::string& value) {
       to.proto_paths.push_back(parse_path(name, value));
     }},
    {"--header", "KEY=VALUE", scope::json,
     "goes along with the message; may be repeated",
     [](arguments& to, const char* name, const std::string& value) {
       to.headers.push_back(parse_header(name, value));
     }},
    {"--yes", nullptr, scope::json,
     "the other side knows the type: no question, no warning",
     [](arguments& to, const char*, const std::string&) { to.yes = true; }},
    {"--json", nullptr, scope::all,
     "print JSON, one object a line; help stays text",
     [](arguments& to, const char*, const std::string&) { to.as_json = true; }},
    {"--verbose", nullptr, scope::client, "log to standard error",
     [](arguments& to, const char*, const std::string&) { to.verbose = true; }},
    {"--help", nullptr, scope::all, "print this page",
     [](arguments& to, const char*, const std::string&) { to.help = true; }},
    {"--version", nullptr, scope::all, "print the version",
     [](arguments& to, const char*, const std::string&) { to.version = true; }},
  };
  return result;
}

const std::vector<command>& commands_table() {
  static const positional address{"ADDRESS", &arguments::address,
                                  check_address_word};
  static const positional id{"ID", &arguments::id, check_id_word};
  static const positional optional_id{"ID", &arguments::id, check_id_word,
                                      true};
  static const positional kind{"KIND", &arguments::kind, check_id_word};
  static const positional name{"NAME", &arguments::name, check_id_word, true};
  static const positional type{"TYPE", &arguments::type, accept};
  static const positional json{"JSON", &arguments::json, accept};
  static const positional topic{"COMMAND", &arguments::name, check_command_word,
                                true};
  static const std::vector<command> result{
    {"serve",
     scope::all,
     {},
     "Run a node until SIGTERM or SIGINT. Prints `listening on ADDRESS`, then\n"
     "events. It has the actors `echo`, which sends every message back, and\n"
     "`counter`, which counts messages and answers google.protobuf.Empty with\n"
     "google.protobuf.UInt64Value, and takes spawn requests for both kinds."},
    {"ping",
     scope::client,
     {address, optional_id},
     "Ask the node, or an actor on it, for a sign of life."},
    {"request",
     scope::json,
     {address, id, type, json},
     "Send a message and print the answer: its type and its JSON. What\n"
     "cannot be JSON, such as an unknown type, is `{\"@raw\":\"BASE64\"}`, "
     "and\n"
     "the reason is told on standard error, as are headers.",
     message_details},
    {"send",
     scope::json,
     {address, id, type, json},
     "Send a message without waiting for an answer. It has been written to "
     "the\n"
     "node when the command ends.",
     message_details},
    {"spawn",
     scope::client,
     {address, kind, name},
     "Spawn an actor on the node and print ADDRESS/ID."},
    {"watch",
     scope::client,
     {address, id},
     "Wait for the end of an actor and print `terminated stopped`, "
     "`terminated\n"
     "not_found` or `terminated address_terminated`.",
     "The last one means that the node is gone. A node that was never reached\n"
     "counts as gone, too, and is named on standard error; the exit code is "
     "0."},
    {"stop",
     scope::client,
     {address, id},
     "Stop an actor and wait for its end."},
    {"help", scope::all, {topic}, "Print this page, or that of a command."},
  };
  return result;
}

const command* find_command(std::string_view name) {
  for (auto& x : commands_table())
    if (x.name == name)
      return &x;
  return nullptr;
}

const command& get_command(const std::string& name) {
  if (auto result = find_command(name))
    return *result;
  std::vector<std::string_view> known;
  for (auto& x : commands_table())
    known.push_back(x.name);
  throw usage_error{"unknown command '" + printable(name) + "'"
                    + suggestion(name, known)};
}

std::string suggestion(const std::string& word,
                       const std::vector<std::string_view>& known) {
  auto near = nearest_name(word, known);
  return near.empty() ? "" : ", did you mean " + std::string{near} + "?";
}

bool takes(const command& cmd, const option& opt) {
  return static_cast<int>(opt.where) <= static_cast<int>(cmd.takes);
}

std::string synopsis(const command& cmd) {
  std::string result = cmd.name;
  for (auto& x : cmd.words)
    result += x.optional ? std::string{" ["} + x.name + "]"
                         : std::string{" "} + x.name;
  return result;
}

} // namespace caf_remote::tool
