// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/shared_text.hpp"
#include "caf_remote/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace caf_remote {

class lost_message;

/// What becomes a `raw_message` when somebody reads it. Shares the name of the
/// type with the other messages of its batch.
struct encoded_message {
  /// Null: no name.
  shared_text_ptr type;
  int32_t serializer_id = 0;
  std::string bytes;

  std::string_view type_name() const noexcept {
    return type != nullptr ? std::string_view{type->value} : std::string_view{};
  }

  /// Moves the bytes out.
  raw_message make() {
    return {std::string{type_name()}, serializer_id, std::move(bytes)};
  }

  void move_to(lost_message& x);
};

} // namespace caf_remote
