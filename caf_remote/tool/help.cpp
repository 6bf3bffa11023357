// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/help.hpp"

#include "caf_remote/tool/command_line.hpp"

#include <algorithm>
#include <string_view>

namespace caf_remote::tool {

namespace {

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
    result = "\nOptions, anywhere but after --, as --NAME=VALUE or --NAME "
             "VALUE:\n";
  for (auto& x : options_table()) {
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
  "built in. The other side must know it: a Go process ends when it gets a "
  "type\n"
  "that it does not know. JSON is Protobuf's JSON, such as '\"hello\"' for\n"
  "google.protobuf.StringValue and '{}' for google.protobuf.Empty; - means\n"
  "standard input.\n"
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

std::string help_page(const std::string& name) {
  std::string result = "Usage: caf-remote COMMAND [OPTIONS]\n";
  auto cmd = find_command(name);
  if (cmd != nullptr) {
    result = "Usage: caf-remote " + synopsis(*cmd) + " [OPTIONS]\n\n";
    result += indented(cmd->doc, "");
    if (*cmd->details != '\0')
      result += '\n' + indented(cmd->details, "");
    return result + describe_options(cmd);
  }
  result += "Talks to nodes that speak Proto.Actor's remote protocol.\n";
  result += "\nCommands:\n";
  for (auto& x : commands_table())
    result += "  " + synopsis(x) + "\n" + indented(x.doc, "      ");
  return result + describe_options(nullptr) + notes + example;
}

} // namespace caf_remote::tool
