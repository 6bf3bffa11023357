// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tool/arguments.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace caf_remote::tool {

// What the command line may consist of.

/// Which commands take an option.
enum class scope { all, client, json };

/// An option of the command line.
struct option {
  const char* name;
  /// Null: the option takes no value.
  const char* value;
  scope where;
  const char* doc;
  void (*set)(arguments& to, const char* name, const std::string& value);
};

/// A word of the command line that is neither the command nor an option.
struct positional {
  const char* name;
  std::string arguments::*member;
  void (*check)(const std::string&);
  bool optional = false;
};

/// A command with all its words.
struct command {
  const char* name;
  scope takes;
  std::vector<positional> words;
  const char* doc;
  /// More, for the command's own page.
  const char* details = "";
};

const std::vector<option>& options_table();

const std::vector<command>& commands_table();

/// Null if there is no such command.
const command* find_command(std::string_view name);

/// Throws `usage_error` if there is no such command.
const command& get_command(const std::string& name);

/// ", did you mean ...?" with the name that is most like `word`; empty if none
/// is.
std::string suggestion(const std::string& word,
                       const std::vector<std::string_view>& known);

bool takes(const command& cmd, const option& opt);

/// The command with its words, as in "stop ADDRESS ID".
std::string synopsis(const command& cmd);

} // namespace caf_remote::tool
