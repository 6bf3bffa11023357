// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace caf_remote {

/// Where observers plug in (the seed's TracingEvents). Install one with
/// `remoting::set_hook`. Called on whatever thread the event happens on,
/// senders' threads and all workers included: implementations must be
/// thread-safe, must not block and must not throw. The defaults do nothing.
class tracing_hook {
public:
  virtual ~tracing_hook();

  virtual void connected(const std::string& address,
                         const std::string& member_id);

  /// The stream to the peer ended; the endpoint may reconnect.
  virtual void disconnected(const std::string& address,
                            const std::string& reason);

  /// Attempt `attempt` of `max_attempts` begins; the first of all is 1.
  virtual void reconnect_attempt(const std::string& address, size_t attempt,
                                 size_t max_attempts);

  /// A message became a dead letter.
  virtual void dead_lettered(const pid& target, std::string_view type_name,
                             errc reason);
};

/// Takes one log line, without a line end. The default writes to stderr. May be
/// called on any thread, one call at a time.
using log_sink = std::function<void(std::string_view)>;

} // namespace caf_remote
