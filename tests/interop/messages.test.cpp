// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

constexpr auto string_type = "google.protobuf.StringValue";
constexpr auto bytes_type = "google.protobuf.BytesValue";

/// Answers with the headers that came, and with headers of its own.
caf::behavior header_reader(caf::event_based_actor* self) {
  return {
    [self](const StringValue&) {
      std::string all;
      for (auto& kvp : header_of(self))
        all += kvp.first + "=" + kvp.second + ";";
      return reply(self, text(all), {{"answer", "yes"}, {"empty", ""}});
    },
    [](raw_message& x) { return std::move(x); },
  };
}

/// Adds a text to each message and sends it on, with the original sender.
caf::behavior relay(caf::event_based_actor* self, caf::actor to) {
  return {
    [self, to](const StringValue& x) {
      return self->delegate(to, text(x.value() + "+"));
    },
  };
}

std::string request(scene& x, const std::string& name, const std::string& type,
                    const std::string& json) {
  return x.go.command("request " + x.here(name) + " " + type + " 30000 "
                      + json);
}

} // namespace

TEST_SUITE_BEGIN("interop.messages");

TEST_CASE("a Go actor answers requests") {
  scene x;
  auto hdl = x.there("echo");
  for (auto word : {"", "hello", "\xc3\xa4\xe2\x82\xac"}) {
    auto answer = x.me.ask<StringValue>(hdl, text(word));
    REQUIRE(answer);
    CHECK_EQ(answer->value(), word);
  }
}

TEST_CASE("a message without a request is answered with a message") {
  scene x;
  x.me.self()->send(x.there("echo"), text("hello"));
  CHECK_EQ(x.me.take<StringValue>().value(), "hello");
}

TEST_CASE("answers of Go carry a sender that can be sent to") {
  scene x;
  x.me.self()->send(x.there("echo"), text("hello"));
  x.me.self()->receive(
    [&](const StringValue&) {
      auto from = caf::actor_cast<caf::actor>(x.me.self()->current_sender());
      CHECK_EQ(from, x.there("echo"));
      CHECK_EQ(x.node.rm().pid_of(from), (pid{x.go.address(), "echo", 0}));
      x.me.self()->send(from, text("again"));
    },
    caf::after(long_time) >> [] { FAIL("no answer"); });
  CHECK_EQ(x.me.take<StringValue>().value(), "again");
}

TEST_CASE("an actor answers Go's futures, which have no request id") {
  scene x;
  x.publish_new("echo", echo);
  for (int i = 0; i < 3; ++i)
    CHECK_EQ(request(x, "echo", string_type, "\"hi\""),
             std::string{string_type} + " \"hi\"");
}

TEST_CASE("a thousand requests at the same time find their answers") {
  scene x;
  auto hdl = x.there("echo");
  std::vector<caf::response_handle<caf::blocking_actor, caf::message, true>>
    answers;
  for (int i = 0; i < 1000; ++i)
    answers.push_back(
      x.me.self()->request(hdl, long_time, text(std::to_string(i))));
  // in another order than they were asked
  for (int i = 999; i >= 0; --i)
    answers[static_cast<size_t>(i)].receive(
      [&](const StringValue& y) { CHECK_EQ(y.value(), std::to_string(i)); },
      [](caf::error& err) { FAIL_CHECK(render(err)); });
  CHECK_EQ(x.node.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("an actor asks with then and await") {
  scene x;
  auto hdl = x.there("echo");
  auto report = x.me.handle();
  auto asking = [=](caf::event_based_actor* self) {
    self->request(hdl, long_time, text("first"))
      .await([=](const StringValue& y) {
        self->send(report, y);
        self->request(hdl, long_time, text("second"))
          .then([=](const StringValue& z) { self->send(report, z); });
      });
  };
  x.node.sys().spawn(asking);
  CHECK_EQ(x.me.take<StringValue>().value(), "first");
  CHECK_EQ(x.me.take<StringValue>().value(), "second");
}

TEST_CASE("a local actor delegates to a Go actor") {
  scene x;
  auto hdl = x.node.sys().spawn(relay, x.there("echo"));
  auto answer = x.me.ask<StringValue>(hdl, text("a"));
  REQUIRE(answer);
  CHECK_EQ(answer->value(), "a+");
}

TEST_CASE("Go's request is delegated to another Go actor") {
  scene x;
  x.publish_new("relay", relay, x.there("echo"));
  CHECK_EQ(request(x, "relay", string_type, "\"a\""),
           std::string{string_type} + " \"a+\"");
}

TEST_CASE("several types travel in both directions") {
  scene x;
  x.publish_new("echo", echo);
  auto hdl = x.there("echo");
  UInt64Value number;
  number.set_value(18446744073709551615u);
  auto answer = x.me.ask<UInt64Value>(hdl, number);
  REQUIRE(answer);
  CHECK_EQ(answer->value(), number.value());
  auto blob = x.me.ask<BytesValue>(hdl, bytes(70000));
  REQUIRE(blob);
  CHECK_EQ(blob->value().size(), 70000u);
  CHECK_EQ(request(x, "echo", bytes_type, "\"AAEC/w==\""),
           std::string{bytes_type} + " \"AAEC/w==\"");
}

TEST_CASE("types that are not registered go back to Go unchanged") {
  scene x;
  x.publish_new("echo", echo);
  CHECK_EQ(request(x, "echo", "google.protobuf.Struct",
                   "{\"a\":[1,null,{\"b\":\"c\"}]}"),
           "google.protobuf.Struct {\"a\":[1,null,{\"b\":\"c\"}]}");
  CHECK_EQ(request(x, "echo", "google.protobuf.Duration", "\"3.500s\""),
           "google.protobuf.Duration \"3.500s\"");
  CHECK_EQ(request(x, "echo", "google.protobuf.Empty", "{}"),
           "google.protobuf.Empty {}");
}

TEST_CASE("a type that Go has sent may be sent to it later") {
  scene x;
  raw_message duration{"google.protobuf.Duration", 0, "\x08\x03"};
  // before, the peer might not know it, which would kill it
  auto hdl = x.there("echo");
  REQUIRE(x.me.ask<StringValue>(hdl, text("hi")));
  CHECK_EQ(code_of(x.me.ask_in_vain(hdl, duration)), errc::peer_cannot_take);
  x.publish_new("echo", echo);
  request(x, "echo", duration.type_name, "\"1s\"");
  auto answer = x.me.ask<raw_message>(hdl, duration);
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->bytes, duration.bytes);
}

TEST_CASE("an actor that takes messages raw gets registered types raw") {
  scene x;
  auto hdl = x.node.sys().spawn(echo);
  REQUIRE_FALSE(x.node.rm().publish(hdl, "raw", receive_mode::raw));
  CHECK_EQ(request(x, "raw", string_type, "\"hi\""),
           std::string{string_type} + " \"hi\"");
}

TEST_CASE("a message that no handler takes is an error to Go's future") {
  scene x;
  x.publish_new("idle", idle);
  CHECK_EQ(x.go.answer("request " + x.here("idle") + " " + string_type
                       + " 30000 \"hi\""),
           "error deadletter");
}

TEST_CASE("headers go to Go and come back") {
  scene x;
  auto answer = x.me.ask<StringValue>(
    x.there("headers"), text("?"), {{"a", "1"}, {"b", "\xc3\xa4"}, {"c", ""}});
  REQUIRE(answer);
  CHECK_EQ(answer->value(), "{\"a\":\"1\",\"b\":\"\xc3\xa4\",\"c\":\"\"}");
  send(x.me.self().ptr(), x.there("echo"), text("hi"), {{"key", "value"}});
  x.me.self()->receive(
    [&](const StringValue&) {
      auto& header = header_of(x.me.self().ptr());
      REQUIRE_EQ(header.size(), 1u);
      CHECK_EQ(header[0].first, "key");
      CHECK_EQ(header[0].second, "value");
      CHECK_EQ(sender_of(x.me.self().ptr()), (pid{x.go.address(), "echo", 0}));
    },
    caf::after(long_time) >> [] { FAIL("no answer"); });
}

TEST_CASE("headers of Go are read, and answers take some along") {
  scene x;
  x.publish_new("reader", header_reader);
  CHECK_EQ(x.go.command("request_h k=v " + x.here("reader") + " " + string_type
                        + " 30000 \"?\""),
           std::string{string_type}
             + " \"k=v;\" headers={\"answer\":\"yes\",\"empty\":\"\"}");
  // none came, none are made up
  CHECK_EQ(x.go.command("request_h - " + x.here("reader") + " " + string_type
                        + " 30000 \"?\""),
           std::string{string_type}
             + " \"\" headers={\"answer\":\"yes\",\"empty\":\"\"}");
}

TEST_CASE("headers are not copied from a message to its answer") {
  scene x;
  x.publish_new("echo", echo);
  CHECK_EQ(x.go.command("request_h k=v " + x.here("echo") + " " + string_type
                        + " 30000 \"hi\""),
           std::string{string_type} + " \"hi\" headers={}");
}

// Go itself always writes Protobuf, whatever serializer it is told to use; JSON
// from a peer is tested in integration/bad_input.test.cpp.

TEST_CASE("messages go to Go as JSON") {
  scene x;
  auto answer = x.me.ask<StringValue>(x.there("echo"),
                                      text("a \"quoted\" \xc3\xa4"), {}, 1);
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->value(), "a \"quoted\" \xc3\xa4");
  x.check_both_alive();
}

TEST_CASE("100,000 messages arrive at a Go actor in order") {
  scene x;
  auto hdl = x.there("sink");
  for (int i = 1; i <= 100000; ++i)
    x.me.self()->send(hdl, text(std::to_string(i)));
  auto answer = x.me.ask<StringValue>(hdl, empty_message());
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->value(), "count=100000 ordered=true last=100000");
  auto figures = counters_of(x.node, x.go.address());
  CHECK_EQ(figures.written, figures.accepted);
  CHECK_LT(figures.batches, figures.written);
}

TEST_CASE("100,000 messages of Go arrive in order") {
  scene x;
  auto seen = std::make_shared<sink_figures>();
  x.publish_new("sink", sink, seen);
  CHECK_EQ(x.go.command("seq " + x.here("sink") + " 100000"), "100000");
  CHECK(eventually([&] { return seen->count == 100000; }));
  CHECK_EQ(seen->last, 100000u);
  CHECK_EQ(seen->disorder, 0u);
  CHECK(x.node.rm().snapshot().dead_letters.empty());
}

TEST_SUITE_END();
