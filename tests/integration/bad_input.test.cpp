// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"
#include "support/raw_peer.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;
using google::protobuf::StringValue;
using transport::status_code;

namespace {

constexpr auto string_type = "google.protobuf.StringValue";

/// What arrived, in one string.
struct transcript {
  std::mutex mutex;
  std::string text;

  std::string read() {
    std::lock_guard<std::mutex> guard{mutex};
    return text;
  }
};

caf::behavior recorder(caf::event_based_actor*,
                       std::shared_ptr<transcript> log) {
  return {
    [log](const StringValue& x) {
      std::lock_guard<std::mutex> guard{log->mutex};
      log->text += x.value();
    },
  };
}

/// A node with one actor, a peer that misbehaves, and a stream between them.
struct scene {
  loopback_node node;
  loopback_node bystander;
  inbox me{bystander};
  raw_peer peer;
  recorded_stream str;
  std::shared_ptr<transcript> log = std::make_shared<transcript>();

  explicit scene(const loopback_node::settings& xs = {}) : node(xs) {
    auto hdl = node.sys().spawn(recorder, log);
    REQUIRE_FALSE(node.rm().publish(hdl, "actor"));
    str = peer.connect(node.address());
  }

  /// Sends a batch with an envelope in the middle that `spoil` makes bad.
  template <class F>
  void send_spoilt(F spoil) {
    batch_maker batch;
    batch.add_text("actor", "a");
    spoil(batch, batch.add_text("actor", "x"));
    batch.add_text("actor", "b");
    str.write(batch.frame());
  }

  /// The good envelopes of the batch arrived, and the node is well.
  void check_rest_delivered() {
    CHECK(eventually([&] { return log->read() == "ab"; }));
    batch_maker batch;
    batch.add_text("actor", "c");
    str.write(batch.frame());
    CHECK(eventually([&] { return log->read() == "abc"; }));
    CHECK_FALSE(str.log->snapshot().closed);
    check_well();
  }

  void check_well() {
    auto pong = bystander.rm().ping(node.address(), "actor", long_time);
    CHECK_MESSAGE(pong, render(pong ? caf::error{} : pong.error()));
  }

  void check_ended(status_code code) {
    CHECK_EQ(to_string(str.log->wait_closed().code), to_string(code));
    CHECK(
      eventually([&] { return node.rm().snapshot().protocol_errors == 1; }));
    check_well();
    // the next stream is as good as any
    str = peer.connect(node.address());
    batch_maker batch;
    batch.add_text("actor", "z");
    str.write(batch.frame());
    CHECK(eventually([&] { return log->read() == "z"; }));
  }
};

/// One bad envelope costs itself only and is counted as refused.
template <class F>
void check_refused(F spoil) {
  scene x;
  x.send_spoilt(spoil);
  x.check_rest_delivered();
  CHECK_EQ(x.node.rm().snapshot().refused_envelopes, 1u);
  CHECK_EQ(x.node.rm().snapshot().protocol_errors, 0u);
}

/// A sound envelope without a taker becomes a dead letter.
template <class F>
void check_dead(F spoil, errc reason = errc::dead_letter) {
  scene x;
  x.send_spoilt(spoil);
  x.check_rest_delivered();
  CHECK_EQ(dead_letters(x.node, reason), 1u);
}

using envelope = remote::MessageEnvelope;

/// A message whose bytes do not parse: a length that goes beyond the end.
const std::string garbage = "\x0a\x7fxx";

const std::string bad_utf8 = "\x0a\x02\xff\xfe";

} // namespace

TEST_SUITE_BEGIN("integration.bad_input");

// -- F26: indexes -------------------------------------------------------------

TEST_CASE("an index of a type outside of its table") {
  for (auto index : {-1, 3, 2147483647, -2147483647 - 1}) {
    CAPTURE(index);
    check_refused([=](batch_maker&, envelope& x) { x.set_type_id(index); });
  }
}

TEST_CASE("an index of a target outside of its table") {
  for (auto index : {-1, 3, 2147483647, -2147483647 - 1}) {
    CAPTURE(index);
    check_refused([=](batch_maker&, envelope& x) { x.set_target(index); });
  }
}

TEST_CASE("an index of a sender outside of its table") {
  for (auto index : {-1, 1, 2147483647, -2147483647 - 1}) {
    CAPTURE(index);
    check_refused([=](batch_maker&, envelope& x) { x.set_sender(index); });
  }
}

TEST_CASE("a batch without tables") {
  scene x;
  remote::RemoteMessage msg;
  for (int i = 0; i < 5; ++i)
    msg.mutable_message_batch()->add_envelopes()->set_message_data("x");
  x.str.write(msg.SerializeAsString());
  x.send_spoilt([](batch_maker&, envelope& y) { y.set_type_id(99); });
  x.check_rest_delivered();
  CHECK_EQ(x.node.rm().snapshot().refused_envelopes, 6u);
}

TEST_CASE("an empty batch is a sign of life") {
  scene x;
  remote::RemoteMessage msg;
  msg.mutable_message_batch();
  x.str.write(msg.SerializeAsString());
  x.send_spoilt([](batch_maker&, envelope& y) { y.set_type_id(99); });
  x.check_rest_delivered();
}

// -- F27, F28: types, payloads, serializers -----------------------------------

TEST_CASE("an empty type name") {
  check_refused(
    [](batch_maker& batch, envelope& x) { x.set_type_id(batch.type("")); });
}

TEST_CASE("a type that is not registered, for an actor without raw handler") {
  check_dead([](batch_maker& batch, envelope& x) {
    x.set_type_id(batch.type("my.Unknown"));
  });
}

TEST_CASE("a type name of a mebibyte") {
  check_refused([](batch_maker& batch, envelope& x) {
    x.set_type_id(batch.type(std::string(1 << 20, 'x')));
  });
}

TEST_CASE("100,000 type names") {
  scene x;
  x.send_spoilt([](batch_maker& batch, envelope& y) {
    for (int i = 0; i < 100000; ++i)
      batch.type("my.Type" + std::to_string(i));
    y.set_type_id(-1);
  });
  // nobody needs more than one for each message
  x.check_ended(status_code::invalid_argument);
}

TEST_CASE("the payload of another type") {
  check_refused([](batch_maker&, envelope& x) { x.set_message_data(garbage); });
}

TEST_CASE("a serializer that nobody has") {
  for (auto id : {2, 42, -1, 2147483647}) {
    CAPTURE(id);
    check_refused([=](batch_maker&, envelope& x) { x.set_serializer_id(id); });
  }
}

TEST_CASE("JSON that is none, or too deep") {
  for (auto text : {std::string{"{"}, std::string{}, std::string(20000, '['),
                    std::string{"{\"value\":1}"}}) {
    CAPTURE(text.size());
    check_refused([=](batch_maker&, envelope& x) {
      x.set_serializer_id(1);
      x.set_message_data(text);
    });
  }
}

TEST_CASE("JSON that is right is delivered") {
  scene x;
  batch_maker batch;
  auto& y = batch.add(string_type, "actor", "\"json\"");
  y.set_serializer_id(1);
  x.str.write(batch.frame());
  CHECK(eventually([&] { return x.log->read() == "json"; }));
}

// -- F29: UTF-8 ---------------------------------------------------------------

TEST_CASE("a string of a message that is not UTF-8") {
  check_refused(
    [](batch_maker&, envelope& x) { x.set_message_data(bad_utf8); });
}

TEST_CASE("names in the tables that are not UTF-8") {
  check_refused(
    [](batch_maker& batch, envelope& x) { x.set_type_id(batch.type("\xff")); });
  check_refused([](batch_maker& batch, envelope& x) {
    x.set_target(batch.target("\xff"));
  });
  check_refused([](batch_maker& batch, envelope& x) {
    x.set_sender(batch.sender("\xff"));
  });
  check_refused([](batch_maker& batch, envelope& x) {
    x.set_sender(batch.sender("a", "\xff"));
  });
}

TEST_CASE("headers that are not UTF-8, too many or too large") {
  check_refused([](batch_maker&, envelope& x) {
    (*x.mutable_message_header()->mutable_header_data())["\xff"] = "x";
  });
  check_refused([](batch_maker&, envelope& x) {
    auto& all = *x.mutable_message_header()->mutable_header_data();
    for (int i = 0; i < 100000; ++i)
      all["key" + std::to_string(i)] = "x";
  });
  check_refused([](batch_maker&, envelope& x) {
    auto& all = *x.mutable_message_header()->mutable_header_data();
    all[std::string(1 << 20, 'k')] = "x";
  });
}

// -- F30: missing parts -------------------------------------------------------

TEST_CASE("a Watch, Unwatch or Terminated without the actor in it") {
  for (auto name : {"actor.Watch", "actor.Unwatch", "actor.Terminated"})
    for (auto payload : {std::string{}, garbage, std::string{"\x0a\x00", 2}}) {
      CAPTURE(name);
      check_refused([=](batch_maker& batch, envelope& x) {
        x.set_type_id(batch.type(name));
        x.set_message_data(payload);
      });
    }
}

TEST_CASE("a Watch for an actor that does not exist is answered") {
  scene x;
  actor::Watch msg;
  msg.mutable_watcher()->set_address(x.peer.address());
  msg.mutable_watcher()->set_id("watcher");
  x.send_spoilt([&](batch_maker& batch, envelope& y) {
    y.set_type_id(batch.type("actor.Watch"));
    y.set_target(batch.target("nobody"));
    y.set_message_data(msg.SerializeAsString());
  });
  x.check_rest_delivered();
  auto answer = x.peer.wait_for_type("actor.Terminated");
  CHECK_EQ(answer.target, "watcher");
  actor::Terminated content;
  REQUIRE(content.ParseFromString(answer.payload));
  CHECK_EQ(content.who().address(), x.node.address());
  CHECK_EQ(content.who().id(), "nobody");
  CHECK_EQ(content.why(), actor::NotFound);
}

TEST_CASE("a target without an id") {
  check_refused(
    [](batch_maker& batch, envelope& x) { x.set_target(batch.target("")); });
}

TEST_CASE("a sender without an id") {
  check_refused(
    [](batch_maker& batch, envelope& x) { x.set_sender(batch.sender("")); });
}

TEST_CASE("an ActorPidRequest without a kind is answered with an error") {
  scene x;
  x.send_spoilt([](batch_maker& batch, envelope& y) {
    y.set_type_id(batch.type("remote.ActorPidRequest"));
    y.set_target(batch.target("activator"));
    y.set_sender(batch.sender("asker"));
    y.set_sender_request_id(7);
    y.set_message_data("");
  });
  x.check_rest_delivered();
  auto answer = x.peer.wait_for_type("remote.ActorPidResponse");
  CHECK_EQ(answer.target, "asker");
  CHECK_EQ(answer.target_request_id, 7u);
  remote::ActorPidResponse msg;
  REQUIRE(msg.ParseFromString(answer.payload));
  CHECK_EQ(msg.status_code(), 4);
}

TEST_CASE("an ActorPidRequest without a sender, or garbage, or astray") {
  auto name = "remote.ActorPidRequest";
  check_refused([=](batch_maker& batch, envelope& x) {
    x.set_type_id(batch.type(name));
    x.set_target(batch.target("activator"));
    x.set_message_data("");
  });
  check_refused([=](batch_maker& batch, envelope& x) {
    x.set_type_id(batch.type(name));
    x.set_target(batch.target("activator"));
    x.set_sender(batch.sender("asker"));
    x.set_message_data(garbage);
  });
  check_dead([=](batch_maker& batch, envelope& x) {
    x.set_type_id(batch.type(name));
    x.set_sender(batch.sender("asker"));
    x.set_message_data("");
  });
}

TEST_CASE("an answer to a request that nobody has made") {
  for (auto id : {1u, 0x7fffffffu, 0xffffffffu}) {
    CAPTURE(id);
    check_dead([=](batch_maker&, envelope& x) { x.set_target_request_id(id); });
  }
}

TEST_CASE("an answer of Proto.Actor's own that nobody awaits") {
  for (auto name : {"actor.Touched", "actor.DeadLetterResponse",
                    "remote.ActorPidResponse"}) {
    CAPTURE(name);
    scene x;
    x.send_spoilt([=](batch_maker& batch, envelope& y) {
      y.set_type_id(batch.type(name));
      y.set_target_request_id(77);
      y.set_message_data("");
    });
    x.check_rest_delivered();
  }
}

TEST_CASE("a Touch or a message of unknown type is answered to its sender") {
  scene x;
  x.send_spoilt([](batch_maker& batch, envelope& y) {
    y.set_type_id(batch.type("my.Unknown"));
    y.set_sender(batch.sender("asker"));
    y.set_sender_request_id(5);
    y.set_target(batch.target("nobody"));
  });
  x.check_rest_delivered();
  auto answer = x.peer.wait_for_type("actor.DeadLetterResponse");
  CHECK_EQ(answer.target, "asker");
  CHECK_EQ(answer.target_request_id, 5u);
}

// -- F35, F36: what a peer may not do -----------------------------------------

TEST_CASE("a target at a foreign address is never relayed") {
  raw_peer third;
  scene x;
  x.send_spoilt([&](batch_maker& batch, envelope& y) {
    y.set_target(batch.target("actor", third.address()));
  });
  x.check_rest_delivered();
  CHECK_EQ(dead_letters(x.node, errc::dead_letter), 1u);
  CHECK_EQ(third.streams(), 0u);
}

TEST_CASE("a Terminated of a foreign actor is not believed") {
  loopback_node third;
  auto hdl = third.sys().spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const StringValue& y) { return y; }};
  });
  REQUIRE_FALSE(third.rm().publish(hdl, "victim"));
  scene x;
  inbox observer{x.node};
  auto victim = x.node.remote(third.address(), "victim");
  observer.self()->monitor(victim);
  StringValue hi;
  REQUIRE(observer.ask<StringValue>(victim, hi));
  actor::Terminated msg;
  msg.mutable_who()->set_address(third.address());
  msg.mutable_who()->set_id("victim");
  x.send_spoilt([&](batch_maker& batch, envelope& y) {
    y.set_type_id(batch.type("actor.Terminated"));
    y.set_message_data(msg.SerializeAsString());
  });
  x.check_rest_delivered();
  CHECK_EQ(x.node.rm().snapshot().refused_envelopes, 1u);
  CHECK_EQ(observer.count_downs(), 0u);
}

TEST_CASE("a Watch in the name of a foreign actor is refused") {
  raw_peer third;
  actor::Watch msg;
  msg.mutable_watcher()->set_address(third.address());
  msg.mutable_watcher()->set_id("watcher");
  check_refused([&](batch_maker& batch, envelope& x) {
    x.set_type_id(batch.type("actor.Watch"));
    x.set_message_data(msg.SerializeAsString());
  });
  CHECK_EQ(third.streams(), 0u);
}

TEST_CASE("Stop for the node's own actors is refused") {
  for (auto name : {"actor.Stop", "actor.PoisonPill"})
    for (auto id : {"activator", "$activator"})
      check_refused([=](batch_maker& batch, envelope& x) {
        x.set_type_id(batch.type(name));
        x.set_target(batch.target(id));
        x.set_message_data("");
      });
}

TEST_CASE("a user message for the activator is harmless") {
  scene x;
  x.send_spoilt([](batch_maker& batch, envelope& y) {
    y.set_target(batch.target("activator"));
    y.set_type_id(batch.type(string_type));
  });
  x.check_rest_delivered();
  CHECK(x.bystander.rm().ping(x.node.address(), "activator", long_time));
}

TEST_CASE("senders at many addresses make us dial a bounded number") {
  scene x{{{"max-endpoints", caf::config_value{int64_t{20}}},
           {"max-retry-count", caf::config_value{int64_t{1}}}}};
  batch_maker batch;
  batch.type("my.Unknown");
  batch.target("nobody");
  for (int i = 1; i <= 2000; ++i)
    batch.envelope("x").set_sender(
      batch.sender("s", "127.0.0.1:" + std::to_string(i)));
  batch.add_text("actor", "ab");
  x.str.write(batch.frame());
  x.check_rest_delivered();
  CHECK_LE(x.node.rm().snapshot().endpoints.size(), 20u);
}

// -- F19, F25, F31: whole frames ----------------------------------------------

TEST_CASE("a frame that is no message ends the stream") {
  for (auto bytes : {std::string{"\xff\xff\xff\xff\xff"}, std::string{"\x0a"},
                     std::string{"\x0a\x05\x0a\x7f"}, std::string{},
                     std::string{"\x7a\x01x"}, std::string(1000, '\x0b')}) {
    CAPTURE(bytes.size());
    scene x;
    x.str.write(bytes);
    x.check_ended(status_code::invalid_argument);
  }
}

TEST_CASE("a second handshake ends the stream") {
  scene x;
  remote::RemoteMessage msg;
  auto content = msg.mutable_connect_request()->mutable_server_connection();
  content->set_member_id("another");
  content->set_address(x.peer.address());
  x.str.write(msg.SerializeAsString());
  x.check_ended(status_code::invalid_argument);
}

TEST_CASE("a ConnectResponse of the dialler ends the stream") {
  scene x;
  remote::RemoteMessage msg;
  msg.mutable_connect_response()->set_member_id("x");
  x.str.write(msg.SerializeAsString());
  x.check_ended(status_code::invalid_argument);
}

TEST_CASE("10,000 unknown fields are skipped") {
  scene x;
  batch_maker batch;
  batch.add_text("actor", "ab");
  auto bytes = batch.frame();
  for (int i = 0; i < 10000; ++i)
    bytes += std::string{"\xfa\x01\x01x", 4};
  x.str.write(bytes);
  x.check_rest_delivered();
}

TEST_CASE("a frame above the limit ends the stream only") {
  scene x{{{"max-receive-bytes", caf::config_value{"1MiB"}}}};
  batch_maker batch;
  batch.add_text("actor", std::string(2 << 20, 'x'));
  x.str.str->write(batch.frame());
  x.check_ended(status_code::resource_exhausted);
}

// -- F22: handshakes ----------------------------------------------------------

TEST_CASE("a stream that does not begin with a ConnectRequest is ended") {
  scene x;
  batch_maker batch;
  batch.add_text("actor", "x");
  for (auto bytes :
       {batch.frame(), std::string{}, garbage, std::string{"\x12\x00", 2},
        std::string{"\x22\x00", 2}, std::string{"\x12\x02\x12\x00", 4}}) {
    CAPTURE(bytes.size());
    auto str = x.peer.open(x.node.address());
    str.write(bytes);
    CHECK_EQ(to_string(str.log->wait_closed().code),
             to_string(status_code::invalid_argument));
  }
  CHECK_EQ(x.log->read(), "");
  x.check_well();
}

TEST_CASE("a client connection is refused in words") {
  scene x;
  remote::RemoteMessage msg;
  msg.mutable_connect_request()->mutable_client_connection()->set_member_id(
    "x");
  auto str = x.peer.open(x.node.address());
  str.write(msg.SerializeAsString());
  CHECK_EQ(to_string(str.log->wait_closed().code),
           to_string(status_code::unimplemented));
  x.check_well();
}

TEST_CASE("unusable addresses in a handshake are refused") {
  scene x;
  for (auto address : {"", "nonhost", "127.0.0.1", "127.0.0.1:0", ":1",
                       "127.0.0.1:99999", "a b:1", "\xff:1", "a\n:1"}) {
    CAPTURE(address);
    CHECK_THROWS(x.peer.connect_as(x.node.address(), "x", address));
  }
  CHECK_THROWS(x.peer.connect_as(x.node.address(), "", "127.0.0.1:1"));
  x.check_well();
}

TEST_CASE("a dialler that says nothing is hung up on") {
  scene x{{{"handshake-timeout", caf::config_value{caf::timespan{300ms}}}}};
  auto str = x.peer.open(x.node.address());
  CHECK_NE(to_string(str.log->wait_closed().code), to_string(status_code::ok));
  // but not one that has shaken hands and is idle
  CHECK_FALSE(x.str.log->snapshot().closed);
  x.check_well();
}

TEST_CASE("a half-close is answered with OK, a missing handshake is not") {
  scene x;
  CHECK_EQ(to_string(raw_peer::leave(x.str).code), to_string(status_code::ok));
  auto str = x.peer.open(x.node.address());
  CHECK_NE(to_string(raw_peer::leave(str).code), to_string(status_code::ok));
}

TEST_CASE("a stranger's claim to the address changes nothing") {
  scene x;
  auto hdl = x.node.remote(x.peer.address(), "thing");
  caf::anon_send(hdl, StringValue{});
  x.peer.wait_for_type(string_type);
  raw_peer stranger{manners::polite, "stranger"};
  CHECK_THROWS(stranger.connect_as(x.node.address(), stranger.member_id(),
                                   x.peer.address()));
  x.send_spoilt([](batch_maker&, envelope& y) { y.set_type_id(-1); });
  x.check_rest_delivered();
}

TEST_CASE("a stranger with the peer's member id gets none of its messages") {
  scene x;
  raw_peer stranger{manners::polite, x.peer.member_id()};
  auto str = stranger.connect(x.node.address());
  auto hdl = x.node.remote(x.peer.address(), "thing");
  caf::anon_send(hdl, StringValue{});
  auto got = x.peer.wait_for_type(string_type);
  CHECK_EQ(got.target_address, "nonhost");
  CHECK_EQ(stranger.streams(), 0u);
}

TEST_CASE("another member id at the address ends the older stream") {
  scene x;
  x.peer.restart_as("another");
  auto other = x.peer.connect(x.node.address());
  CHECK_EQ(to_string(x.str.log->wait_closed().code),
           to_string(status_code::unavailable));
  x.str = std::move(other);
  x.send_spoilt([](batch_maker&, envelope& y) { y.set_type_id(-1); });
  x.check_rest_delivered();
}

TEST_CASE("many streams of one node exist side by side") {
  scene x;
  std::vector<recorded_stream> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(x.peer.connect(x.node.address()));
  for (auto& str : all) {
    batch_maker batch;
    batch.add_text("actor", "x");
    str.write(batch.frame());
  }
  CHECK(eventually([&] { return x.log->read() == std::string(20, 'x'); }));
  for (auto& str : all)
    CHECK_EQ(to_string(raw_peer::leave(str).code), to_string(status_code::ok));
  x.check_well();
}

TEST_CASE("streams beyond the bound are refused") {
  loopback_node node{{{"max-streams", caf::config_value{int64_t{3}}}}};
  raw_peer peer;
  std::vector<recorded_stream> all;
  for (int i = 0; i < 3; ++i)
    all.push_back(peer.connect(node.address()));
  auto one_more = peer.open(node.address());
  CHECK_EQ(to_string(one_more.log->wait_closed().code),
           to_string(status_code::resource_exhausted));
  raw_peer::leave(all.back());
  CHECK(eventually([&] {
    try {
      peer.connect(node.address());
      return true;
    } catch (std::exception&) {
      return false;
    }
  }));
}

// -- the other wire generation ------------------------------------------------

TEST_CASE("targets as bare ids are understood") {
  scene x;
  batch_maker batch;
  batch.add_text("actor", "ab");
  batch.batch().set_targets(0, "actor");
  x.str.write(batch.frame());
  x.check_rest_delivered();
}

TEST_SUITE_END();
