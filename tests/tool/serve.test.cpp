// SPDX-License-Identifier: BSD-3-Clause

#include "support/eventually.hpp"
#include "support/inbox.hpp"
#include "support/loopback_node.hpp"
#include "support/plain_socket.hpp"
#include "support/raw_peer.hpp"
#include "tool/tool_fixture.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// A node in this process that talks to a serving tool.
struct visitor {
  explicit visitor(serve_process& x) : there(x), me(here) {
    for (auto type :
         {"x.Unknown", "google.protobuf.Empty", "google.protobuf.StringValue"})
      REQUIRE_FALSE(here.rm().declare_type(type));
  }

  caf::actor actor(const std::string& id) {
    return here.remote(there.address(), id);
  }

  serve_process& there;
  loopback_node here;
  inbox me;
};

/// A raw message with its header and sender.
struct delivery {
  raw_message content;
  message_header header;
  pid sender;
};

/// Makes the serving node dial `address`: its echo answers somebody there.
recorded_stream make_it_dial(raw_peer& peer, serve_process& node,
                             const std::string& address) {
  auto result = peer.connect_as(node.address(), peer.member_id(), address);
  batch_maker out;
  out.type("google.protobuf.StringValue");
  out.target("echo", node.address());
  out.sender("somebody", address);
  google::protobuf::StringValue text;
  text.set_value("hi");
  out.envelope(text.SerializeAsString()).set_sender(1);
  result.write(transport::frame{out.frame()});
  return result;
}

size_t count_lines(const std::string& text, const std::string& prefix) {
  size_t result = 0;
  for (size_t pos = 0; pos < text.size();) {
    if (text.compare(pos, prefix.size(), prefix) == 0)
      ++result;
    auto end = text.find('\n', pos);
    pos = end == std::string::npos ? text.size() : end + 1;
  }
  return result;
}

} // namespace

TEST_SUITE_BEGIN("tool.serve");

TEST_CASE("the first line is the address in PIDs and in its ConnectRequest") {
  serve_process node;
  visitor x{node};
  auto answer = x.here.rm().ping(node.address(), "echo", long_time);
  REQUIRE(answer);
  CHECK_EQ(answer->who, (pid{node.address(), "echo"}));
  // it has opened a stream to us under that name
  CHECK_EQ(counters_of(x.here, node.address()).inbound_streams, 1u);
}

TEST_CASE("an advertised address is what it says about itself") {
  serve_process node{{"--host=0.0.0.0", "--advertised-host=127.0.0.2"}};
  CHECK_EQ(node.address().compare(0, 10, "127.0.0.2:"), 0);
  visitor x{node};
  auto answer = x.here.rm().ping(node.address(), "echo", long_time);
  REQUIRE(answer);
  CHECK_EQ(answer->who, (pid{node.address(), "echo"}));
}

TEST_CASE("a taken port is an error") {
  serve_process node;
  auto port = std::to_string(node.port());
  CHECK_EQ(tool_error({"serve", "--port=" + port}),
           "caf-remote: cannot listen on 127.0.0.1:" + port
             + ": Address already in use\n");
  silent_port other;
  tool_error({"serve", "--port", std::to_string(port_of(other.address()))});
}

TEST_CASE("a host that is not ours is an error") {
  CHECK(contains(tool_error({"serve", "--host=192.0.2.1"}), "cannot listen"));
}

TEST_CASE("echo sends everything back as it came") {
  serve_process node;
  visitor x{node};
  // not what Protobuf would write, and of a type that nobody knows
  message_header header{{"a", "1"}, {"b", "äöü"}, {"empty", ""}};
  raw_message odd{"x.Unknown", 0, std::string{"\xff\x00\x01", 3}};
  raw_message json{"x.Unknown", 1, "{ \"spaces\" : 1 }"};
  auto self = x.me.self().ptr();
  send(self, x.actor("echo"), odd, header);
  send(self, x.actor("echo"), json, {});
  std::vector<delivery> xs;
  for (int i = 0; i < 2; ++i)
    self->receive(
      [&](const raw_message& content) {
        xs.push_back({content, header_of(self), sender_of(self)});
      },
      caf::after(long_time) >> [] { FAIL("no answer"); });
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[0].content.type_name, odd.type_name);
  CHECK_EQ(xs[0].content.serializer_id, 0);
  CHECK_EQ(xs[0].content.bytes, odd.bytes);
  std::sort(xs[0].header.begin(), xs[0].header.end());
  CHECK_EQ(xs[0].header, header);
  CHECK_EQ(xs[0].sender, (pid{node.address(), "echo"}));
  CHECK_EQ(xs[1].content.serializer_id, 1);
  CHECK_EQ(xs[1].content.bytes, json.bytes);
  CHECK(xs[1].header.empty());
}

TEST_CASE("echo answers requests") {
  serve_process node;
  visitor x{node};
  auto res = x.me.ask<raw_message>(x.actor("echo"),
                                   raw_message{"x.Unknown", 0, "bytes"});
  REQUIRE(res);
  CHECK_EQ(res->type_name, "x.Unknown");
  CHECK_EQ(res->bytes, "bytes");
}

TEST_CASE("echo drops what has no sender without a word") {
  serve_process node;
  visitor x{node};
  caf::anon_send(x.actor("echo"), raw_message{"x.Unknown", 0, "bytes"});
  REQUIRE(
    x.me.ask<raw_message>(x.actor("echo"), raw_message{"x.Unknown", 0, ""}));
  CHECK_EQ(node.stop(), 0);
  CHECK_EQ(count_lines(node.child().output(), "event dead_letter"), 0);
}

TEST_CASE("counter counts everything but Empty, known or not") {
  serve_process node;
  visitor x{node};
  auto count = [&] {
    auto res = x.me.ask<google::protobuf::UInt64Value>(
      x.actor("counter"), raw_message{"google.protobuf.Empty", 0, ""});
    REQUIRE(res);
    return res->value();
  };
  CHECK_EQ(count(), 0);
  for (auto type : {"x.Unknown", "google.protobuf.StringValue", "x.Unknown"})
    caf::anon_send(x.actor("counter"), raw_message{type, 0, "whatever"});
  CHECK_EQ(count(), 3);
  CHECK_EQ(count(), 3);
}

TEST_CASE("both kinds can be spawned, and are actors of their own") {
  serve_process node;
  visitor x{node};
  for (auto kind : {"echo", "counter"}) {
    auto a = x.here.rm().spawn(node.address(), kind, "", long_time);
    auto b = x.here.rm().spawn(node.address(), kind, std::string{kind} + "-too",
                               long_time);
    REQUIRE(a);
    REQUIRE(b);
    CHECK_NE(*a, *b);
    CHECK_NE(*b, x.actor(kind));
    for (auto& hdl : {*a, *b})
      CHECK(x.here.rm().ping(node.address(), x.here.rm().pid_of(hdl).id,
                             long_time));
  }
}

TEST_CASE("events are printed as they happen") {
  serve_process node;
  std::string peer;
  {
    visitor x{node};
    peer = x.here.address();
    REQUIRE(x.here.rm().ping(node.address(), "echo", long_time));
    node.child().expect("event connected " + peer);
    caf::anon_send(x.actor("nobody"), raw_message{"x.Unknown", 0, ""});
    CHECK_EQ(node.child().expect("event dead_letter"),
             "event dead_letter " + node.address() + "/nobody x.Unknown");
  }
  node.child().expect("event endpoint_terminated " + peer);
}

TEST_CASE("events are printed with restraint") {
  constexpr size_t flood = 20000;
  serve_process node;
  visitor x{node};
  auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < flood; ++i)
    caf::anon_send(x.actor("nobody"), raw_message{"x.Unknown", 0, ""});
  REQUIRE(x.here.rm().flush(node.address(), long_time));
  node.child().expect("event dead_letters_suppressed");
  CHECK_EQ(node.stop(), 0);
  auto elapsed = std::chrono::steady_clock::now() - start;
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
  CHECK_LE(count_lines(node.child().output(), "event dead_letter "),
           20 * (static_cast<size_t>(seconds.count()) + 2));
}

TEST_CASE("what peers say stays on one line") {
  serve_process node;
  raw_peer peer;
  auto str = peer.connect(node.address());
  batch_maker out;
  out.add("x.Two\nlines", "nobody", "");
  str.write(transport::frame{out.frame()});
  visitor x{node};
  caf::anon_send(x.actor("last"), raw_message{"x.Unknown", 0, ""});
  node.child().expect("event dead_letter " + node.address() + "/last");
  auto all = node.child().output();
  CHECK_EQ(count_lines(all, ""), count_lines(all, "event ") + 1);
}

TEST_CASE("nobody has to read its output") {
  serve_process node;
  auto& at = node.address();
  node.child().close_output();
  tool_error({"request", at, "nobody", "google.protobuf.Empty", "{}"});
  CHECK(contains(tool_output({"ping", at}), "pong"));
  CHECK_EQ(node.stop(), 0);
}

// -- leaving ------------------------------------------------------------------

TEST_CASE("SIGTERM and SIGINT end it with exit code 0") {
  for (auto number : {SIGTERM, SIGINT}) {
    serve_process node;
    CHECK_EQ(node.stop(number), 0);
    CHECK_EQ(node.child().errors(), "");
  }
}

TEST_CASE("it can be started again at the same port") {
  auto port = std::string{"0"};
  for (int i = 0; i < 3; ++i) {
    serve_process node{{"--port=" + port}};
    port = std::to_string(node.port());
    CHECK(contains(tool_output({"ping", node.address()}), "pong"));
    CHECK_EQ(node.stop(), 0);
  }
}

TEST_CASE("connected peers are told, and do not hold it") {
  serve_process node;
  serve_process other;
  visitor x{node};
  x.me.self()->monitor(x.actor("echo"));
  REQUIRE(x.here.rm().ping(node.address(), "echo", long_time));
  raw_peer peer;
  auto str = make_it_dial(peer, node, other.address());
  node.child().expect("event connected " + other.address());
  CHECK_EQ(node.stop(), 0);
  CHECK_EQ(x.me.wait_down(x.actor("echo")),
           caf::exit_reason::remote_link_unreachable);
}

TEST_CASE("silent peers do not hold it") {
  serve_process node;
  plain_socket mute;
  mute.connect(node.port());
  raw_peer peer;
  auto speechless = peer.open(node.address());
  silent_port port;
  auto str = make_it_dial(peer, node, port.address());
  CHECK(eventually([&] { return port.has_visitor(); }));
  CHECK_EQ(node.stop(), 0);
}

TEST_CASE("peers that do not shake hands do not hold it") {
  serve_process node;
  raw_peer peer{manners::silent};
  auto str = make_it_dial(peer, node, peer.address());
  CHECK(eventually([&] { return peer.streams() > 0; }));
  CHECK_EQ(node.stop(), 0);
}

TEST_CASE("stubborn peers do not hold it") {
  // they take the DisconnectRequest and neither half-close nor end a stream
  serve_process node;
  raw_peer peer;
  auto str = make_it_dial(peer, node, peer.address());
  peer.wait_for_type("google.protobuf.StringValue");
  CHECK_EQ(node.stop(), 0);
}

TEST_CASE("frozen peers do not hold it") {
  serve_process node;
  serve_process frozen;
  raw_peer peer;
  auto str = make_it_dial(peer, node, frozen.address());
  node.child().expect("event connected " + frozen.address());
  frozen.child().send_signal(SIGSTOP);
  CHECK_EQ(node.stop(), 0);
}

TEST_SUITE_END();
