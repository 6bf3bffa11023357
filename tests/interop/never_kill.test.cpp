// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// Writes Protobuf's binary form and says so by another id.
class other_serializer : public serializer {
public:
  bool encode(const google::protobuf::Message& x,
              std::string& result) const override {
    return x.AppendToString(&result);
  }

  bool decode(std::string_view bytes,
              google::protobuf::Message& x) const override {
    return x.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
};

/// Sends what a careless user might send, before and after the peer is known,
/// as a message and as a request, and sees that the peer lives on.
template <class T>
void check_harmless(const T& x, errc expected,
                    const message_header& header = {},
                    int32_t serializer_id = 0) {
  for (auto known : {false, true}) {
    CAPTURE(known);
    scene s;
    auto hdl = s.there("echo");
    if (known)
      REQUIRE(s.me.ask<StringValue>(hdl, text("hi")));
    auto err = s.me.ask_in_vain(hdl, x, header, serializer_id);
    CHECK_MESSAGE(code_of(err) == expected, render(err));
    send(s.me.self().ptr(), hdl, x, header, serializer_id);
    CHECK(eventually([&] { return dead_letters(s.node, expected) == 2; }));
    s.check_both_alive();
    CHECK_EQ(counters_of(s.node, s.go.address()).connects, 1u);
    CHECK_EQ(s.node.rm().snapshot().pending_requests, 0u);
  }
}

raw_message raw(std::string type_name, int32_t serializer_id = 0) {
  return {std::move(type_name), serializer_id, "\x0a\x01x"};
}

const std::string bad_utf8 = "\xff\xfe";

} // namespace

TEST_SUITE_BEGIN("interop.never_kill");

TEST_CASE("a raw message of a type that Go may not know") {
  check_harmless(raw("my.Unknown"), errc::peer_cannot_take);
}

TEST_CASE("a raw message without a type name") {
  check_harmless(raw(""), errc::not_serializable);
}

TEST_CASE("a raw message with a type name that is not UTF-8") {
  check_harmless(raw(bad_utf8), errc::not_serializable);
}

TEST_CASE("a raw message with a serializer id that Go does not have") {
  for (auto id : {2, 42, -1, 2147483647, -2147483647 - 1}) {
    CAPTURE(id);
    check_harmless(raw("google.protobuf.StringValue", id),
                   errc::peer_cannot_take);
  }
}

TEST_CASE("a message with a serializer id that nobody has") {
  check_harmless(text("hi"), errc::not_found, {}, 42);
  check_harmless(text("hi"), errc::not_found, {}, -1);
}

TEST_CASE("a message with a serializer that only we have") {
  scene x;
  REQUIRE_FALSE(
    x.node.rm().add_serializer(7, std::make_shared<other_serializer>()));
  auto hdl = x.there("echo");
  auto err = x.me.ask_in_vain(hdl, text("hi"), {}, 7);
  CHECK_EQ(code_of(err), errc::peer_cannot_take);
  x.check_both_alive();
}

TEST_CASE("a string that is not UTF-8") {
  check_harmless(text(bad_utf8), errc::invalid_utf8);
}

TEST_CASE("a header that is not UTF-8") {
  check_harmless(text("hi"), errc::invalid_utf8, {{bad_utf8, "x"}});
  check_harmless(text("hi"), errc::invalid_utf8, {{"x", bad_utf8}});
}

TEST_CASE("too many headers, or too large ones") {
  message_header many;
  for (int i = 0; i < 65; ++i)
    many.emplace_back("key" + std::to_string(i), "value");
  check_harmless(text("hi"), errc::header_too_large, many);
  check_harmless(text("hi"), errc::header_too_large,
                 {{"x", std::string(20000, 'x')}});
}

TEST_CASE("headers with unusual text reach Go unchanged") {
  scene x;
  auto answer = x.me.ask<StringValue>(
    x.there("headers"), text("?"),
    {{"a\n", std::string("\0\t", 2)}, {"", "b"}});
  REQUIRE(answer);
  CHECK_EQ(answer->value(), "{\"\":\"b\",\"a\\n\":\"\\u0000\\t\"}");
  x.check_both_alive();
}

TEST_CASE("a raw message of a known type with a payload that is none") {
  scene x;
  auto hdl = x.there("echo");
  x.me.self()->send(hdl,
                    raw_message{"google.protobuf.StringValue", 0, "\xff\xff"});
  x.me.self()->send(hdl, raw_message{"google.protobuf.StringValue", 1, "{{"});
  // Go ends the stream for this, and with it what follows in the batch
  CHECK(eventually(
    [&] { return !!x.node.rm().ping(x.go.address(), "activator", 2s); }));
  x.check_both_alive();
}

TEST_CASE("raw messages that claim to be Proto.Actor's own") {
  scene x;
  auto hdl = x.there("echo");
  // one of these without its parts would end the process
  for (auto name :
       {"actor.Terminated", "actor.Watch", "actor.Unwatch", "actor.Stop",
        "actor.PoisonPill", "actor.Touch", "actor.Touched",
        "actor.DeadLetterResponse", "actor.PID", "remote.ActorPidRequest",
        "remote.ActorPidResponse", "remote.RemoteMessage"}) {
    CAPTURE(name);
    for (auto payload : {"", "\x0a\x01x"}) {
      x.me.self()->send(hdl, raw_message{name, 0, payload});
      x.me.self()->send(x.there("activator"), raw_message{name, 0, payload});
    }
    x.check_both_alive();
  }
}

TEST_CASE("raw messages as Proto.Actor's own, declared as known") {
  scene x;
  auto hdl = x.there("echo");
  for (auto name : {"actor.Terminated", "actor.Watch", "actor.Stop"}) {
    REQUIRE_FALSE(x.node.rm().declare_type(name));
    auto err = x.me.ask_in_vain(hdl, raw_message{name, 0, ""});
    CHECK_EQ(code_of(err), errc::not_serializable);
  }
  x.check_both_alive();
}

TEST_CASE("what CAF sends by itself") {
  scene x;
  auto hdl = x.there("echo");
  x.me.self()->send(hdl, 1, 2, 3);
  x.me.self()->send(hdl, std::string{"text"});
  x.me.self()->send(hdl, caf::unit);
  x.me.self()->send(hdl, caf::make_message());
  x.me.self()->send(hdl, caf::error{caf::sec::runtime_error});
  x.me.self()->send(hdl, caf::down_msg{hdl->address(), caf::none});
  x.me.self()->send(hdl, caf::timeout_msg{caf::atom("x"), 1});
  x.me.self()->send(hdl, text("a"), text("b"));
  x.me.self()->send(hdl, caf::sys_atom::value, caf::get_atom::value, "info");
  x.me.self()->send(hdl, touched{});
  x.me.self()->send(hdl, dead_letter{});
  send(x.me.self().ptr(), hdl, caf::make_message(), {{"k", "v"}});
  send(x.me.self().ptr(), hdl, caf::make_message(1, 2), {{"k", "v"}});
  x.check_both_alive();
}

TEST_CASE("names that cannot be on the wire give no handle") {
  scene x;
  auto& rm = x.node.rm();
  for (auto name : {std::string{}, bad_utf8, std::string{"a\nb"},
                    std::string(2000, 'x'), std::string{"\x01"}}) {
    auto hdl = rm.lookup(x.go.address(), name);
    REQUIRE_FALSE(hdl);
    CHECK_EQ(code_of(hdl.error()), errc::invalid_name);
    CHECK(rm.publish(x.node.sys().spawn(idle), name));
  }
  for (auto name : {bad_utf8, std::string{"a\nb"}, std::string(2000, 'x')}) {
    auto spawned = rm.spawn(x.go.address(), name, "joe", long_time);
    REQUIRE_FALSE(spawned);
    CHECK_EQ(code_of(spawned.error()), errc::invalid_name);
    spawned = rm.spawn(x.go.address(), "echo", name, long_time);
    REQUIRE_FALSE(spawned);
    CHECK_EQ(code_of(spawned.error()), errc::invalid_name);
  }
  x.check_both_alive();
}

TEST_CASE("names with unusual text are harmless") {
  scene x;
  for (auto name :
       {std::string{"a/b/c"}, std::string{"a b"}, std::string{"\xc3\xa4"},
        std::string(1000, 'x'), std::string{"$x"}, std::string{"remote.x"}}) {
    CAPTURE(name);
    CHECK_EQ(code_of(x.me.ask_in_vain(x.there(name), text("hi"))),
             errc::dead_letter);
  }
  x.check_both_alive();
}

TEST_CASE("an answer that cannot be sent becomes a dead letter for Go") {
  scene x;
  auto answering = [](caf::event_based_actor*) -> caf::behavior {
    return {
      [](const StringValue& y) -> caf::result<caf::message> {
        if (y.value() == "raw")
          return caf::make_message(raw("my.Unknown"));
        if (y.value() == "utf8")
          return caf::make_message(text(bad_utf8));
        if (y.value() == "two")
          return caf::make_message(1, 2);
        if (y.value() == "large")
          return caf::make_message(bytes(5 << 20));
        return caf::sec::runtime_error;
      },
    };
  };
  x.publish("answering", x.node.sys().spawn(answering));
  for (std::string what : {"raw", "utf8", "two", "large", "error"}) {
    CAPTURE(what);
    CHECK_EQ(x.go.answer("request " + x.here("answering")
                         + " google.protobuf.StringValue 30000 \"" + what
                         + "\""),
             "error deadletter");
  }
  x.check_both_alive();
}

TEST_CASE("stop, watch and touch for Go's own actors") {
  scene x;
  for (auto name : {"activator", "guardian", "eventstream", "nobody"}) {
    auto hdl = x.there(name);
    x.me.self()->monitor(hdl);
    x.me.self()->demonitor(hdl);
    x.me.self()->send(hdl, touch{});
  }
  x.check_both_alive();
}

TEST_SUITE_END();
