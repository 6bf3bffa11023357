// SPDX-License-Identifier: BSD-3-Clause

// What surrounds the tool: the man page and the completion for bash.

#include "tool/tool_fixture.hpp"

#include <doctest/doctest.h>
#include <re2/re2.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace caf_remote::test;

namespace {

using strings = std::set<std::string>;

std::string path_of(const std::string& name) {
  return std::string{CAF_REMOTE_TESTS_DIR} + "/../caf_remote/tool/" + name;
}

std::string content_of(const std::string& name) {
  std::ifstream in{path_of(name)};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What the first group of an expression matches, anywhere; `^` and `$` are the
/// ends of lines.
strings all_of(const std::string& text, const std::string& regex) {
  strings result;
  RE2 what{"(?m)" + regex};
  REQUIRE(what.ok());
  re2::StringPiece found[2];
  size_t pos = 0;
  while (what.Match(text, pos, text.size(), RE2::UNANCHORED, found, 2)) {
    result.insert(found[1].as_string());
    pos = static_cast<size_t>(found[0].data() - text.data()) + found[0].size();
  }
  return result;
}

strings options_in_help(const std::string& command = "") {
  return all_of(command.empty() ? tool_output({"help"})
                                : tool_output({"help", command}),
                "^  (--[a-z-]+(?:=[A-Z=]+)?) ");
}

/// The commands with their words.
strings commands_in_help() {
  auto page = tool_output({"help"});
  return all_of(page.substr(0, page.find("Options")), "^  ([a-z][^\\n]*)$");
}

strings names_of(const strings& xs) {
  strings result;
  for (auto& x : xs)
    result.insert(x.substr(0, x.find_first_of(" =")));
  return result;
}

/// What bash suggests for the last of `line`, a list of words.
strings completions(const std::string& line) {
  auto program = tool_words({})[0];
  auto script = "source '" + path_of("caf-remote.bash")
                + "'; COMP_WORDS=(caf-remote " + line
                + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _caf_remote '"
                + program
                + "' \"${COMP_WORDS[COMP_CWORD]}\" "
                  "\"${COMP_WORDS[COMP_CWORD - 1]}\"; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"";
  auto result = run({"bash", "--norc", "-c", script}, tool_options());
  CHECK_EQ(result.errors, "");
  return all_of(result.output, "^([^\\n]+)$");
}

TEST_SUITE_BEGIN("tool.shell");

TEST_CASE("the man page has each command and each option, and no others") {
  auto page = content_of("caf-remote.1");
  RE2::GlobalReplace(&page, R"(\\-)", "-");
  CHECK_EQ(all_of(page, "^\\.TP\\n\\.B (--[a-z-]+(?:=[A-Z=]+)?)$"),
           options_in_help());
  auto begin = page.find(".SH COMMANDS");
  auto commands = page.substr(begin, page.find(".SH OPTIONS") - begin);
  CHECK_EQ(all_of(commands, "^\\.TP\\n\\.B ([a-z][^\\n]*)$"),
           commands_in_help());
}

TEST_CASE("bash completes commands, and the options that a command takes") {
  CHECK_EQ(completions("''"), names_of(commands_in_help()));
  CHECK_EQ(completions("sp"), strings{"spawn"});
  CHECK_EQ(completions("help w"), strings{"watch"});
  CHECK_EQ(completions("--"), names_of(options_in_help()));
  for (auto& command : names_of(commands_in_help()))
    CHECK_EQ(completions(command + " --"), names_of(options_in_help(command)));
  CHECK_EQ(completions("send --head"), strings{"--header"});
  CHECK(completions("serve --head").empty());
}

TEST_CASE("bash looks for the command behind options with values") {
  CHECK_EQ(completions("--timeout = 5s pi"), strings{"ping"});
  CHECK_EQ(completions("--timeout 5s pi"), strings{"ping"});
  CHECK_EQ(completions("--json pi"), strings{"ping"});
  CHECK_EQ(completions("--host = : 1 --timeout 5s pi"), strings{"ping"});
  CHECK_EQ(completions("--host '::' 1 pi"), strings{"ping"});
  CHECK_EQ(completions("--header k = v = w requ"), strings{"request"});
  CHECK_EQ(completions("--timeout 5s help w"), strings{"watch"});
  CHECK_EQ(completions("--timeout = 5s ping 1.2.3.4 : 1 --head"), strings{});
  CHECK_EQ(completions("--timeout 5s send --head"), strings{"--header"});
  // inside a value
  CHECK_EQ(completions("--header k = pi"), strings{});
  CHECK_EQ(completions("--header = k = pi"), strings{});
  CHECK_EQ(completions("--timeout ="), strings{});
  CHECK_EQ(completions("--timeout pi"), strings{});
}

TEST_CASE("bash completes files and folders, and nothing for other values") {
  auto folder = std::string{CAF_REMOTE_TESTS_DIR} + "/tool";
  CHECK_EQ(completions("send --proto-file " + folder + "/shell"),
           strings{folder + "/shell.test.cpp"});
  CHECK_EQ(completions("send --proto-file = " + folder + "/shell"),
           strings{folder + "/shell.test.cpp"});
  CHECK_EQ(
    completions("send --proto-path " + folder.substr(0, folder.size() - 1)),
    strings{folder});
  CHECK_EQ(completions("--proto-path " + folder.substr(0, folder.size() - 1)),
           strings{folder});
  CHECK(completions("ping --timeout ''").empty());
}

TEST_SUITE_END();

} // namespace
