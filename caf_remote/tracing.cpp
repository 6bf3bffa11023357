// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tracing.hpp"

namespace caf_remote {

tracing_hook::~tracing_hook() {
  // nop
}

void tracing_hook::connected(const std::string&, const std::string&) {
  // nop
}

void tracing_hook::disconnected(const std::string&, const std::string&) {
  // nop
}

void tracing_hook::reconnect_attempt(const std::string&, size_t, size_t) {
  // nop
}

void tracing_hook::dead_lettered(const pid&, std::string_view,
                                 const caf::error&) {
  // nop
}

} // namespace caf_remote
