// SPDX-License-Identifier: BSD-3-Clause

#include "tool/tool_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace caf_remote::test;

namespace {

/// Runs the tool, which must refuse its command line, and returns what it says.
std::string refusal(const words& xs) {
  auto result = tool(xs);
  CHECK_EQ(result.code, 2);
  CHECK_EQ(result.output, "");
  auto& text = result.errors;
  CHECK_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  CHECK_EQ(text.compare(0, 12, "caf-remote: "), 0);
  CHECK(contains(text, "--help"));
  return text;
}

void check_width(const std::string& page) {
  for (size_t pos = 0; pos < page.size();) {
    auto end = page.find('\n', pos);
    CHECK_LE(end - pos, 80);
    pos = end + 1;
  }
}

} // namespace

TEST_SUITE_BEGIN("tool.arguments");

TEST_CASE("wrong command lines are refused with one line and exit code 2") {
  const std::vector<words> table{
    {},
    {"pong"},
    {"ping"},
    {"ping", "localhost"},
    {"ping", "localhost:0"},
    {"ping", "localhost:65536"},
    {"ping", "localhost:1", "echo", "surplus"},
    {"ping", "localhost:1", "--header=k=v"},
    {"ping", "localhost:1", "--json=yes"},
    {"ping", "localhost:1", "--unknown"},
    {"ping", "localhost:1", "-x"},
    {"ping", "localhost:1", "--port"},
    {"ping", "localhost:1", "--port=x"},
    {"ping", "localhost:1", "--port=65536"},
    {"ping", "localhost:1", "--port=-1"},
    {"ping", "localhost:1", "--port="},
    {"ping", "localhost:1", "--host=a:1"},
    {"ping", "localhost:1", "--host="},
    {"ping", "localhost:1", "--advertised-host=0.0.0.0"},
    {"ping", "localhost:1", "--advertised-port=1e3"},
    {"ping", "localhost:1", "--max-retry-count=0"},
    {"ping", "localhost:1", "--max-retry-count=many"},
    {"ping", "localhost:1", "--retry-wait=soon"},
    {"ping", "localhost:1", "--timeout=0"},
    {"ping", "localhost:1", "--timeout=5x"},
    {"ping", "localhost:1", "--timeout=1.2.3"},
    {"ping", "localhost:1", "--timeout=-1s"},
    {"ping", "localhost:1", "--timeout=1000000h"},
    {"ping", "localhost:1", "--timeout"},
    {"ping", "localhost:1", "--verbose=yes"},
    {"ping", "localhost:1", "--proto-file=x.proto"},
    {"serve", "surplus"},
    {"serve", "--timeout=5s"},
    {"serve", "--host=0.0.0.0"},
    {"request", "localhost:1", "echo", "google.protobuf.Empty"},
    {"request", "localhost:1", "", "google.protobuf.Empty", "{}"},
    {"request", "localhost:1", "x", "google.protobuf.Empty", "{}",
     "--proto-path=/nonexistent"},
    {"send", "localhost:1", "x", "google.protobuf.Empty", "{}",
     "--proto-path=/"},
    {"send", "localhost:1", "a\nb", "google.protobuf.Empty", "{}"},
    {"spawn", "localhost:1"},
    {"spawn", "localhost:1", "echo", ""},
    {"watch", "localhost:1"},
    {"stop", "localhost:1"},
  };
  for (auto& xs : table) {
    std::string line;
    for (auto& x : xs)
      line += x + ' ';
    INFO(line);
    refusal(xs);
  }
}

TEST_CASE("misspelt words get a suggestion") {
  CHECK(contains(refusal({"reqest"}), "did you mean request?"));
  CHECK(contains(refusal({"ping", "--timout=1s"}), "did you mean --timeout?"));
}

TEST_CASE("a type without its package gets a suggestion") {
  auto text = [](const std::string& type) {
    return refusal({"send", "localhost:1", "x", type, "{}"});
  };
  CHECK(
    contains(text("StringValue"), "did you mean google.protobuf.StringValue?"));
  CHECK(contains(text("google.protobuf.Emtpy"),
                 "did you mean google.protobuf.Empty?"));
  CHECK_FALSE(contains(text("my.own.Message"), "did you mean"));
}

TEST_CASE("help is for commands that there are") {
  CHECK(contains(refusal({"help", "frob"}), "unknown command 'frob'"));
  CHECK(contains(refusal({"help", "reqest"}), "did you mean request?"));
  CHECK(contains(refusal({"frob", "--help"}), "unknown command 'frob'"));
}

TEST_CASE("words that begin with a dash need a hint") {
  auto text = refusal({"send", "localhost:1", "x", "y", "-.5"});
  CHECK(contains(text, "unknown option -.5; write -- before"));
  CHECK(contains(tool_output({"help", "send"}), "but after --"));
}

TEST_CASE("the bounds of durations are told") {
  CHECK(contains(refusal({"ping", "localhost:1", "--timeout=25h"}),
                 "from 1ms to 24h"));
  CHECK(contains(refusal({"ping", "localhost:1", "--retry-wait=25h"}),
                 "from 0 to 24h"));
}

TEST_CASE("what is not UTF-8 is not printed") {
  CHECK(
    contains(refusal({"ping", "h\xff\xfe\xe2\x82:1"}), "ADDRESS is 'h????:1'"));
  CHECK(contains(refusal({"ping", "h\xc2\x85\xc0\xaf\xed\xa0\x80:1"}),
                 "ADDRESS is 'h??????:1'"));
  CHECK(contains(refusal({"ping", "\u00fc\u20ac\U0001f600"}),
                 "ADDRESS is '\u00fc\u20ac\U0001f600'"));
}

TEST_CASE("what is missing or too much is named") {
  CHECK(contains(refusal({"watch", "localhost:1"}), "ID"));
  CHECK(
    contains(refusal({"ping", "localhost:1", "echo", "surplus"}), "surplus"));
  CHECK(contains(refusal({"ping", "localhost:1", "--port=x"}), "--port"));
}

TEST_CASE("the help page names everything") {
  for (auto& xs : {words{"--help"}, words{"-h"}, words{"help"},
                   words{"--help", "--port=1"}}) {
    auto page = tool_output(xs);
    for (auto x : {"serve",
                   "ping",
                   "request",
                   "send",
                   "spawn",
                   "watch",
                   "stop",
                   "--host",
                   "--port",
                   "--advertised-host",
                   "--advertised-port",
                   "--max-retry-count",
                   "--retry-wait",
                   "--timeout",
                   "--proto-file",
                   "--proto-path",
                   "--header",
                   "--yes",
                   "--json",
                   "--verbose",
                   "--version"})
      CHECK_MESSAGE(contains(page, x), x);
    check_width(page);
  }
}

TEST_CASE("each command has its own help page") {
  for (auto x :
       {"serve", "ping", "request", "send", "spawn", "watch", "stop"}) {
    auto page = tool_output({x, "--help"});
    check_width(page);
    CHECK_EQ(page, tool_output({"help", x}));
    CHECK(contains(page, std::string{"Usage: caf-remote "} + x));
  }
}

TEST_CASE("help stays text with --json") {
  for (auto& xs : {words{"--help"}, words{"help"}, words{"ping", "--help"},
                   words{"help", "ping"}}) {
    auto with_json = xs;
    with_json.push_back("--json");
    CHECK_EQ(tool_output(with_json), tool_output(xs));
  }
  CHECK(contains(tool_output({"help"}), "print JSON, one object a line; help "
                                        "stays text"));
}

TEST_CASE("the pages of what sends messages warn about unknown types") {
  for (auto& xs :
       {words{"help"}, words{"help", "send"}, words{"help", "request"}})
    CHECK(contains(tool_output(xs), "Go process ends"));
}

TEST_CASE("the version is printed") {
  auto line = tool_output({"--version"});
  CHECK_EQ(line.compare(0, 11, "caf-remote "), 0);
}

TEST_CASE("options may stand anywhere and have two forms") {
  serve_process node;
  auto& to = node.address();
  for (auto& xs : {words{"ping", to, "--timeout=20s"},
                   words{"ping", to, "--timeout", "20s"},
                   words{"--timeout", "20", "ping", to},
                   words{"--timeout=20", "ping", "--port", "0", to},
                   words{"ping", "--retry-wait=100ms", "--", to}})
    CHECK(contains(tool_output(xs), "pong"));
}

TEST_CASE("JSON may begin with a dash") {
  serve_process node;
  CHECK_EQ(tool_output({"request", node.address(), "echo",
                        "google.protobuf.Int32Value", "-5"}),
           "google.protobuf.Int32Value -5\n");
}

TEST_SUITE_END();
