// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outbound_builder.hpp"

#include "caf_remote/wire/batch_codec.hpp"

#include <cstring>

namespace caf_remote {

namespace {

std::string_view append(char*& pos, std::string_view str) {
  if (str.empty())
    return {};
  std::memcpy(pos, str.data(), str.size());
  std::string_view result{pos, str.size()};
  pos += str.size();
  return result;
}

} // namespace

outbound_ptr make_outbound(actor_name_ptr target, std::string_view type_name,
                           bool copy_type_name, std::string_view payload,
                           std::string_view header) {
  auto tail = payload.size() + header.size()
              + (copy_type_name ? type_name.size() : 0);
  auto result = outbound_element::make(tail);
  auto pos = result->tail();
  auto& x = result->data;
  x.target = std::move(target);
  x.payload = append(pos, payload);
  x.header = append(pos, header);
  x.type_name = copy_type_name ? append(pos, type_name) : type_name;
  return result;
}

caf::expected<outbound_ptr>
make_outbound(actor_name_ptr target, const wire::serializer_registry& registry,
              const wire::serializer_registry::entry& type,
              const google::protobuf::Message& content, int32_t serializer_id,
              std::string_view header) {
  auto& name = type.codec->type_name();
  if (serializer_id != wire::protobuf_serializer) {
    std::string payload;
    if (auto err = registry.encode(content, type, serializer_id, payload))
      return err;
    auto result = make_outbound(std::move(target), name, false, payload,
                                header);
    result->data.serializer_id = serializer_id;
    if (serializer_id != wire::json_serializer)
      result->data.need = peer_need::caf_remote;
    return result;
  }
  auto size = content.ByteSizeLong();
  if (size > 0x7fffffff)
    return make_error(errc::message_too_large, name + " exceeds 2 GiB");
  auto result = outbound_element::make(size + header.size());
  auto begin = result->tail();
  auto& x = result->data;
  x.target = std::move(target);
  x.type_name = name;
  content.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(begin));
  x.payload = std::string_view{begin, size};
  auto pos = begin + size;
  x.header = append(pos, header);
  if (!type.strings.trivial() && !type.strings.check(x.payload))
    return make_error(errc::invalid_utf8,
                      "a string in " + name + " is not UTF-8");
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
    return make_error(errc::header_too_large,
                      std::to_string(xs.size()) + " headers with "
                        + std::to_string(bytes) + " bytes, allowed are "
                        + std::to_string(max_count) + " with "
                        + std::to_string(max_bytes));
  return wire::encode_header(xs);
}

} // namespace caf_remote
