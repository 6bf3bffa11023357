// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/batch_codec.hpp"

#include <string>
#include <string_view>

namespace caf_remote::wire {

/// How "the handler returned nothing" travels between two caf_remote nodes: a
/// google.protobuf.Empty with a header that tells it from an Empty that a
/// handler returned. Never sent to others.
struct empty_result {
  static constexpr std::string_view type_name = "google.protobuf.Empty";
  static constexpr std::string_view key = "caf-remote-empty-result";

  /// The encoded header.
  static const std::string& header() {
    static const auto instance = encode_header({{std::string{key}, "1"}});
    return instance;
  }
};

} // namespace caf_remote::wire
