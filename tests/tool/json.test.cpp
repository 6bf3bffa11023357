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

TEST_CASE("headers beyond the bounds are refused in words") {
  serve_process node;
  CHECK(contains(
    tool_error({"send", node.address(), "echo", "google.protobuf.Empty", "{}",
                "--header=k=" + std::string(20000, 'x')}),
    "header_too_large"));
}

TEST_SUITE_END();

} // namespace
