// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("interop.lifecycle");

// -- towards Go ---------------------------------------------------------------

TEST_CASE("an exit message stops a Go actor") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  REQUIRE(x.me.ask<StringValue>(hdl, text("hi")));
  x.me.self()->send_exit(hdl, caf::exit_reason::kill);
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
}

TEST_CASE("a poison pill stops a Go actor after the messages before it") {
  scene x;
  x.go.command("local_spawn victim echo");
  auto hdl = x.there("victim");
  x.me.self()->monitor(hdl);
  constexpr size_t count = 200;
  for (size_t i = 0; i < count; ++i)
    x.me.self()->send(hdl, text("hi"));
  x.me.self()->send(hdl, poison_pill{});
  for (size_t i = 0; i < count; ++i)
    x.me.take<StringValue>();
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::normal);
}

TEST_CASE("a touch is answered by Go") {
  scene x;
  auto answer = x.me.ask<touched>(x.there("blackhole"), touch{});
  REQUIRE(answer);
  CHECK_EQ(answer->who, (pid{x.go.address(), "blackhole", 0}));
}

TEST_CASE("a request to a Go actor that does not exist fails at once") {
  scene x;
  auto hdl = x.there("nobody");
  CHECK_EQ(code_of(x.me.ask_in_vain(hdl, text("hi"))), errc::dead_letter);
  CHECK_EQ(code_of(x.me.ask_in_vain(hdl, touch{})), errc::dead_letter);
  CHECK_EQ(x.node.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("a request that a stopping Go actor does not answer times out") {
  scene x;
  caf::error result;
  x.me.self()
    ->request(x.there("blackhole"), 300ms, text("hi"))
    .receive([](const StringValue&) { FAIL("answered"); },
             [&](caf::error& err) { result = std::move(err); });
  CHECK_EQ(result, caf::sec::request_timeout);
}

TEST_CASE("a Go actor that crashes is restarted and answers again") {
  scene x;
  auto hdl = x.there("crasher");
  x.me.self()->monitor(hdl);
  x.me.self()->send(hdl, text("boom"));
  auto answer = x.me.ask<touched>(hdl, touch{});
  CHECK(answer);
  CHECK_EQ(x.me.count_downs(), 0u);
}

// -- from Go ------------------------------------------------------------------

TEST_CASE("Go stops an actor") {
  scene x;
  auto hdl = x.publish_new("victim", idle);
  x.me.self()->monitor(hdl);
  x.go.command("stop " + x.here("victim"));
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::user_shutdown);
}

TEST_CASE("Go poisons an actor after the messages before it") {
  scene x;
  auto seen = std::make_shared<sink_figures>();
  auto hdl = x.publish_new("victim", sink, seen);
  x.me.self()->monitor(hdl);
  x.go.command("seq " + x.here("victim") + " 1000");
  x.go.command("poison " + x.here("victim"));
  CHECK_EQ(x.me.wait_down(hdl), caf::exit_reason::user_shutdown);
  CHECK_EQ(seen->count, 1000u);
  CHECK_EQ(seen->disorder, 0u);
}

TEST_CASE("Go touches an actor whose handlers do not see it") {
  scene x;
  auto seen = std::make_shared<sink_figures>();
  x.publish_new("sink", sink, seen);
  CHECK_EQ(x.go.command("touch " + x.here("sink") + " 30000"),
           "who=" + x.node.address() + "/sink");
  CHECK_EQ(seen->count, 0u);
}

TEST_CASE("Go's request to an actor that does not exist fails at once") {
  scene x;
  CHECK_EQ(x.go.answer("request " + x.here("nobody")
                       + " google.protobuf.StringValue 30000 \"hi\""),
           "error deadletter");
  CHECK_EQ(x.go.answer("touch " + x.here("nobody") + " 30000"),
           "error deadletter");
  CHECK_EQ(dead_letters(x.node, errc::dead_letter), 2u);
}

TEST_CASE("Go's requests to an actor that ends fail at once") {
  scene x;
  x.publish_new("stopper", stopper);
  // the first ends it, the others wait in its mailbox
  std::vector<std::string> tags;
  for (int i = 0; i < 20; ++i)
    tags.push_back(x.go.start("request " + x.here("stopper")
                              + " google.protobuf.StringValue 3000 \"hi\""));
  size_t told = 0;
  size_t unanswered = 0;
  for (auto& tag : tags) {
    auto answer = x.go.finish(tag);
    told += answer == "error deadletter";
    unanswered += answer == "error timeout";
  }
  // the one that was handled is not answered, as its handler returns nothing
  CHECK_EQ(unanswered, 1u);
  CHECK_EQ(told, 19u);
}

TEST_CASE("Go cannot stop the activator") {
  scene x;
  x.go.command("stop " + x.here("activator"));
  x.go.command("poison " + x.here("activator"));
  x.check_both_alive();
}

TEST_SUITE_END();
