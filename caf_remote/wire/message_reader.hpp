// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/payload_plan.hpp"

#include <cstddef>
#include <string_view>

namespace caf_remote::wire {

/// Reads messages of one type in Protobuf's form, within bounds for the memory
/// that this takes, and without a word to stderr, which Protobuf would write
/// for strings that are not UTF-8 and fields that are missing, as often as a
/// peer likes.
class message_reader {
public:
  using verdict = payload_plan::verdict;

  explicit message_reader(const google::protobuf::Message& prototype);

  /// What would take more than `limit` bytes of memory is refused unread; four
  /// times `bytes` are always allowed. @pre `x` has the type of the prototype.
  verdict read(std::string_view bytes, size_t limit,
               google::protobuf::Message& x) const;

  /// For Proto.Actor's own types, which hold little more than names: 64 KiB are
  /// allowed. Returns false for all but good messages.
  bool read(std::string_view bytes, google::protobuf::Message& x) const;

  /// What reading may take that need not take more than `limit`.
  static size_t limit_for(std::string_view bytes, size_t limit) noexcept;

  const payload_plan& plan() const noexcept {
    return plan_;
  }

private:
  payload_plan plan_;
};

} // namespace caf_remote::wire
