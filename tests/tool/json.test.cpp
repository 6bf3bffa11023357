// SPDX-License-Identifier: BSD-3-Clause

#include "support/loopback_node.hpp"
#include "tool/tool_fixture.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

/// Reads one line that must be a JSON object.
Struct object(const std::string& line) {
  Struct result;
  auto status = google::protobuf::util::JsonStringToMessage(line, &result);
  CHECK_MESSAGE(status.ok(), line);
  return result;
}

Value member(const Struct& x, const std::string& name) {
  auto i = x.fields().find(name);
  CHECK_MESSAGE(i != x.fields().end(), name);
  return i != x.fields().end() ? i->second : Value{};
}

std::string text(const Struct& x, const std::string& name) {
  return member(x, name).string_value();
}

/// Runs the tool with --json; it must succeed and print one object.
Struct json_output(words xs) {
  xs.push_back("--json");
  auto out = tool_output(xs);
  CHECK_EQ(out.find('\n'), out.size() - 1);
  return object(out);
}

TEST_SUITE_BEGIN("tool.json");

TEST_CASE("every command prints one JSON object a line") {
  serve_process node;
  auto& at = node.address();
  auto pong = json_output({"ping", at});
  CHECK_EQ(text(pong, "pong"), at);
  CHECK_GE(member(pong, "milliseconds").number_value(), 0);
  CHECK_EQ(text(json_output({"ping", at, "echo"}), "id"), "echo");
  auto answer = json_output(
    {"request", at, "echo", "google.protobuf.Struct", R"({"a":[1,"x"]})"});
  CHECK_EQ(text(answer, "type"), "google.protobuf.Struct");
  CHECK_EQ(member(answer, "message").struct_value().fields().count("a"), 1);
  CHECK(member(answer, "headers").has_struct_value());
  CHECK_EQ(
    text(json_output({"send", at, "counter", "google.protobuf.Struct", "{}"}),
         "written_to"),
    at + "/counter");
  auto spawned = json_output({"spawn", at, "echo", "joe"});
  CHECK_EQ(text(spawned, "spawned"), at + "/joe");
  CHECK_EQ(text(spawned, "address"), at);
  CHECK_EQ(text(spawned, "id"), "joe");
  CHECK_EQ(text(json_output({"stop", at, "joe"}), "stopped"), at + "/joe");
  CHECK_EQ(text(json_output({"watch", at, "joe"}), "terminated"), "not_found");
  CHECK_FALSE(text(json_output({"--version"}), "version").empty());
}

TEST_CASE("errors stay text, and standard output stays empty") {
  serve_process node;
  CHECK(contains(tool_error({"ping", node.address(), "nobody", "--json"}),
                 "there is no actor of that name"));
}

TEST_CASE("the events of a serving node are JSON, too") {
  process child{tool_words({"serve", "--json"}), tool_options()};
  auto first = object(child.read_line().value_or(""));
  CHECK_EQ(text(first, "event"), "listening");
  auto address = text(first, "address");
  tool_error({"request", address, "nobody\"", "google.protobuf.Empty", "{}"});
  std::map<std::string, Struct> seen;
  while (seen.count("dead_letter") == 0
         || seen.count("endpoint_terminated") == 0) {
    auto line = child.read_line();
    REQUIRE(line);
    auto x = object(*line);
    seen.emplace(text(x, "event"), x);
  }
  CHECK_EQ(text(seen["dead_letter"], "id"), "nobody\"");
  CHECK_EQ(text(seen["dead_letter"], "type"), "google.protobuf.Empty");
  CHECK_EQ(text(seen["connected"], "member_id").size(), 22);
  CHECK_FALSE(text(seen["endpoint_terminated"], "reason").empty());
}

TEST_CASE("headers go along and are shown") {
  serve_process node;
  words xs{
    "request", node.address(), "echo",      "google.protobuf.Empty",
    "{}",      "--header",     "trace=a=b", "--header=quoted=\"\\\n\x1b"};
  auto result = tool(xs);
  CHECK_EQ(result.code, 0);
  CHECK_EQ(result.output, "google.protobuf.Empty {}\n");
  CHECK(contains(result.errors, "caf-remote: header trace=a=b\n"));
  CHECK(contains(result.errors, "caf-remote: header quoted=\"\\??\n"));
  auto headers = member(json_output(xs), "headers").struct_value();
  CHECK_EQ(text(headers, "trace"), "a=b");
  CHECK_EQ(text(headers, "quoted"), "\"\\\n\x1b");
  for (auto x : {"--header=novalue", "--header==x", "--header="}) {
    auto refused = tool(
      {"send", node.address(), "echo", "google.protobuf.Empty", "{}", x});
    CHECK_EQ(refused.code, 2);
    CHECK(contains(refused.errors, "KEY=VALUE"));
  }
}

TEST_CASE("of a header that comes twice the last counts, as for a receiver") {
  serve_process node;
  words xs{"request", node.address(), "echo",         "x",
           "{}",      "--header=a=1", "--header=b=2", "--header=a=3"};
  xs[3] = "google.protobuf.Empty";
  xs.push_back("--json");
  CHECK(contains(tool_output(xs), R"("headers":{"b":"2","a":"3"})"));
}

TEST_CASE("what cannot be printed as it is reads the same, but for bytes that "
          "are no text") {
  loopback_node node;
  REQUIRE_FALSE(node.rm().declare_type("x.\u0085"));
  auto answer = [](caf::event_based_actor*) -> caf::behavior {
    return {
      [](const raw_message&) {
        return raw_message{"x.\u0085", 0, ""};
      },
    };
  };
  REQUIRE_FALSE(
    node.rm().publish(node.sys().spawn(answer), "odd", receive_mode::raw));
  serve_process other;
  // controls, separators, directions, and what is fine
  std::string odd = "\x7f\u0085\u061c\u2028\u202e\u2066\u00e4\U0001f600";
  auto result = tool({"request", other.address(), "echo",
                      "google.protobuf.StringValue", '"' + odd + '"',
                      "--header=k=" + odd, "--json"});
  CHECK_EQ(result.errors, "");
  auto escaped = R"(\u007f\u0085\u061c\u2028\u202e\u2066)";
  CHECK(contains(result.output,
                 std::string{"\"k\":\""} + escaped + "\u00e4\U0001f600\""));
  auto all = object(result.output);
  CHECK_EQ(text(all, "message"), odd);
  CHECK_EQ(text(member(all, "headers").struct_value(), "k"), odd);
  CHECK_EQ(text(object(tool({"request", node.address(), "odd",
                             "google.protobuf.Empty", "{}", "--json"})
                         .output),
                "type"),
           "x.\u0085");
  CHECK_EQ(tool_output(
             {"request", node.address(), "odd", "google.protobuf.Empty", "{}"}),
           "x.? {\"@raw\":\"\"}\n");
}

TEST_CASE("headers beyond the bounds are refused in words") {
  serve_process node;
  CHECK(contains(
    tool_error({"send", node.address(), "echo", "google.protobuf.Empty", "{}",
                "--header=k=" + std::string(20000, 'x')}),
    "header_too_large"));
}

TEST_SUITE_END();

} // namespace
