// SPDX-License-Identifier: BSD-3-Clause

// What happens before a type goes to a node that may not know it.

#include "support/eventually.hpp"
#include "support/raw_peer.hpp"
#include "tool/tool_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* type = "google.protobuf.StringValue";

words send_to(const raw_peer& peer, const words& more = {}) {
  words result{"send", peer.address(), "joe", type, "\"x\""};
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

bool has_got_it(const raw_peer& peer) {
  auto xs = peer.received();
  return std::any_of(xs.begin(), xs.end(),
                     [](auto& x) { return x.type_name == type; });
}

/// Runs the tool on a terminal, answers its question and returns the exit code.
int answered(const raw_peer& peer, std::string_view answer) {
  std::string line;
  for (auto& x : tool_words(send_to(peer, {"--timeout=3s"})))
    line += '\'' + x + "' ";
  process child{{"script", "-qec", line, "/dev/null"}, tool_options()};
  CHECK(eventually([&] { return contains(child.output(), "[y/N]"); }));
  CHECK_FALSE(has_got_it(peer));
  child.write_line(answer);
  return child.wait();
}

TEST_SUITE_BEGIN("tool.consent");

TEST_CASE("without a terminal there is a warning, and the message is sent") {
  raw_peer peer;
  auto result = tool(send_to(peer));
  CHECK_EQ(result.code, 0);
  CHECK_EQ(
    result.errors,
    "caf-remote: warning: " + peer.address()
      + " has not shown that it knows google.protobuf.StringValue, and a "
        "Go process ends when it gets a type that it does not know; "
        "--yes sends without this warning\n");
  CHECK(has_got_it(peer));
  auto xs = peer.received();
  CHECK_EQ(std::count_if(xs.begin(), xs.end(),
                         [](auto& x) { return x.type_name == type; }),
           1);
}

TEST_CASE("who says that the type is known hears nothing") {
  raw_peer peer;
  auto result = tool(send_to(peer, {"--yes"}));
  CHECK_EQ(result.code, 0);
  CHECK_EQ(result.errors, "");
  CHECK(has_got_it(peer));
}

TEST_CASE("on a terminal there is a question, and only yes sends") {
  raw_peer peer;
  CHECK_EQ(answered(peer, ""), 1);
  CHECK_EQ(answered(peer, "n"), 1);
  CHECK_FALSE(has_got_it(peer));
  CHECK_EQ(answered(peer, "y"), 0);
  CHECK(has_got_it(peer));
}

TEST_CASE("a request warns, too") {
  raw_peer peer;
  auto text = tool_error(
    {"request", peer.address(), "joe", type, "\"x\"", "--timeout=1s"});
  CHECK(contains(text, "warning: "));
  CHECK(contains(text, "time-out"));
  CHECK(has_got_it(peer));
}

TEST_CASE("a caf_remote node is asked for nothing") {
  serve_process node;
  auto result = tool({"send", node.address(), "counter", type, "\"x\""});
  CHECK_EQ(result.code, 0);
  CHECK_EQ(result.errors, "");
}

TEST_SUITE_END();

} // namespace
