// SPDX-License-Identifier: BSD-3-Clause

#include "support/eventually.hpp"
#include "support/loopback_node.hpp"
#include "support/temporary_folder.hpp"
#include "tool/tool_fixture.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

words request(const std::string& address, const std::string& id,
              const std::string& type, const std::string& json) {
  return {"request", address, id, "google.protobuf." + type, json};
}

/// What `counter` says on the node at `address`, as JSON.
std::string count_at(const std::string& address) {
  return tool_output(request(address, "counter", "Empty", "{}"));
}

std::string count_line(const std::string& n) {
  return "google.protobuf.UInt64Value \"" + n + "\"\n";
}

/// Removes the line end.
std::string line(std::string str) {
  REQUIRE_FALSE(str.empty());
  REQUIRE_EQ(str.back(), '\n');
  str.pop_back();
  return str;
}

} // namespace

TEST_SUITE_BEGIN("tool.commands");

TEST_CASE("ping prints the node's own address and the time") {
  serve_process node;
  auto out = line(tool_output({"ping", node.address()}));
  auto begin = "pong from " + node.address() + " in ";
  REQUIRE_EQ(out.compare(0, begin.size(), begin), 0);
  auto time = out.substr(begin.size());
  CHECK_EQ(time.find_first_not_of("0123456789."), time.size() - 3);
  CHECK_EQ(time.substr(time.size() - 3), " ms");
}

TEST_CASE("names and other spellings of the address work") {
  serve_process node{{"--host=localhost"}};
  auto port = std::to_string(node.port());
  CHECK(contains(tool_output({"ping", "localhost:" + port}), "pong"));
  CHECK(contains(tool_output({"ping", node.address()}), "pong"));
}

TEST_CASE("IPv6 works") {
  serve_process node{{"--host=::1"}};
  CHECK_EQ(node.address().compare(0, 6, "[::1]:"), 0);
  CHECK_EQ(
    tool_output(request(node.address(), "echo", "StringValue", "\"six\"")),
    "google.protobuf.StringValue \"six\"\n");
}

TEST_CASE("request prints type and JSON on one line, for all known types") {
  serve_process node;
  const std::vector<std::pair<std::string, std::string>> table{
    {"StringValue", R"("two\nlines, \"quoted\" äöü")"},
    {"Empty", "{}"},
    {"BoolValue", "true"},
    {"BytesValue", R"("AAECgP8=")"},
    {"DoubleValue", "1.5"},
    {"FloatValue", "-2.5"},
    {"Int32Value", "-7"},
    {"Int64Value", R"("-9007199254740993")"},
    {"UInt32Value", "4294967295"},
    {"UInt64Value", R"("18446744073709551615")"},
    {"Timestamp", R"("2001-02-03T04:05:06Z")"},
    {"Duration", R"("1.500s")"},
    {"FieldMask", R"("a,b.cD")"},
    {"Struct", R"({"a":[1,null,{"b":"c"}]})"},
    {"ListValue", R"([1,"x",false])"},
    {"Value", "null"},
    {"Any", R"({"@type":"type.googleapis.com/google.protobuf.StringValue",)"
            R"("value":"x"})"},
  };
  for (auto& [type, json] : table)
    CHECK_EQ(tool_output(request(node.address(), "echo", type, json)),
             "google.protobuf." + type + " " + json + "\n");
}

TEST_CASE("types from files are known, imports included") {
  serve_process node;
  auto file = std::string{CAF_REMOTE_TESTS_DIR} + "/proto/test_messages.proto";
  auto json = R"({"pings":[{"text":"a","number":"5"}],"name":"b"})";
  words xs{"request", node.address(), "echo", "caf_remote.test.Nested", json};
  auto with = [&xs](words more) {
    more.insert(more.begin(), xs.begin(), xs.end());
    return more;
  };
  auto expected = "caf_remote.test.Nested " + std::string{json} + "\n";
  CHECK_EQ(tool_output(with({"--proto-file=" + file})), expected);
  CHECK_EQ(
    tool_output(with({"--proto-file", "test_messages.proto", "--proto-path",
                      std::string{CAF_REMOTE_TESTS_DIR} + "/proto"})),
    expected);
}

TEST_CASE("files may import types of Google's that are not built in") {
  serve_process node;
  temporary_folder here;
  here.write("x.proto", "syntax = \"proto3\";\n"
                        "package x;\n"
                        "import \"google/protobuf/api.proto\";\n"
                        "message X { google.protobuf.Api api = 1; }\n");
  auto file = "--proto-file=" + here.path_of("x.proto");
  CHECK_EQ(tool_output({"request", node.address(), "echo", "x.X",
                        R"({"api":{"name":"a"}})", file}),
           "x.X {\"api\":{\"name\":\"a\"}}\n");
}

TEST_CASE("an answer of an unknown type is printed in base64") {
  loopback_node node;
  REQUIRE_FALSE(node.rm().declare_type("x.Unknown"));
  auto answer = [](caf::event_based_actor*) -> caf::behavior {
    return {
      [](const raw_message&) {
        return raw_message{"x.Unknown", 0, "\x01\xff"};
      },
    };
  };
  REQUIRE_FALSE(
    node.rm().publish(node.sys().spawn(answer), "odd", receive_mode::raw));
  auto result = tool(request(node.address(), "odd", "Empty", "{}"));
  CHECK_EQ(result.code, 0);
  CHECK_EQ(result.output, "x.Unknown {\"@raw\":\"Af8=\"}\n");
  CHECK_EQ(result.errors, "caf-remote: the answer is not shown as JSON: "
                          "unknown type; --proto-file adds types\n");
}

TEST_CASE("an answer that is nested too deeply is printed in base64") {
  serve_process node;
  auto json = std::string(34, '[') + std::string(34, ']');
  auto result = tool(request(node.address(), "echo", "ListValue", json));
  CHECK_EQ(result.code, 0);
  CHECK(contains(result.output, "google.protobuf.ListValue {\"@raw\":"));
  CHECK_EQ(result.errors.compare(
             0, 45, "caf-remote: the answer is not shown as JSON: "),
           0);
  CHECK_EQ(result.errors.find('\n'), result.errors.size() - 1);
}

TEST_CASE("an answer in JSON is understood") {
  loopback_node node;
  auto answer = [](caf::event_based_actor*) -> caf::behavior {
    return {
      [](const raw_message&) {
        return raw_message{"google.protobuf.StringValue", 1, "\"json\""};
      },
    };
  };
  REQUIRE_FALSE(node.rm().declare_type("google.protobuf.StringValue"));
  REQUIRE_FALSE(
    node.rm().publish(node.sys().spawn(answer), "json", receive_mode::raw));
  CHECK_EQ(tool_output(request(node.address(), "json", "Empty", "{}")),
           "google.protobuf.StringValue \"json\"\n");
}

TEST_CASE("a dash for the JSON means standard input") {
  serve_process node;
  process child{tool_words(request(node.address(), "echo", "ListValue", "-")),
                tool_options()};
  child.write_line("[\"one\",");
  child.write_line("\"two\"]");
  child.close_input();
  CHECK_EQ(child.wait(), 0);
  CHECK_EQ(child.output(), "google.protobuf.ListValue [\"one\",\"two\"]\n");
  // nothing is no JSON
  CHECK_EQ(tool(request(node.address(), "echo", "Empty", "-")).code, 2);
}

TEST_CASE("an empty result is google.protobuf.Empty") {
  serve_process node;
  CHECK_EQ(
    tool_output(request(node.address(), "counter", "StringValue", "\"x\"")),
    "google.protobuf.Empty {}\n");
}

TEST_CASE("a request to nobody fails at once with the error's name") {
  serve_process node;
  auto text = tool_error(request(node.address(), "nobody", "Empty", "{}"));
  CHECK_EQ(text, "caf-remote: nobody: dead_letter: " + node.address()
                   + " answers: there is no actor of that name\n");
}

TEST_CASE("an actor without a handler and one that fails are not taken for "
          "nobody") {
  loopback_node node;
  auto publish = [&](const char* name, auto behavior) {
    REQUIRE_FALSE(
      node.rm().publish(node.sys().spawn(behavior), name, receive_mode::raw));
  };
  publish("deaf", [](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    return {[](int) {}};
  });
  publish("failing", [](caf::event_based_actor*) -> caf::behavior {
    return {[](const raw_message&) -> caf::result<raw_message> {
      return make_error(errc::not_found, "no such order");
    }};
  });
  auto text = [&](const char* name) {
    return tool_error(request(node.address(), name, "Empty", "{}"));
  };
  CHECK(contains(text("deaf"), "deaf: dead_letter: "));
  CHECK(contains(text("deaf"), "the actor has no handler for the message"));
  CHECK(
    contains(text("failing"), "the actor failed: not_found: no such order"));
}

TEST_CASE("ping may ask an actor") {
  serve_process node;
  CHECK(contains(tool_output({"ping", node.address(), "counter"}),
                 "pong from " + node.address() + "/counter in "));
  CHECK(contains(tool_error({"ping", node.address(), "nobody"}),
                 "nobody: dead_letter: "));
}

TEST_CASE("stop fails if there is no such actor") {
  serve_process node;
  CHECK_EQ(tool_error({"stop", node.address(), "nobody"}),
           "caf-remote: there is no actor nobody at " + node.address() + "\n");
}

TEST_CASE("stop fails if the actor does not end in time") {
  loopback_node node;
  auto stubborn = [](caf::event_based_actor* self) -> caf::behavior {
    self->set_exit_handler([](const caf::exit_msg&) {});
    return {[](const raw_message&) {}};
  };
  auto hdl = node.sys().spawn(stubborn);
  REQUIRE_FALSE(node.rm().publish(hdl, "stubborn", receive_mode::raw));
  CHECK(
    contains(tool_error({"stop", node.address(), "stubborn", "--timeout=1s"}),
             node.address() + "/stubborn has not ended"));
  caf::anon_send_exit(hdl, caf::exit_reason::kill);
}

TEST_CASE("stop of an actor on a node that cannot connect back is written, and "
          "that its end is not heard is said") {
  serve_process node;
  closed_port closed;
  auto port = std::to_string(port_of(closed.address()));
  auto result = tool({"stop", node.address(), "echo", "--timeout=1s",
                      "--advertised-port=" + port});
  CHECK_EQ(result.code, 0);
  CHECK(contains(result.errors, "whether it has ended cannot be heard"));
  CHECK(contains(result.errors, "did not connect back to 127.0.0.1:" + port));
  CHECK_EQ(tool_output({"watch", node.address(), "echo"}),
           "terminated not_found\n");
}

TEST_CASE("send and the counter") {
  serve_process node;
  CHECK_EQ(count_at(node.address()), count_line("0"));
  for (auto type : {"StringValue", "BytesValue"})
    CHECK_EQ(tool_output({"send", node.address(), "counter",
                          std::string{"google.protobuf."} + type, "\"eA==\""}),
             "");
  CHECK_EQ(tool_output({"send", node.address(), "counter",
                        "google.protobuf.Empty", "{}"}),
           "");
  // it was written; the request may still overtake it on its own connection
  CHECK(
    eventually([&] { return count_at(node.address()) == count_line("2"); }));
}

TEST_CASE("spawn prints the actor, which works") {
  serve_process node;
  auto& at = node.address();
  auto with_name = line(tool_output({"spawn", at, "counter", "joe"}));
  auto without = line(tool_output({"spawn", at, "echo"}));
  REQUIRE_EQ(with_name.compare(0, at.size() + 1, at + "/"), 0);
  REQUIRE_EQ(without.compare(0, at.size() + 1, at + "/"), 0);
  auto id = with_name.substr(at.size() + 1);
  CHECK(contains(id, "joe"));
  CHECK_EQ(tool_output(request(at, id, "Empty", "{}")), count_line("0"));
  CHECK_EQ(tool_output(request(at, without.substr(at.size() + 1), "StringValue",
                               "\"x\"")),
           "google.protobuf.StringValue \"x\"\n");
}

TEST_CASE("a taken name is an error that names the holder") {
  serve_process node;
  auto holder = line(tool_output({"spawn", node.address(), "echo", "joe"}));
  auto text = tool_error({"spawn", node.address(), "echo", "joe"});
  CHECK(contains(text, "name_taken"));
  CHECK(contains(text, holder));
}

TEST_CASE("an unknown kind cannot be spawned") {
  serve_process node;
  CHECK(
    contains(tool_error({"spawn", node.address(), "nothing"}), "spawn_failed"));
}

TEST_CASE("stop ends an actor, and watch tells") {
  serve_process node;
  auto& at = node.address();
  process watcher{tool_words({"watch", at, "echo", "--verbose"})};
  watcher.expect_error("watching " + at + "/echo");
  CHECK_EQ(tool_output({"stop", at, "echo"}), "");
  CHECK_EQ(watcher.wait(), 0);
  CHECK_EQ(watcher.output(), "terminated stopped\n");
  CHECK_EQ(tool_output({"watch", at, "echo"}), "terminated not_found\n");
  tool_error(request(at, "echo", "Empty", "{}"));
}

TEST_CASE("a killed node is reported within 5 s") {
  serve_process node;
  process watcher{tool_words({"watch", node.address(), "echo", "--verbose"})};
  watcher.expect_error("watching ");
  node.child().send_signal(SIGKILL);
  CHECK_EQ(watcher.expect("terminated", 5s), "terminated address_terminated");
  CHECK_EQ(watcher.wait(), 0);
  CHECK_FALSE(contains(watcher.errors(), "was not reached"));
}

TEST_CASE("a node that leaves is reported") {
  serve_process node;
  process watcher{tool_words({"watch", node.address(), "echo", "--verbose"})};
  watcher.expect_error("watching ");
  CHECK_EQ(node.stop(), 0);
  CHECK_EQ(watcher.wait(), 0);
  CHECK_EQ(watcher.output(), "terminated address_terminated\n");
}

TEST_CASE("a watch of a node that is not there ends, and tells") {
  closed_port port;
  auto result = tool({"watch", port.address(), "echo"});
  CHECK_EQ(result.code, 0);
  CHECK_EQ(result.output, "terminated address_terminated\n");
  CHECK_EQ(result.errors,
           "caf-remote: " + port.address() + " was not reached\n");
}

TEST_CASE("nothing but the answer is printed") {
  serve_process node;
  auto result = tool(request(node.address(), "echo", "Empty", "{}"));
  CHECK_EQ(result.errors, "");
  CHECK_EQ(result.output, "google.protobuf.Empty {}\n");
}

TEST_SUITE_END();
