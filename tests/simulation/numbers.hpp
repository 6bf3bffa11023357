// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/peer_frames.hpp"

#include <caf/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Everything that is sent in a story carries a number by which it is known.

namespace caf_remote::test {

/// What is asked of whoever gets a request.
enum class wish : uint8_t {
  answer,
  answer_with_header,
  fail,
  /// No answer as long as it lives.
  hold,
  /// Passed on to an actor elsewhere.
  pass_on,
  /// The same, and its time limit goes along.
  pass_on_in_time,
};

constexpr size_t wishes = 6;

/// The text of answers, so that they are not taken for messages.
constexpr const char* answer_text = "answer";

/// A type that nobody has registered.
constexpr const char* unknown_type = "story.Unknown";

/// The key of a header that repeats the number.
constexpr const char* header_key = "number";

/// What actors are called that a node of the module spawns for others.
constexpr const char* kind_of_people = "person";

/// The content of a request.
constexpr uint64_t wish_content(uint32_t number, wish what) noexcept {
  return uint64_t{number} << 4 | static_cast<uint64_t>(what);
}

constexpr uint32_t number_of(uint64_t content) noexcept {
  return static_cast<uint32_t>(content >> 4);
}

constexpr wish wish_of(uint64_t content) noexcept {
  return static_cast<wish>((content & 15) % wishes);
}

/// Whether the figures of an endpoint count it: all but what watches take.
bool is_of_user(const envelope& x);

/// The number of a message or request; none for all else.
std::optional<uint32_t> number_in(const envelope& x);
std::optional<uint32_t> number_in(const caf::message& x);

/// The number of the request that this is the answer to; none if it is none.
std::optional<uint32_t> answered_in(const envelope& x);
std::optional<uint32_t> answered_in(const caf::message& x);

/// The messages of a frame; none if it is no batch.
std::vector<envelope> messages_in(const std::string& frame);

/// The numbers of all messages in a frame.
std::vector<uint32_t> numbers_in(const std::string& frame);

} // namespace caf_remote::test
