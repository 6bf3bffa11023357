// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <string>

/// The bytes of an HTTP/2 client, for peers that do what no gRPC client does.

namespace caf_remote::test::http2 {

inline std::string number(uint32_t x, int bytes) {
  std::string result;
  for (auto i = bytes - 1; i >= 0; --i)
    result += static_cast<char>(x >> (8 * i) & 0xff);
  return result;
}

inline std::string frame(char type, char flags, uint32_t stream,
                         const std::string& payload) {
  return number(static_cast<uint32_t>(payload.size()), 3) + type + flags
         + number(stream, 4) + payload;
}

/// What a client begins with. `settings` are pairs of a key and a value, of two
/// and four bytes.
inline std::string preface(const std::string& settings = {}) {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, settings);
}

/// Says that the settings of the server have arrived.
inline std::string settings_taken() {
  return frame(4, 1, 0, {});
}

inline std::string ping() {
  return frame(6, 0, 0, "12345678");
}

/// Opens the stream `id` for a call of Receive.
inline std::string receive_call(uint32_t id) {
  auto field = [](const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name
           + static_cast<char>(value.size()) + value;
  };
  return frame(1, 4, id,
               field(":method", "POST") + field(":scheme", "http")
                 + field(":path", "/remote.Remoting/Receive")
                 + field(":authority", "x") + field("te", "trailers")
                 + field("content-type", "application/grpc"));
}

} // namespace caf_remote::test::http2
