// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/handshake.hpp"

#include "wire/hex.hpp"
#include "wire/random_batch.hpp"

#include "remote.pb.h"

#include <doctest/doctest.h>

using namespace caf_remote::wire;
using test::from_hex;
using test::to_hex;

namespace {

std::string reason(std::string_view bytes) {
  auto content = decode_frame(bytes);
  auto bad = std::get_if<bad_frame>(&content);
  return bad ? bad->reason : "";
}

std::string hex_reason(std::string_view hex) {
  return reason(from_hex(hex));
}

template <class T>
T get(std::string_view bytes) {
  auto content = decode_frame(bytes);
  if (!std::holds_alternative<T>(content))
    FAIL(to_hex(bytes) << ": wrong kind " << content.index() << " "
                       << reason(bytes));
  return std::get<T>(content);
}

remote::ServerConnection& server_of(remote::RemoteMessage& x) {
  return *x.mutable_connect_request()->mutable_server_connection();
}

} // namespace

TEST_CASE("handshakes are encoded as on the wire") {
  CHECK_EQ(to_hex(encode(server_connection{"id", "host:1"})),
           "120E" // RemoteMessage 2: connect_request, 14 bytes
           "120C" // ConnectRequest 2: server_connection
           "0A026964" // 1 member_id "id"
           "1206686F73743A31"); // 2 address "host:1"
  CHECK_EQ(to_hex(encode(connect_response{"id", false})),
           "1A04" // RemoteMessage 3: connect_response
           "12026964"); // 2 member_id
  CHECK_EQ(to_hex(encode(connect_response{"id", true})),
           "1A06"
           "12026964"
           "1801"); // 3 blocked
  CHECK_EQ(to_hex(encode(connect_response{})), "1A00");
  CHECK_EQ(to_hex(encode(disconnect_request{})), "2200");
}

TEST_CASE("Protobuf reads what we write") {
  test::generator rnd{7};
  for (auto i = 0; i < 1000; ++i) {
    server_connection request{rnd.text(50), rnd.text(50)};
    remote::RemoteMessage msg;
    REQUIRE(msg.ParseFromString(encode(request)));
    CHECK_EQ(server_of(msg).member_id(), request.member_id);
    CHECK_EQ(server_of(msg).address(), request.address);
    connect_response response{rnd.text(50), rnd.chance(2)};
    REQUIRE(msg.ParseFromString(encode(response)));
    CHECK_EQ(msg.connect_response().member_id(), response.member_id);
    CHECK_EQ(msg.connect_response().blocked(), response.blocked);
  }
}

TEST_CASE("we read what Protobuf writes") {
  remote::RemoteMessage msg;
  server_of(msg).set_member_id("id");
  server_of(msg).set_address("host:1");
  server_of(msg).add_block_list("somebody");
  auto x = get<server_connection>(msg.SerializeAsString());
  CHECK_EQ(x.member_id, "id");
  CHECK_EQ(x.address, "host:1");

  msg.mutable_connect_request()->mutable_client_connection()->set_member_id(
    "client");
  CHECK_EQ(get<client_connection>(msg.SerializeAsString()).member_id, "client");

  msg.mutable_connect_response()->set_member_id("id");
  msg.mutable_connect_response()->set_blocked(true);
  auto y = get<connect_response>(msg.SerializeAsString());
  CHECK_EQ(y.member_id, "id");
  CHECK(y.blocked);

  msg.mutable_disconnect_request();
  get<disconnect_request>(msg.SerializeAsString());
}

TEST_CASE("a batch is found in place") {
  remote::RemoteMessage msg;
  msg.mutable_message_batch()->add_type_names("a");
  auto bytes = msg.SerializeAsString();
  auto content = get<batch_bytes>(bytes).content;
  CHECK_EQ(to_hex(content), "0A0161");
  CHECK_EQ(content.data(), bytes.data() + 2);
  CHECK_EQ(get<batch_bytes>(from_hex("0A00")).content, "");
}

TEST_CASE("of several contents the last counts") {
  CHECK_EQ(get<batch_bytes>(from_hex("2200 0A00")).content, "");
  get<disconnect_request>(from_hex("0A00 2200"));
  auto both = "0A0161" // ClientConnection, see below
              "12026964"; // its unknown field
  auto frame = std::string{"12 10"} // connect_request
               + " 0A 07 " + both // 1 client_connection
               + " 12 05 0A 03 78 79 7A"; // 2 server_connection "xyz"
  CHECK_EQ(get<server_connection>(from_hex(frame)).member_id, "xyz");
}

TEST_CASE("unknown fields are skipped") {
  CHECK_EQ(get<batch_bytes>(from_hex("2A0161 0A0162 3001 3B3C")).content, "b");
  auto x = get<connect_response>(from_hex("1A 09 0801 12026964 2A0178"));
  CHECK_EQ(x.member_id, "id");
}

TEST_CASE("known fields of another wire type are unknown fields") {
  CHECK_EQ(hex_reason("0801"), "no known content");
  auto x = get<connect_response>(from_hex("1A 07 1001 12 00 1A 01 78"));
  CHECK_EQ(x.member_id, "");
  CHECK_FALSE(x.blocked);
}

TEST_CASE("frames without content are bad") {
  CHECK_EQ(reason(""), "no known content");
  CHECK_EQ(hex_reason("2A00"), "no known content");
  CHECK_EQ(hex_reason("1200"), "connect request without content");
  CHECK_EQ(hex_reason("12021A00"), "connect request without content");
}

TEST_CASE("malformed frames are bad") {
  for (std::string hex : {
         "0A", // no length
         "0A01", // too short
         "0AFFFFFFFF7F", // much too short
         "0A00 FF", // something behind it
         "00", // no field number
         "0F", // wire type 7
         "0C", // the end of no group
         "1202 0A01", // in the connect request
         "1204 0A020A01", // in its content
         "1A02 1201", // in the response
         "1A02 1880", //
         "2201 FF", // in the disconnect request
       })
    CHECK_EQ(hex_reason(hex), "malformed message");
}

TEST_CASE("texts are bounded, UTF-8 and printable") {
  auto problem = [](const std::string& member_id, const std::string& address) {
    return reason(encode(server_connection{member_id, address}));
  };
  std::string longest(512, 'x');
  CHECK_EQ(problem(longest, longest), "");
  CHECK_EQ(problem("", ""), "");
  CHECK_EQ(problem("\xC3\xA4", "\xC3\xA4"), "");
  CHECK_EQ(problem(longest + "x", ""), "member id or address too long");
  CHECK_EQ(problem("", longest + "x"), "member id or address too long");
  CHECK_EQ(problem("\xFF", ""), "member id or address is not UTF-8");
  CHECK_EQ(problem("", "\xFF"), "member id or address is not UTF-8");
  CHECK_EQ(problem("a\nb", ""), "member id or address has control characters");
  CHECK_EQ(problem("", "\x7F"), "member id or address has control characters");
  // those of Latin-1, which have two bytes
  CHECK_EQ(problem("a\xC2\x80", ""),
           "member id or address has control characters");
  CHECK_EQ(problem("", "\xC2\x9F"),
           "member id or address has control characters");
  CHECK_EQ(problem("\xC2\xA0", ""), "");
  CHECK_EQ(reason(encode(connect_response{"\xFF", false})),
           "member id or address is not UTF-8");
}

TEST_CASE("mutations do no harm, and what Protobuf takes we take") {
  google::protobuf::LogSilencer silence;
  test::generator rnd{8};
  remote::RemoteMessage other;
  other.mutable_message_batch()->add_targets("x");
  std::vector<std::string> valid{
    encode(server_connection{"member", "host:1"}),
    encode(connect_response{"member", true}),
    encode(disconnect_request{}),
    other.SerializeAsString(),
  };
  for (auto i = 0; i < 50000; ++i) {
    auto mutated = test::mutate(rnd, rnd.pick(valid));
    test::tight_copy bytes{mutated};
    remote::RemoteMessage msg;
    auto why = reason(bytes.view());
    if (why != "" && why.find("control") == std::string::npos
        && msg.ParseFromString(mutated))
      CHECK_MESSAGE(
        (why == "no known content" || why == "connect request without content"),
        to_hex(mutated) << ": " << why);
  }
}
