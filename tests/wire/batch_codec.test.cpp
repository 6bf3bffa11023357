// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/batch_codec.hpp"

#include "caf_remote/wire/handshake.hpp"
#include "caf_remote/wire/utf8.hpp"

#include "wire/hex.hpp"
#include "wire/random_batch.hpp"

#include "remote.pb.h"

#include <doctest/doctest.h>

#include <optional>

/// Our decoder and Protobuf's parser on the same bytes.

using namespace caf_remote::wire;
using test::generator;
using test::random_batch;

namespace {

// -- what the decoder should say, by way of Protobuf's classes ----------------

struct expected_target {
  std::string address;
  std::string id;
  bool valid = false;
  bool bare_id = false;
};

expected_target expect_target(const std::string& bytes) {
  google::protobuf::LogSilencer silence;
  expected_target result;
  auto first = bytes.empty() ? 0 : bytes.front();
  actor::PID pid;
  if (first == 0x0A || first == 0x12 || first == 0x18)
    if (pid.ParseFromString(bytes))
      return {pid.address(), pid.id(), !pid.id().empty(), false};
  if (bytes.empty() || static_cast<unsigned char>(first) < 0x20
      || !valid_utf8(bytes))
    return {};
  return {"", bytes, true, true};
}

bool in_range(int64_t index, int size) {
  return index >= 0 && index < size;
}

envelope_fault expect_fault(const remote::MessageBatch& batch,
                            const remote::MessageEnvelope& x) {
  using fault = envelope_fault;
  if (!in_range(x.type_id(), batch.type_names_size()))
    return fault::bad_type_index;
  if (batch.type_names(x.type_id()).empty())
    return fault::bad_type_name;
  if (!in_range(x.target(), batch.targets_size()))
    return fault::bad_target_index;
  if (!expect_target(batch.targets(x.target())).valid)
    return fault::bad_target;
  if (x.sender() == 0)
    return fault::none;
  auto sender = int64_t{x.sender()} - 1;
  if (!in_range(sender, batch.senders_size()))
    return fault::bad_sender_index;
  if (batch.senders(static_cast<int>(sender)).id().empty())
    return fault::bad_sender;
  return fault::none;
}

void compare_tables(const remote::MessageBatch& x, const batch_view& y) {
  REQUIRE_EQ(x.type_names_size(), static_cast<int>(y.type_names.size()));
  for (auto i = 0; i < x.type_names_size(); ++i)
    CHECK_EQ(x.type_names(i), y.type_names[static_cast<size_t>(i)]);
  REQUIRE_EQ(x.targets_size(), static_cast<int>(y.targets.size()));
  for (auto i = 0; i < x.targets_size(); ++i) {
    auto expected = expect_target(x.targets(i));
    auto& target = y.targets[static_cast<size_t>(i)];
    CHECK_EQ(target.valid, expected.valid);
    if (expected.valid) {
      CHECK_EQ(target.bare_id, expected.bare_id);
      CHECK_EQ(target.address, expected.address);
      CHECK_EQ(target.id, expected.id);
    }
  }
  REQUIRE_EQ(x.senders_size(), static_cast<int>(y.senders.size()));
  for (auto i = 0; i < x.senders_size(); ++i) {
    auto& expected = x.senders(i);
    auto& sender = y.senders[static_cast<size_t>(i)];
    CHECK_EQ(sender.valid, !expected.id().empty());
    CHECK_EQ(sender.address, expected.address());
    CHECK_EQ(sender.id, expected.id());
    CHECK_EQ(sender.request_id, expected.request_id());
  }
}

void compare_envelope(const remote::MessageBatch& batch,
                      const remote::MessageEnvelope& x, const envelope& y) {
  CHECK_EQ(to_string(y.fault), to_string(expect_fault(batch, x)));
  CHECK_EQ(y.payload, x.message_data());
  CHECK_EQ(y.serializer_id, x.serializer_id());
  CHECK_EQ(y.target_request_id, x.target_request_id());
  CHECK_EQ(y.sender_request_id, x.sender_request_id());
  if (y.type_index >= 0)
    CHECK_EQ(y.type_index, x.type_id());
  if (y.target_index >= 0)
    CHECK_EQ(y.target_index, x.target());
  if (y.sender_index >= 0)
    CHECK_EQ(y.sender_index, x.sender() - 1);
  if (y.fault == envelope_fault::none) {
    CHECK_EQ(y.type_index, x.type_id());
    CHECK_EQ(y.target_index, x.target());
    CHECK_EQ(y.sender_index, x.sender() - 1);
  }
}

void compare_headers(const remote::MessageEnvelope& x, const envelope& y) {
  auto& expected = x.message_header().header_data();
  REQUIRE_EQ(y.header_count, expected.size());
  header_view header;
  decode_header(y.header, header);
  REQUIRE_EQ(header.size(), expected.size());
  for (auto& [key, value] : header)
    CHECK_EQ(expected.at(std::string{key}), value);
}

// Never true for damage: every index must be in its table.
bool consistent(const batch_view& x) {
  auto fits = [](int32_t index, size_t size) {
    return index >= -1 && index < static_cast<int64_t>(size);
  };
  for (auto& y : x.envelopes) {
    if (!fits(y.type_index, x.type_names.size())
        || !fits(y.target_index, x.targets.size())
        || !fits(y.sender_index, x.senders.size()))
      return false;
    if (y.fault == envelope_fault::none
        && (y.type_index < 0 || y.target_index < 0))
      return false;
  }
  return true;
}

} // namespace

TEST_CASE("we read what Protobuf writes") {
  generator rnd{20};
  batch_view view; // the same for all rounds
  for (auto round = 0; round < 5000; ++round) {
    auto batch = random_batch(rnd);
    test::tight_copy bytes{test::serialize(batch)};
    REQUIRE(decode_batch(bytes.view(), view));
    compare_tables(batch, view);
    REQUIRE_EQ(batch.envelopes_size(), static_cast<int>(view.envelopes.size()));
    for (auto i = 0; i < batch.envelopes_size(); ++i) {
      auto& x = batch.envelopes(i);
      compare_envelope(batch, x, view.envelopes[static_cast<size_t>(i)]);
      compare_headers(x, view.envelopes[static_cast<size_t>(i)]);
    }
  }
}

TEST_CASE("what Protobuf takes we take, whatever it is") {
  google::protobuf::LogSilencer silence;
  generator rnd{21};
  batch_view view;
  auto taken = 0;
  for (auto round = 0; round < 50000; ++round) {
    auto mutated = test::mutate(rnd, test::serialize(random_batch(rnd)));
    test::tight_copy bytes{mutated};
    auto ok = decode_batch(bytes.view(), view);
    REQUIRE(consistent(view));
    remote::MessageBatch batch;
    if (!batch.ParseFromString(mutated))
      continue;
    ++taken;
    REQUIRE_MESSAGE(ok, test::to_hex(mutated));
    compare_tables(batch, view);
    REQUIRE_EQ(batch.envelopes_size(), static_cast<int>(view.envelopes.size()));
    for (auto i = 0; i < batch.envelopes_size(); ++i)
      compare_envelope(batch, batch.envelopes(i),
                       view.envelopes[static_cast<size_t>(i)]);
  }
  CHECK_GT(taken, 1000);
}

TEST_CASE("every cut of a frame is read or refused") {
  generator rnd{22};
  batch_view view;
  for (auto round = 0; round < 200; ++round) {
    remote::RemoteMessage msg;
    *msg.mutable_message_batch() = random_batch(rnd);
    auto bytes = test::serialize(msg);
    for (size_t n = 0; n < bytes.size(); ++n) {
      test::tight_copy cut{bytes.substr(0, n)};
      CHECK(std::holds_alternative<bad_frame>(decode_frame(cut.view())));
      decode_batch(cut.view(), view);
      REQUIRE(consistent(view));
    }
  }
}

TEST_CASE("garbage does no harm") {
  generator rnd{23};
  batch_view view;
  header_view header;
  for (auto round = 0; round < 50000; ++round) {
    test::tight_copy bytes{rnd.bytes(60)};
    decode_frame(bytes.view());
    decode_target(bytes.view());
    decode_header(bytes.view(), header);
    decode_batch(bytes.view(), view);
    REQUIRE(consistent(view));
  }
}

TEST_CASE("we read what we write") {
  generator rnd{24};
  batch_encoder enc;
  batch_view view;
  for (auto round = 0; round < 1000; ++round) {
    std::vector<std::string> ids;
    for (auto n = 1 + rnd.below(5); n > 0; --n)
      ids.push_back(rnd.text(20));
    std::vector<envelope_view> xs;
    std::vector<std::string> payloads;
    for (auto n = rnd.below(20); n > 0; --n)
      payloads.push_back(rnd.bytes(100));
    for (auto& payload : payloads) {
      envelope_view x;
      x.type_name = rnd.pick(ids);
      x.payload = payload;
      x.target_id = rnd.pick(ids);
      if (rnd.chance(2)) {
        x.sender_id = rnd.pick(ids);
        x.sender_address = "h:1";
      }
      x.sender_request_id = rnd.number();
      xs.push_back(x);
      enc.add(x);
    }
    auto frame = enc.finish("h:2");
    auto content = decode_frame(frame);
    REQUIRE(std::holds_alternative<batch_bytes>(content));
    REQUIRE(decode_batch(std::get<batch_bytes>(content).content, view));
    REQUIRE_EQ(view.envelopes.size(), xs.size());
    for (size_t i = 0; i < xs.size(); ++i) {
      auto& y = view.envelopes[i];
      CHECK_EQ(y.fault, envelope_fault::none);
      CHECK_EQ(view.type_names[static_cast<size_t>(y.type_index)],
               xs[i].type_name);
      auto& target = view.targets[static_cast<size_t>(y.target_index)];
      CHECK_EQ(target.id, xs[i].target_id);
      CHECK_EQ(target.address, "h:2");
      CHECK_EQ(y.payload, xs[i].payload);
      CHECK_EQ(y.sender_request_id, xs[i].sender_request_id);
      CHECK_EQ(y.sender_index >= 0, !xs[i].sender_id.empty());
      if (y.sender_index >= 0)
        CHECK_EQ(view.senders[static_cast<size_t>(y.sender_index)].id,
                 xs[i].sender_id);
    }
  }
}
