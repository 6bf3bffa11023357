// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/counters.hpp"

namespace caf_remote {

std::string to_string(connection_state x) {
  switch (x) {
    case connection_state::idle:
      return "idle";
    case connection_state::connecting:
      return "connecting";
    case connection_state::connected:
      return "connected";
    case connection_state::reconnecting:
      return "reconnecting";
    case connection_state::terminated:
      return "terminated";
    case connection_state::closed:
      return "closed";
  }
  return "?";
}

} // namespace caf_remote
