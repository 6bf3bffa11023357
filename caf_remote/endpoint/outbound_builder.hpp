// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/outbound_element.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/wire/serializer_registry.hpp"

#include <google/protobuf/message.h>

#include <string_view>

namespace caf_remote {

/// What a payload may hold: Protobuf's own limit. No element is made above it.
constexpr size_t max_payload_bytes = 0x7fffffff;

/// Makes an element whose payload is already encoded. With `copy_type_name` the
/// name is kept in the element, else it must live as long as the program.
/// @pre the payload is within `max_payload_bytes`
outbound_ptr make_outbound(const correspondents& who,
                           std::string_view type_name, bool copy_type_name,
                           std::string_view payload,
                           std::string_view header = {});

/// Encodes a message of a registered type into an element, without a copy.
/// Errors: `errc::invalid_utf8`, and those of the serializer.
caf::expected<outbound_ptr>
make_outbound(const correspondents& who,
              const wire::serializer_registry& registry,
              const wire::serializer_registry::entry& type,
              const google::protobuf::Message& content, int32_t serializer_id,
              std::string_view header);

/// Encodes a header. Errors: `errc::header_too_large`, `errc::invalid_utf8`.
caf::expected<std::string> encode_header(const message_header& xs,
                                         size_t max_count, size_t max_bytes);

} // namespace caf_remote
