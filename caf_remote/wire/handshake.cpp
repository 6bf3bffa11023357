// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/handshake.hpp"

#include "caf_remote/printable.hpp"
#include "caf_remote/wire/coding.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <cstdint>

namespace caf_remote::wire {

namespace {

// Field numbers of the package `remote`.
namespace remote_message {

constexpr uint32_t message_batch = 1;
constexpr uint32_t connect_request = 2;
constexpr uint32_t connect_response = 3;
constexpr uint32_t disconnect_request = 4;

} // namespace remote_message

namespace connect_request {

constexpr uint32_t client_connection = 1;
constexpr uint32_t server_connection = 2;

} // namespace connect_request

constexpr size_t max_text_length = 512;

// Every function below returns null or what is wrong with its part.
using defect = const char*;

constexpr defect malformed = "malformed message";

// Reads a member id or an address.
defect read_text(cursor& in, std::string& result) {
  std::string_view bytes;
  if (!in.read_bytes(bytes))
    return malformed;
  if (bytes.size() > max_text_length)
    return "member id or address too long";
  if (!valid_utf8(bytes))
    return "member id or address is not UTF-8";
  if (has_control_characters(bytes))
    return "member id or address has control characters";
  result = std::string{bytes};
  return nullptr;
}

// Calls `on_field` for each field until one has a defect.
template <class F>
defect for_each_field(std::string_view bytes, F on_field) {
  cursor in{bytes};
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return malformed;
    if (auto what = on_field(in, tag))
      return what;
  }
  return nullptr;
}

defect skip(cursor& in, uint32_t tag) {
  return in.skip(tag) ? nullptr : malformed;
}

defect read(std::string_view bytes, client_connection& x) {
  return for_each_field(bytes, [&x](cursor& in, uint32_t tag) {
    return tag == bytes_tag(1) ? read_text(in, x.member_id) : skip(in, tag);
  });
}

defect read(std::string_view bytes, server_connection& x) {
  return for_each_field(bytes, [&x](cursor& in, uint32_t tag) {
    switch (tag) {
      case bytes_tag(1):
        return read_text(in, x.member_id);
      case bytes_tag(2):
        return read_text(in, x.address);
      default: // 3 is the newer generations' block list
        return skip(in, tag);
    }
  });
}

defect read(std::string_view bytes, connect_response& x) {
  return for_each_field(bytes, [&x](cursor& in, uint32_t tag) {
    switch (tag) {
      case bytes_tag(2):
        return read_text(in, x.member_id);
      case varint_tag(3): {
        uint64_t value;
        if (!in.read_varint(value))
          return malformed;
        x.blocked = value != 0;
        return defect{nullptr};
      }
      default:
        return skip(in, tag);
    }
  });
}

defect read(std::string_view bytes, disconnect_request&) {
  return for_each_field(bytes, skip);
}

// Reads one kind of content and makes it the result.
template <class T>
defect read_as(cursor& in, frame_content& result) {
  std::string_view bytes;
  if (!in.read_bytes(bytes))
    return malformed;
  T x;
  auto what = read(bytes, x);
  if (what == nullptr)
    result = std::move(x);
  return what;
}

defect read_connect_request(cursor& in, frame_content& result) {
  std::string_view bytes;
  if (!in.read_bytes(bytes))
    return malformed;
  result = bad_frame{"connect request without content"};
  return for_each_field(bytes, [&result](cursor& nested, uint32_t tag) {
    switch (tag) {
      case bytes_tag(connect_request::client_connection):
        return read_as<client_connection>(nested, result);
      case bytes_tag(connect_request::server_connection):
        return read_as<server_connection>(nested, result);
      default:
        return skip(nested, tag);
    }
  });
}

defect read_batch(cursor& in, frame_content& result) {
  batch_bytes x;
  if (!in.read_bytes(x.content))
    return malformed;
  result = x;
  return nullptr;
}

// Of more than one kind of content the last wins, like in any oneof.
defect read_frame_field(cursor& in, uint32_t tag, frame_content& result) {
  switch (tag) {
    case bytes_tag(remote_message::message_batch):
      return read_batch(in, result);
    case bytes_tag(remote_message::connect_request):
      return read_connect_request(in, result);
    case bytes_tag(remote_message::connect_response):
      return read_as<connect_response>(in, result);
    case bytes_tag(remote_message::disconnect_request):
      return read_as<disconnect_request>(in, result);
    default:
      return skip(in, tag);
  }
}

void append_text_field(std::string& out, uint32_t number,
                       std::string_view text) {
  if (!text.empty())
    append_bytes_field(out, number, text);
}

std::string wrap(uint32_t number, std::string_view content) {
  std::string result;
  append_bytes_field(result, number, content);
  return result;
}

} // namespace

frame_content decode_frame(std::string_view bytes) {
  frame_content result;
  auto what = for_each_field(bytes, [&result](cursor& in, uint32_t tag) {
    return read_frame_field(in, tag, result);
  });
  if (what != nullptr)
    return bad_frame{what};
  if (auto bad = std::get_if<bad_frame>(&result); bad && bad->reason.empty())
    bad->reason = "no known content";
  return result;
}

std::string encode(const server_connection& x) {
  std::string content;
  append_text_field(content, 1, x.member_id);
  append_text_field(content, 2, x.address);
  return wrap(remote_message::connect_request,
              wrap(connect_request::server_connection, content));
}

std::string encode(const connect_response& x) {
  std::string content;
  append_text_field(content, 2, x.member_id);
  if (x.blocked)
    content.append("\x18\x01", 2); // blocked = true
  return wrap(remote_message::connect_response, content);
}

std::string encode(const disconnect_request&) {
  return wrap(remote_message::disconnect_request, {});
}

} // namespace caf_remote::wire
