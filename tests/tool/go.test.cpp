// SPDX-License-Identifier: BSD-3-Clause

// The tool and a real protoactor-go node.

#include "support/eventually.hpp"
#include "support/go_peer.hpp"
#include "tool/tool_fixture.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// Whether there is a Go peer; says so if not.
bool has_go() {
  if (std::getenv("CAF_REMOTE_GO_PEER") != nullptr)
    return true;
  MESSAGE("skipped: CAF_REMOTE_GO_PEER is not set");
  return false;
}

words request(const std::string& address, const std::string& id,
              const std::string& type, const std::string& json) {
  return {"request", address, id, "google.protobuf." + type, json};
}

} // namespace

TEST_SUITE_BEGIN("tool.go");

TEST_CASE("the tool pings, asks and sends to Go") {
  if (!has_go())
    return;
  go_peer go;
  CHECK(
    contains(tool_output({"ping", go.address()}), "pong from " + go.address()));
  CHECK_EQ(tool_output(request(go.address(), "echo", "StringValue", "\"hi\"")),
           "google.protobuf.StringValue \"hi\"\n");
  CHECK_EQ(tool_output({"send", go.address(), "counter",
                        "google.protobuf.StringValue", "\"hi\""}),
           "");
  CHECK(eventually([&] { return go.command("count counter") == "1"; }));
  CHECK_EQ(tool_output(request(go.address(), "counter", "Empty", "{}")),
           "google.protobuf.UInt64Value \"1\"\n");
  CHECK(contains(tool_error(request(go.address(), "nobody", "Empty", "{}")),
                 "dead_letter"));
  CHECK(go.alive());
}

TEST_CASE("the tool spawns on Go") {
  if (!has_go())
    return;
  go_peer go;
  auto holder = tool_output({"spawn", go.address(), "counter", "joe"});
  REQUIRE_GT(holder.size(), go.address().size() + 1);
  REQUIRE_EQ(holder.compare(0, go.address().size() + 1, go.address() + "/"), 0);
  holder.pop_back();
  auto id = holder.substr(go.address().size() + 1);
  CHECK_EQ(tool_output(request(go.address(), id, "Empty", "{}")),
           "google.protobuf.UInt64Value \"0\"\n");
  auto text = tool_error({"spawn", go.address(), "counter", "joe"});
  CHECK(contains(text, "name_taken"));
  CHECK(contains(text, holder));
  CHECK(go.alive());
}

TEST_CASE("the tool watches and stops actors on Go") {
  if (!has_go())
    return;
  go_peer go;
  go.command("local_spawn victim blackhole");
  process watcher{tool_words({"watch", go.address(), "victim", "--verbose"})};
  watcher.expect_error("watching ");
  CHECK_EQ(tool_output({"stop", go.address(), "victim"}), "");
  CHECK_EQ(watcher.wait(), 0);
  CHECK_EQ(watcher.output(), "terminated stopped\n");
  CHECK_EQ(tool_output({"watch", go.address(), "victim"}),
           "terminated not_found\n");
  CHECK(go.alive());
}

TEST_CASE("a killed Go node is reported within 5 s") {
  if (!has_go())
    return;
  go_peer go;
  process watcher{tool_words({"watch", go.address(), "echo", "--verbose"})};
  watcher.expect_error("watching ");
  go.kill();
  CHECK_EQ(watcher.expect("terminated", 5s), "terminated address_terminated");
  CHECK_EQ(watcher.wait(), 0);
}

TEST_CASE("Go asks, sends to and spawns on a serving node") {
  if (!has_go())
    return;
  serve_process node;
  go_peer go;
  auto& at = node.address();
  auto text = "google.protobuf.StringValue ";
  CHECK_EQ(go.command("request " + at + " echo " + text + "5000 \"hi\""),
           std::string{text} + "\"hi\"");
  auto with_headers = go.command("request_h a=1,b=2 " + at + " echo " + text
                                 + "5000 \"hi\"");
  CHECK(contains(with_headers, R"("a":"1")"));
  CHECK(contains(with_headers, R"("b":"2")"));
  for (int i = 0; i < 3; ++i)
    go.command("send " + at + " counter " + text + "\"hi\"");
  CHECK_EQ(
    go.command("request " + at + " counter google.protobuf.Empty 5000 {}"),
    "google.protobuf.UInt64Value \"3\"");
  auto spawned = go.command("spawn " + at + " counter joe 5000");
  CHECK(contains(spawned, "0 " + at + "/"));
  CHECK(contains(go.command("touch " + at + " echo 5000"), at + "/echo"));
  CHECK_EQ(go.answer("request " + at + " nobody google.protobuf.Empty 5000 {}"),
           "error deadletter");
  CHECK(go.alive());
}

TEST_CASE("Go watches actors of a serving node") {
  if (!has_go())
    return;
  serve_process node;
  go_peer go;
  auto& at = node.address();
  go.command("watch w " + at + " echo");
  go.command("watch w " + at + " counter");
  go.command("touch " + at + " counter 5000");
  go.command("stop " + at + " echo");
  CHECK_EQ(go.event("terminated"), "terminated w " + at + " echo why=0");
  CHECK_EQ(node.stop(), 0);
  CHECK_EQ(go.event("terminated"), "terminated w " + at + " counter why=1");
  CHECK(go.alive());
}

TEST_CASE("Go nodes do not hold a serving node, frozen or not") {
  if (!has_go())
    return;
  for (auto freeze : {false, true}) {
    serve_process node;
    go_peer go;
    go.command("request " + node.address()
               + " echo google.protobuf.StringValue 5000 \"hi\"");
    if (freeze)
      go.child().send_signal(SIGSTOP);
    CHECK_EQ(node.stop(), 0);
    if (freeze)
      go.child().send_signal(SIGCONT);
    CHECK(go.alive());
  }
}

TEST_CASE("commands of the tool leave nothing behind on Go") {
  if (!has_go())
    return;
  go_peer go;
  for (int i = 0; i < 5; ++i)
    tool_output({"ping", go.address()});
  CHECK(go.alive());
  CHECK_LT(go.shut_down(), 5s);
}

TEST_SUITE_END();
