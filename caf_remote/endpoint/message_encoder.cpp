// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/message_encoder.hpp"

#include "caf_remote/compat/cpp_type_name.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/printable.hpp"
#include "caf_remote/wire/system_messages.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

std::string element_name(const node& home, const caf::type_erased_tuple& xs,
                         size_t pos) {
  if (xs.match_element<raw_message>(pos))
    return printable(xs.get_as<raw_message>(pos).type_name);
  auto type = xs.type(pos).second;
  auto known = type != nullptr ? home.types.find(*type) : nullptr;
  return known != nullptr ? known->codec->type_name()
                          : printable(cpp_type_name(xs, pos));
}

// For what nobody here can look into: much for a number, little for a large
// container.
constexpr size_t bytes_of_others = 4096;

size_t element_bytes(const node& home, const caf::message& xs, size_t pos) {
  if (xs.match_element<raw_message>(pos)) {
    auto& x = xs.get_as<raw_message>(pos);
    return x.type_name.size() + x.bytes.size();
  }
  if (xs.match_element<std::string>(pos))
    return xs.get_as<std::string>(pos).size();
  auto type = xs.type(pos).second;
  auto known = type != nullptr ? home.types.find(*type) : nullptr;
  if (known == nullptr)
    return bytes_of_others;
  auto& x = known->codec->base(xs.get(pos));
  return known->held_bytes({}, wire::protobuf_serializer, x, 0);
}

} // namespace

size_t content_bytes(const node& home, const caf::message& xs) {
  size_t result = 0;
  for (size_t i = 0; i < xs.size(); ++i)
    result += element_bytes(home, xs, i);
  return result;
}

std::string content_name(const node& home, const caf::type_erased_tuple& xs) {
  if (xs.size() == 1)
    return element_name(home, xs, 0);
  constexpr size_t max_elements = 8;
  std::string result = "(";
  for (size_t i = 0; i < std::min(xs.size(), max_elements); ++i)
    result += (i == 0 ? "" : ", ") + element_name(home, xs, i);
  return result + (xs.size() > max_elements ? ", ...)" : ")");
}

caf::expected<outbound_ptr>
message_encoder::encode(const caf::type_erased_tuple& content) const {
  // first what nearly all messages are
  if (auto type = registered_type(content))
    return make_outbound(who_, node_.types, *type,
                         type->codec->base(content.get(0)),
                         wire::protobuf_serializer, {});
  return encode(content, std::string_view{}, wire::protobuf_serializer);
}

const wire::serializer_registry::entry*
message_encoder::registered_type(const caf::type_erased_tuple& content) const {
  if (content.size() != 1)
    return nullptr;
  auto type = content.type(0).second;
  return type != nullptr ? node_.types.find(*type) : nullptr;
}

caf::expected<outbound_ptr>
message_encoder::encode(const caf::type_erased_tuple& content,
                        const message_header& header,
                        int32_t serializer_id) const {
  if (header.empty())
    return encode(content, std::string_view{}, serializer_id);
  auto encoded = encode_header(header, node_.opts.max_headers,
                               node_.opts.max_header_bytes);
  if (!encoded)
    return std::move(encoded.error());
  return encode(content, std::string_view{*encoded}, serializer_id);
}

caf::expected<outbound_ptr>
message_encoder::encode(const caf::type_erased_tuple& content,
                        std::string_view header, int32_t serializer_id) const {
  if (content.size() != 1)
    return make_error(errc::not_serializable,
                      "a message to another node has exactly one element, "
                      "this one has "
                        + std::to_string(content.size()) + ": "
                        + content_name(node_, content)
                        + "; put them into one Protobuf message");
  if (auto type = registered_type(content))
    return make_outbound(who_, node_.types, *type,
                         type->codec->base(content.get(0)), serializer_id,
                         header);
  if (content.type(0).second != nullptr) {
    if (auto x = only_element<raw_message>(content))
      return encode(*x, header);
    if (auto x = only_element<pid_request>(content)) {
      auto payload = wire::encode(wire::actor_pid_request{x->name, x->kind});
      return make_outbound(who_, wire::actor_pid_request::type_name, false,
                           payload, header);
    }
    if (only_element<touch>(content) != nullptr)
      return make_outbound(who_, wire::touch::type_name, false, {}, header);
    if (only_element<poison_pill>(content) != nullptr)
      return make_outbound(who_, wire::poison_pill::type_name, false, {});
  }
  return make_error(errc::not_serializable,
                    content_name(node_, content)
                      + " is not a Protobuf message that "
                        "CAF_REMOTE_ADD_MESSAGE has registered");
}

caf::expected<outbound_ptr>
message_encoder::encode(const raw_message& x, std::string_view header) const {
  if (x.type_name.empty() || x.type_name.size() > max_id_length
      || !wire::valid_utf8(x.type_name))
    return make_error(errc::not_serializable,
                      "the raw message has no usable type name: it must be "
                      "UTF-8 of 1 to "
                        + std::to_string(max_id_length) + " bytes");
  if (x.bytes.size() > max_payload_bytes)
    return make_error(errc::message_too_large, "the raw message exceeds 2 GiB");
  if (wire::classify(x.type_name) != wire::system_type::none)
    return make_error(errc::not_serializable,
                      x.type_name
                        + " is one of Proto.Actor's own messages, "
                          "which the module sends itself");
  auto result = make_outbound(who_, x.type_name, true, x.bytes, header);
  auto& data = *result;
  data.serializer_id = x.serializer_id;
  if (x.serializer_id != wire::protobuf_serializer
      && x.serializer_id != wire::json_serializer)
    data.need = peer_need::caf_remote;
  else if (node_.types.find(x.type_name) == nullptr
           && !node_.types.declared(x.type_name))
    data.need = peer_need::knows_type;
  return result;
}

} // namespace caf_remote
