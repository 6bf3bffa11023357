// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outbound_builder.hpp"

#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <algorithm>

namespace caf_remote {

outbound_ptr make_outbound(const correspondents& who,
                           std::string_view type_name, bool copy_type_name,
                           std::string_view payload, std::string_view header) {
  auto result = outbound_element::make(
    {who, type_name, copy_type_name, payload.size(), header});
  std::copy(payload.begin(), payload.end(), result->payload_buffer());
  return result;
}

caf::expected<outbound_ptr>
make_outbound(const correspondents& who,
              const wire::serializer_registry& registry,
              const wire::serializer_registry::entry& type,
              const google::protobuf::Message& content, int32_t serializer_id,
              std::string_view header) {
  auto& name = type.codec->type_name();
  if (serializer_id != wire::protobuf_serializer) {
    std::string payload;
    if (auto err = registry.encode(content, type, serializer_id, payload))
      return err;
    if (payload.size() > max_payload_bytes)
      return make_error(errc::message_too_large, name + " exceeds 2 GiB");
    auto result = make_outbound(who, name, false, payload, header);
    result->serializer_id = serializer_id;
    if (serializer_id != wire::json_serializer)
      result->need = peer_need::caf_remote;
    return result;
  }
  auto size = content.ByteSizeLong();
  if (size > max_payload_bytes)
    return make_error(errc::message_too_large, name + " exceeds 2 GiB");
  auto result = outbound_element::make({who, name, false, size, header});
  content.SerializeWithCachedSizesToArray(
    reinterpret_cast<uint8_t*>(result->payload_buffer()));
  if (!type.plan().check(result->payload()))
    return make_error(errc::invalid_utf8,
                      "a string in " + name
                        + " is not UTF-8, or nested deeper than 100");
  return result;
}

caf::expected<std::string> encode_header(const message_header& xs,
                                         size_t max_count, size_t max_bytes) {
  size_t bytes = 0;
  for (auto& kvp : xs) {
    bytes += kvp.first.size() + kvp.second.size();
    if (!wire::valid_utf8(kvp.first) || !wire::valid_utf8(kvp.second))
      return make_error(errc::invalid_utf8, "a header is not UTF-8");
  }
  if (xs.size() > max_count || bytes > max_bytes)
    return make_error(
      errc::header_too_large,
      std::to_string(xs.size()) + " headers with " + std::to_string(bytes)
        + " bytes; max-headers and max-header-bytes allow "
        + std::to_string(max_count) + " with " + std::to_string(max_bytes));
  return wire::encode_header(xs);
}

} // namespace caf_remote
