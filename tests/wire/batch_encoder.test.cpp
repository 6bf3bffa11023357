// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/batch_codec.hpp"

#include "wire/hex.hpp"
#include "wire/random_batch.hpp"

#include "remote.pb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace caf_remote::wire;
using test::to_hex;

namespace {

// One message with the strings that its view refers to.
struct message {
  std::string type_name;
  std::string payload;
  std::string target_id;
  std::string sender_id;
  std::string sender_address;
  std::string header;
  int32_t serializer_id = 0;
  uint32_t target_request_id = 0;
  uint32_t sender_request_id = 0;

  envelope_view view() const {
    return {type_name,     payload,           target_id,
            sender_id,     sender_address,    header,
            serializer_id, target_request_id, sender_request_id};
  }

  size_t name_bytes(size_t target_address_size) const {
    return type_name.size() + target_id.size() + target_address_size
           + sender_id.size() + sender_address.size();
  }
};

remote::MessageBatch parse(const std::string& frame) {
  remote::RemoteMessage msg;
  if (!msg.ParseFromString(frame))
    FAIL("Protobuf does not take " << to_hex(frame));
  REQUIRE(msg.has_message_batch());
  return msg.message_batch();
}

message random_message(test::generator& rnd,
                       const std::vector<std::string>& names) {
  message x;
  x.type_name = rnd.pick(names);
  x.payload = rnd.bytes(rnd.chance(10) ? 20000 : 100);
  x.target_id = rnd.pick(names);
  if (rnd.chance(2)) {
    x.sender_id = rnd.pick(names);
    if (!rnd.chance(8))
      x.sender_address = rnd.pick(names);
  }
  if (rnd.chance(4))
    x.header = encode_header({{rnd.text(5), rnd.text(200)}, {"", ""}});
  if (rnd.chance(4))
    x.serializer_id = static_cast<int32_t>(rnd.number());
  if (rnd.chance(2))
    x.target_request_id = rnd.number();
  if (rnd.chance(2))
    x.sender_request_id = rnd.number();
  return x;
}

actor::PID pid_of(const std::string& bytes) {
  actor::PID result;
  REQUIRE(result.ParseFromString(bytes));
  return result;
}

void compare(const message& x, const remote::MessageEnvelope& y,
             const remote::MessageBatch& batch, const std::string& address,
             dialect form) {
  CHECK_EQ(batch.type_names(y.type_id()), x.type_name);
  auto& target = batch.targets(y.target());
  if (form == dialect::gen2_pid) {
    CHECK_EQ(pid_of(target).address(), address);
    CHECK_EQ(pid_of(target).id(), x.target_id);
    CHECK_EQ(pid_of(target).request_id(), 0u);
  } else {
    CHECK_EQ(target, x.target_id);
  }
  CHECK_EQ(y.sender() != 0, !x.sender_id.empty());
  if (y.sender() != 0) {
    auto& sender = batch.senders(y.sender() - 1);
    CHECK_EQ(sender.address(), x.sender_address);
    CHECK_EQ(sender.id(), x.sender_id);
    CHECK_EQ(sender.request_id(), 0u);
  }
  CHECK_EQ(y.message_data(), x.payload);
  CHECK_EQ(y.serializer_id(), x.serializer_id);
  CHECK_EQ(y.target_request_id(), x.target_request_id);
  CHECK_EQ(y.sender_request_id(), x.sender_request_id);
  CHECK_EQ(y.has_message_header(), !x.header.empty());
}

template <class Range>
bool distinct(const Range& xs) {
  std::set<std::string> seen;
  return std::all_of(xs.begin(), xs.end(),
                     [&](auto& x) { return seen.insert(x).second; });
}

} // namespace

TEST_CASE("a batch looks as follows") {
  batch_encoder enc;
  message x{"t.A", "pay", "me", "you", "h:1", "", 0, 0, 0};
  enc.add(x.view());
  message y{"t.A", "", "me", "", "", encode_header({{"k", "v"}}), 1, 5, 300};
  enc.add(y.view());
  CHECK_EQ(enc.count(), 2u);
  CHECK_EQ(to_hex(enc.finish("h:2")),
           "0AB880808000" // RemoteMessage 1: message_batch, 56 bytes
           "1A07" // 3 envelopes, 7 bytes
           "2001" //   4 sender 1; type and target 0 are left out
           "1203706179" //   2 message_data "pay"
           "1A11" // 3 envelopes, 17 bytes
           "2801" //   5 serializer_id 1
           "3805" //   7 target_request_id 5
           "40AC02" //   8 sender_request_id 300
           "3208" //   6 message_header
           "0A06" //     1 header_data
           "0A016B" //       1 "k"
           "120176" //       2 "v"
           "0A03742E41" // 1 type_names "t.A"
           "1209" // 2 targets
           "0A03683A32" //   1 Address "h:2"
           "12026D65" //   2 Id "me"
           "220A" // 4 senders
           "0A03683A31" //   1 Address "h:1"
           "1203796F75"); //   2 Id "you"
}

TEST_CASE("the newer generation has bare ids as targets") {
  batch_encoder enc;
  message x{"t", "", "me", "", "", "", 0, 0, 0};
  enc.add(x.view());
  CHECK_EQ(to_hex(enc.finish("h:2", dialect::gen3_id)),
           "0A8980808000" // RemoteMessage 1: message_batch, 9 bytes
           "1A00" // 3 an envelope of default values
           "0A0174" // 1 type_names "t"
           "12026D65"); // 2 targets "me"
}

TEST_CASE("an empty batch is legal") {
  batch_encoder enc;
  CHECK_GE(enc.size(100), 6u);
  auto frame = enc.finish("h:1");
  CHECK_EQ(to_hex(frame), "0A8080808000");
  CHECK_EQ(parse(frame).envelopes_size(), 0);
}

TEST_CASE("a PID without an address leaves it out") {
  batch_encoder enc;
  message x{"t", "", "me", "you", "", "", 0, 0, 0};
  enc.add(x.view());
  auto batch = parse(enc.finish(""));
  CHECK_EQ(to_hex(batch.targets(0)), "12026D65");
  CHECK_EQ(batch.senders(0).address(), "");
}

TEST_CASE("extreme numbers survive") {
  batch_encoder enc;
  message x{"t", "", "me", "", "", "", -1, UINT32_MAX, UINT32_MAX};
  auto bound = enc.size(3) + batch_encoder::worst_case_size(x.view(), 3);
  enc.add(x.view());
  CHECK_LE(enc.size(3), bound);
  auto batch = parse(enc.finish("h:1"));
  CHECK_EQ(batch.envelopes(0).serializer_id(), -1);
  CHECK_EQ(batch.envelopes(0).target_request_id(), UINT32_MAX);
  CHECK_EQ(batch.envelopes(0).sender_request_id(), UINT32_MAX);
}

TEST_CASE("an encoder can be used again") {
  batch_encoder enc;
  message x{"t.A", "1", "a", "s", "h:1", "", 0, 0, 0};
  message y{"t.B", "2", "b", "", "", "", 0, 0, 0};
  enc.add(x.view());
  enc.finish("h:2");
  CHECK_EQ(enc.count(), 0u);
  CHECK_EQ(enc.size(3), batch_encoder{}.size(3));
  enc.add(y.view());
  auto again = enc.finish("h:3");
  batch_encoder fresh;
  fresh.add(y.view());
  CHECK_EQ(to_hex(again), to_hex(fresh.finish("h:3")));
}

TEST_CASE("headers are written as a map") {
  auto bytes = encode_header({{"k", "v"}, {"", ""}, {"\xC3\xA4", "x"}});
  remote::MessageHeader header;
  REQUIRE(header.ParseFromString(bytes));
  CHECK_EQ(header.header_data_size(), 3);
  CHECK_EQ(header.header_data().at("k"), "v");
  CHECK_EQ(header.header_data().at(""), "");
  CHECK_EQ(header.header_data().at("\xC3\xA4"), "x");
  CHECK_EQ(encode_header({}), "");
}

TEST_CASE("Protobuf reads what we write, within the predicted size") {
  test::generator rnd{10};
  batch_encoder enc; // the same for all rounds
  for (auto round = 0; round < 3000; ++round) {
    std::vector<std::string> names;
    for (auto n = 1 + rnd.below(6); n > 0; --n)
      names.push_back(rnd.text(rnd.chance(5) ? 200 : 10));
    auto address = rnd.chance(10) ? "" : rnd.text(20);
    auto form = rnd.chance(3) ? dialect::gen3_id : dialect::gen2_pid;
    std::vector<message> xs;
    for (auto n = rnd.below(round % 100 == 0 ? 500 : 8); n > 0; --n)
      xs.push_back(random_message(rnd, names));
    for (auto& x : xs) {
      auto before = enc.size(address.size());
      auto extra = batch_encoder::worst_case_size(x.view(), address.size());
      enc.add(x.view());
      REQUIRE_LE(enc.size(address.size()), before + extra);
      auto known = x.name_bytes(address.size()) + x.payload.size()
                   + x.header.size();
      REQUIRE_LE(extra, known + 96);
    }
    REQUIRE_EQ(enc.count(), xs.size());
    auto bound = enc.size(address.size());
    auto frame = enc.finish(address, form);
    REQUIRE_LE(frame.size(), bound);
    if (form == dialect::gen2_pid)
      REQUIRE_LE(bound, frame.size() + 64 * xs.size());
    auto batch = parse(frame);
    REQUIRE_EQ(batch.envelopes_size(), static_cast<int>(xs.size()));
    for (size_t i = 0; i < xs.size(); ++i)
      compare(xs[i], batch.envelopes(static_cast<int>(i)), batch, address,
              form);
    CHECK(distinct(batch.type_names()));
    CHECK(distinct(batch.targets()));
  }
}
