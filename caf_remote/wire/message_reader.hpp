// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/memory_plan.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <string_view>

namespace caf_remote::wire {

/// Reads messages of one of Proto.Actor's own types, which hold little more
/// than names.
class message_reader {
public:
  explicit message_reader(const google::protobuf::Message& prototype);

  /// Returns false if `bytes` are no such message, have a string that is not
  /// UTF-8, or would take more than 4 times their size in memory, 64 KiB
  /// allowed. Nothing is written to stderr, which Protobuf would do for each
  /// such string, as often as a peer likes. @pre `x` has the type of the
  /// prototype.
  bool read(std::string_view bytes, google::protobuf::Message& x) const;

private:
  utf8_plan strings_;
  memory_plan memory_;
};

} // namespace caf_remote::wire
