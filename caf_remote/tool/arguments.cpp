// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/arguments.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/spelling.hpp"
#include "caf_remote/tool/duration.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/output.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace caf_remote::tool {

namespace {

// -- values -------------------------------------------------------------------

[[noreturn]] void refuse(std::string_view what, const std::string& value,
                         const std::string& expected) {
  std::string text{what};
  throw usage_error{text + " is '" + value + "', but must be " + expected};
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
           std::string{"a duration such as 500ms, 5s or 1m"}
             + (may_be_zero ? "" : ", not below 1ms"));
  return *result;
}

std::string parse_host(const char* option, const std::string& value) {
  if (check_address(join_address(value, 1)))
    refuse(option, value, "a host name or an IP address, without port");
  return value;
}

uint16_t parse_port(const char* option, const std::string& value) {
  return static_cast<uint16_t>(parse_number(option, value, 0, 65535));
}

// -- options ------------------------------------------------------------------

/// Which commands take an option.
enum class scope { all, client, json };

struct option {
  const char* name;
  /// Null: the option takes no value.
  const char* value;
  scope where;
  const char* doc;
  void (*set)(arguments& to, const char* name, const std::string& value);
};

const option options_table[] = {
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
   "limit for the command; default 5s, for watch none",
   [](arguments& to, const char* name, const std::string& value) {
     to.timeout = parse_time(name, value, false);
   }},
  {"--proto-file", "FILE", scope::json,
   "a file with message types; may be repeated",
   [](arguments& to, const char*, const std::string& value) {
     to.proto_files.push_back(value);
   }},
  {"--proto-path", "DIR", scope::json,
   "where imports are; default: the files' folders",
   [](arguments& to, const char*, const std::string& value) {
     to.proto_paths.push_back(value);
   }},
  {"--verbose", nullptr, scope::client, "log to standard error",
   [](arguments& to, const char*, const std::string&) { to.verbose = true; }},
  {"--help", nullptr, scope::all, "print this page",
   [](arguments& to, const char*, const std::string&) { to.help = true; }},
  {"--version", nullptr, scope::all, "print the version",
   [](arguments& to, const char*, const std::string&) { to.version = true; }},
};

// -- commands -----------------------------------------------------------------

void check_address_word(const std::string& value) {
  if (auto err = check_address(value))
    refuse("ADDRESS", printable(value), "HOST:PORT");
}

void check_id_word(const std::string& value) {
  if (auto err = check_id(value))
    throw usage_error{"not a usable name: " + render(err)};
}

void accept(const std::string&) {
  // nop
}

struct positional {
  const char* name;
  std::string arguments::*member;
  void (*check)(const std::string&);
  bool optional = false;
};

struct command {
  const char* name;
  scope takes;
  std::vector<positional> words;
  const char* doc;
};

const std::vector<command>& commands_table() {
  static const positional address{"ADDRESS", &arguments::address,
                                  check_address_word};
  static const positional id{"ID", &arguments::id, check_id_word};
  static const positional kind{"KIND", &arguments::kind, check_id_word};
  static const positional name{"NAME", &arguments::name, check_id_word, true};
  static const positional type{"TYPE", &arguments::type, accept};
  static const positional json{"JSON", &arguments::json, accept};
  static const positional topic{"COMMAND", &arguments::name, accept, true};
  static const std::vector<command> result{
    {"serve",
     scope::all,
     {},
     "Run a node until SIGTERM or SIGINT. Prints `listening on ADDRESS`, then\n"
     "events. It has the actors `echo`, which sends every message back, and\n"
     "`counter`, which counts messages and answers google.protobuf.Empty with\n"
     "google.protobuf.UInt64Value, and takes spawn requests for both kinds."},
    {"ping", scope::client, {address}, "Ask the node for a sign of life."},
    {"request",
     scope::json,
     {address, id, type, json},
     "Send a message and print the answer: its type and its JSON."},
    {"send",
     scope::json,
     {address, id, type, json},
     "Send a message without waiting for an answer. It has been written to "
     "the\n"
     "node when the command ends."},
    {"spawn",
     scope::client,
     {address, kind, name},
     "Spawn an actor on the node and print ADDRESS/ID."},
    {"watch",
     scope::client,
     {address, id},
     "Wait for the end of an actor and print `terminated stopped`, "
     "`terminated\n"
     "not_found` or `terminated address_terminated`."},
    {"stop", scope::client, {address, id}, "Stop an actor."},
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

// -- parsing ------------------------------------------------------------------

std::string suggestion(const std::string& word,
                       const std::vector<std::string_view>& known) {
  auto near = nearest_name(word, known);
  return near.empty() ? "" : ", did you mean " + std::string{near} + "?";
}

const option& find_option(const std::string& word) {
  if (word == "-h")
    return find_option("--help");
  std::vector<std::string_view> known;
  for (auto& x : options_table) {
    if (x.name == word)
      return x;
    known.push_back(x.name);
  }
  throw usage_error{"unknown option " + printable(word)
                    + suggestion(word, known)};
}

/// Tells options from negative numbers, which are JSON.
bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

class parser {
public:
  explicit parser(const std::vector<std::string>& words) : words_(words) {
    // nop
  }

  arguments parse() {
    while (pos_ < words_.size())
      next();
    if (result_.help || result_.version) {
      // whatever else is there
      result_.command = positionals_.empty() ? "" : positionals_.front();
      return std::move(result_);
    }
    assign_positionals();
    return std::move(result_);
  }

private:
  void next() {
    auto& word = words_[pos_++];
    if (only_positionals_ || !is_option(word))
      positionals_.push_back(word);
    else if (word == "--")
      only_positionals_ = true;
    else
      read_option(word);
  }

  void read_option(const std::string& word) {
    auto sign = word.find('=');
    auto& opt = find_option(word.substr(0, sign));
    std::string value;
    if (sign != std::string::npos)
      value = word.substr(sign + 1);
    if (opt.value == nullptr && sign != std::string::npos)
      throw usage_error{std::string{opt.name} + " takes no value"};
    if (opt.value != nullptr && sign == std::string::npos) {
      if (pos_ == words_.size())
        throw usage_error{std::string{opt.name} + " needs a value"};
      value = words_[pos_++];
    }
    opt.set(result_, opt.name, value);
    given_.push_back(&opt);
  }

  void assign_positionals() {
    if (positionals_.empty())
      throw usage_error{"no command given"};
    result_.command = positionals_.front();
    auto cmd = find_command(result_.command);
    if (cmd == nullptr)
      throw usage_error{"unknown command '" + printable(result_.command) + "'"
                        + suggest_command(result_.command)};
    for (auto opt : given_)
      if (!takes(*cmd, *opt))
        throw usage_error{std::string{cmd->name} + " does not take "
                          + opt->name};
    size_t i = 1;
    for (auto& word : cmd->words) {
      if (i == positionals_.size()) {
        if (word.optional)
          break;
        throw usage_error{std::string{word.name}
                          + " is missing: " + synopsis(*cmd)};
      }
      word.check(positionals_[i]);
      result_.*word.member = positionals_[i++];
    }
    if (i < positionals_.size())
      throw usage_error{"'" + printable(positionals_[i])
                        + "' is too much: " + synopsis(*cmd)};
  }

  static std::string suggest_command(const std::string& word) {
    std::vector<std::string_view> known;
    for (auto& x : commands_table())
      known.push_back(x.name);
    return suggestion(word, known);
  }

  const std::vector<std::string>& words_;
  size_t pos_ = 0;
  bool only_positionals_ = false;
  std::vector<std::string> positionals_;
  std::vector<const option*> given_;
  arguments result_;
};

// -- help ---------------------------------------------------------------------

std::string padded(std::string str, size_t width) {
  str.resize(std::max(str.size() + 2, width), ' ');
  return str;
}

std::string indented(std::string_view text, const std::string& indent) {
  std::string result = indent;
  for (auto c : text) {
    result += c;
    if (c == '\n')
      result += indent;
  }
  return result + "\n";
}

std::string describe_options(const command* cmd) {
  std::string
    result = "\nOptions, anywhere, as --NAME=VALUE or --NAME VALUE:\n";
  for (auto& x : options_table) {
    if (cmd != nullptr && !takes(*cmd, x))
      continue;
    std::string name = x.name;
    if (x.value != nullptr)
      name += std::string{"="} + x.value;
    result += padded("  " + name, 26) + x.doc + "\n";
  }
  return result;
}

constexpr const char* notes =
  "\nADDRESS is HOST:PORT. TIME is a number with ms, s, m or h; without, it\n"
  "means seconds. TYPE is a full Protobuf name; Google's well-known types are\n"
  "built in. JSON is Protobuf's JSON, such as '\"hello\"' for\n"
  "google.protobuf.StringValue and '{}' for google.protobuf.Empty.\n"
  "\n"
  "Commands other than serve bind and advertise the local address that the\n"
  "kernel uses to reach ADDRESS, unless --host says otherwise: a peer answers\n"
  "over a connection that it opens to us.\n"
  "\n"
  "Exit codes: 0 done, 1 failed, 2 wrong command line.\n";

constexpr const char* example = "\nExample:\n"
                                "  caf-remote serve --port=8080 &\n"
                                "  caf-remote request 127.0.0.1:8080 echo "
                                "google.protobuf.StringValue "
                                "'\"hello\"'\n";

} // namespace

arguments parse_arguments(const std::vector<std::string>& words) {
  return parser{words}.parse();
}

std::string help_page(const std::string& name) {
  std::string result = "Usage: caf-remote COMMAND [OPTIONS]\n";
  auto cmd = find_command(name);
  if (cmd != nullptr) {
    result = "Usage: caf-remote " + synopsis(*cmd) + " [OPTIONS]\n\n";
    return result + indented(cmd->doc, "") + describe_options(cmd);
  }
  result += "Talks to nodes that speak Proto.Actor's remote protocol.\n";
  result += "\nCommands:\n";
  for (auto& x : commands_table())
    result += "  " + synopsis(x) + "\n" + indented(x.doc, "      ");
  return result + describe_options(nullptr) + notes + example;
}

} // namespace caf_remote::tool
