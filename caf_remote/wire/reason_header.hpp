// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/batch_codec.hpp"

#include <string>
#include <string_view>

namespace caf_remote::wire {

/// How it travels between two caf_remote nodes why something failed: as a
/// header of the DeadLetterResponse, which has no room for it, or of the
/// ActorPidResponse, which has room for a status code. Never sent to others.
struct reason_header {
  static constexpr std::string_view key = "caf-remote-reason";

  /// The encoded header; nothing for an empty text.
  static std::string encode(std::string text) {
    return text.empty() ? std::string{}
                        : encode_header({{std::string{key}, std::move(text)}});
  }
};

} // namespace caf_remote::wire
