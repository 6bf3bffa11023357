// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/handshake.hpp"

#include "wire/hex.hpp"

#include "remote.pb.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

/// Frames that a protoactor-go node wrote, one per line: a name and the bytes
/// in hex. Lines that start with '#' are comments.

using namespace caf_remote::wire;

namespace {

struct golden {
  std::string name;
  std::string bytes;
};

std::vector<golden> load(const char* file_name) {
  std::ifstream in{std::string{CAF_REMOTE_TESTS_DIR "/wire/golden/"}
                   + file_name};
  if (!in)
    FAIL("cannot open " << file_name);
  std::vector<golden> result;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line.front() == '#')
      continue;
    std::istringstream words{line};
    golden x;
    std::string hex;
    words >> x.name >> hex;
    x.bytes = test::from_hex(hex);
    result.push_back(std::move(x));
  }
  return result;
}

void compare(const batch_bytes& x, const remote::RemoteMessage& msg) {
  batch_view view;
  REQUIRE(decode_batch(x.content, view));
  auto& batch = msg.message_batch();
  REQUIRE_EQ(static_cast<int>(view.envelopes.size()), batch.envelopes_size());
  for (size_t i = 0; i < view.envelopes.size(); ++i) {
    auto& y = view.envelopes[i];
    auto& expected = batch.envelopes(static_cast<int>(i));
    CHECK_EQ(to_string(y.fault), "none");
    CHECK_EQ(y.type_index, expected.type_id());
    CHECK_EQ(y.target_index, expected.target());
    CHECK_EQ(y.sender_index, expected.sender() - 1);
    CHECK_EQ(y.payload, expected.message_data());
    CHECK_EQ(y.serializer_id, expected.serializer_id());
    CHECK_EQ(y.target_request_id, expected.target_request_id());
    CHECK_EQ(y.sender_request_id, expected.sender_request_id());
    CHECK_EQ(y.header_count, expected.message_header().header_data().size());
  }
  for (auto& target : view.targets)
    CHECK_FALSE(target.bare_id); // the older generation writes PIDs
}

void compare(const server_connection& x, const remote::RemoteMessage& msg) {
  auto& expected = msg.connect_request().server_connection();
  CHECK_EQ(x.member_id, expected.member_id());
  CHECK_EQ(x.address, expected.address());
}

void compare(const client_connection& x, const remote::RemoteMessage& msg) {
  auto& expected = msg.connect_request().client_connection();
  CHECK_EQ(x.member_id, expected.member_id());
}

void compare(const connect_response& x, const remote::RemoteMessage& msg) {
  CHECK_EQ(x.member_id, msg.connect_response().member_id());
  CHECK_EQ(x.blocked, msg.connect_response().blocked());
}

void compare(const disconnect_request&, const remote::RemoteMessage& msg) {
  CHECK(msg.has_disconnect_request());
}

void compare(const bad_frame& x, const remote::RemoteMessage&) {
  FAIL_CHECK(x.reason);
}

} // namespace

TEST_CASE("the frames of a Go node are read") {
  auto frames = load("go_gen2.txt");
  CHECK_FALSE(frames.empty());
  for (auto& x : frames) {
    CAPTURE(x.name);
    remote::RemoteMessage msg;
    REQUIRE(msg.ParseFromString(x.bytes));
    std::visit([&msg](const auto& content) { compare(content, msg); },
               decode_frame(x.bytes));
  }
}
