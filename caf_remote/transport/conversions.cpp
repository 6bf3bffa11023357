// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/conversions.hpp"

#include "caf_remote/transport/frame_pool.hpp"

#include <grpc/grpc.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <utility>

namespace caf_remote::transport {

namespace {

constexpr size_t max_status_message = 1024;

bool starts_with(const std::string& str, const char* prefix) {
  return str.rfind(prefix, 0) == 0;
}

void replace_all(std::string& str, const char* what, const char* with) {
  for (auto pos = str.find(what); pos != std::string::npos;
       pos = str.find(what, pos))
    str.replace(pos, std::char_traits<char>::length(what), with);
}

// Binary metadata has keys that end so, and may hold any byte.
bool is_binary_key(const std::string& key) {
  return key.size() >= 4 && key.compare(key.size() - 4, 4, "-bin") == 0;
}

} // namespace

grpc::ByteBuffer to_byte_buffer(frame bytes) {
  auto* owned = new frame(std::move(bytes));
  grpc::Slice slice{owned->data(), owned->size(),
                    [](void* ptr) {
                      auto* used = static_cast<frame*>(ptr);
                      frame_pool::give(std::move(*used));
                      delete used;
                    },
                    owned};
  return grpc::ByteBuffer{&slice, 1};
}

std::optional<status> too_large(const grpc::ByteBuffer& buf, size_t limit) {
  if (buf.Length() <= limit)
    return std::nullopt;
  return status{status_code::resource_exhausted,
                "a message of " + std::to_string(buf.Length())
                  + " bytes is above the limit of " + std::to_string(limit),
                true};
}

bool take_frame(grpc::ByteBuffer& buf, frame& result) {
  auto ok = false;
  {
    grpc::ProtoBufferReader reader{&buf};
    ok = reader.status().ok();
    if (ok) {
      auto size = buf.Length();
      if (size >= frame_pool::min_frame_bytes)
        result = frame_pool::take();
      result.reserve(size);
      const void* data = nullptr;
      auto n = 0;
      while (reader.Next(&data, &n))
        result.append(static_cast<const char*>(data), static_cast<size_t>(n));
    }
  }
  buf.Clear();
  return ok;
}

grpc::Status to_grpc(const status& x) {
  if (x.code == status_code::ok)
    return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(x.code), x.message};
}

status from_grpc(const grpc::Status& x) {
  // a peer may have written it, and it goes into events and log lines
  return {static_cast<status_code>(x.error_code()),
          x.error_message().substr(0, max_status_message)};
}

bool is_legal_metadata(const std::string& key, const std::string& value) {
  auto wrap = [](const std::string& str) {
    return grpc_slice_from_static_buffer(str.data(), str.size());
  };
  return grpc_header_key_is_legal(wrap(key)) != 0 && !starts_with(key, "grpc-")
         && (is_binary_key(key)
             || grpc_header_nonbin_value_is_legal(wrap(value)) != 0);
}

std::string peer_text(const std::string& uri, const std::string& otherwise) {
  if (!starts_with(uri, "ipv4:") && !starts_with(uri, "ipv6:"))
    return otherwise;
  auto result = uri.substr(5);
  replace_all(result, "%5B", "[");
  replace_all(result, "%5D", "]");
  replace_all(result, "%25", "%");
  return result;
}

} // namespace caf_remote::transport
