// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/stream.hpp"

#include "caf_remote/printable.hpp"

namespace caf_remote::transport {

std::string to_string(status_code code) {
  switch (code) {
    case status_code::ok:
      return "OK";
    case status_code::cancelled:
      return "CANCELLED";
    case status_code::unknown:
      return "UNKNOWN";
    case status_code::invalid_argument:
      return "INVALID_ARGUMENT";
    case status_code::deadline_exceeded:
      return "DEADLINE_EXCEEDED";
    case status_code::permission_denied:
      return "PERMISSION_DENIED";
    case status_code::resource_exhausted:
      return "RESOURCE_EXHAUSTED";
    case status_code::failed_precondition:
      return "FAILED_PRECONDITION";
    case status_code::unimplemented:
      return "UNIMPLEMENTED";
    case status_code::internal:
      return "INTERNAL";
    case status_code::unavailable:
      return "UNAVAILABLE";
  }
  return std::to_string(static_cast<int>(code));
}

std::string to_string(const status& x) {
  auto result = to_string(x.code);
  if (!x.message.empty()) {
    result += ": ";
    result += printable(x.message); // the peer's words, perhaps
  }
  return result;
}

// Out of line: one home for each vtable.

stream_listener::~stream_listener() = default;

stream::~stream() = default;

connector::~connector() = default;

server::~server() = default;

} // namespace caf_remote::transport
