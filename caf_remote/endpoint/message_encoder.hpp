// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"
#include "caf_remote/message.hpp"

#include <caf/expected.hpp>
#include <caf/message.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace caf_remote {

/// Turns the content of a CAF message into an encoded one for a remote actor:
/// one registered Protobuf message, a raw payload, or one of the module's own
/// that have a counterpart in Proto.Actor. Runs on the sender's thread.
class message_encoder {
public:
  message_encoder(node& home, const correspondents& who)
    : node_(home), who_(who) {
    // nop
  }

  /// Errors: `errc::not_serializable` and those of Protobuf's serializer.
  caf::expected<outbound_ptr>
  encode(const caf::type_erased_tuple& content) const;

  /// The same with a header, and by another serializer. Errors: also what
  /// `encode_header` and that serializer return.
  caf::expected<outbound_ptr> encode(const caf::type_erased_tuple& content,
                                     const message_header& header,
                                     int32_t serializer_id) const;

private:
  const wire::serializer_registry::entry*
  registered_type(const caf::type_erased_tuple& content) const;
  caf::expected<outbound_ptr> encode(const caf::type_erased_tuple& content,
                                     std::string_view header,
                                     int32_t serializer_id) const;
  caf::expected<outbound_ptr> encode(const raw_message& x,
                                     std::string_view header) const;

  node& node_;
  const correspondents who_;
};

/// About what a message holds: exact for registered types, raw messages and
/// strings, 4 KiB for each element of another type.
size_t content_bytes(const node& home, const caf::message& xs);

/// What a message is called in texts for persons: the Protobuf name of what can
/// travel, else the C++ type; of several elements all, in parentheses.
std::string content_name(const node& home, const caf::type_erased_tuple& xs);

/// The only element of a message; null if it has another type or company.
template <class T>
const T* only_element(const caf::type_erased_tuple& xs) {
  if (xs.size() != 1 || !xs.match_element<T>(0))
    return nullptr;
  return &xs.get_as<T>(0);
}

} // namespace caf_remote
