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
/// `remoting::set_hook`. The defaults do nothing.
///
/// Called on whatever thread the event happens on, many at once: senders'
/// threads, CAF's workers, the network worker. The event is counted already,
/// and nobody else has been told of it. None of the module's locks is held, so
/// a hook may send messages, to remote actors as well, and call every function
/// of the module that does not say it blocks. It holds up who called it: a hook
/// that takes long belongs into an actor that it sends messages to.
///
/// What a hook itself causes on the thread that it is called on (it sends a
/// message that becomes a dead letter, say) is counted and logged, but the hook
/// is not called for it, or it might never come to an end.
///
/// What it throws is logged and counted (`callback_exceptions`), and otherwise
/// as if it had returned.
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

  /// A message became a dead letter. `code_of` and `render` tell why.
  virtual void dead_lettered(const pid& target, std::string_view type_name,
                             const caf::error& reason);
};

/// Takes one log line, without a line end, printable (see printable.hpp). The
/// default writes to stderr. Install one with `remoting::set_log_sink`.
///
/// Called on any thread, one call at a time; a line may be written by the
/// thread that was just writing another one. None of the module's locks is
/// held, so a sink may send messages, to remote actors as well, and call every
/// function of the module that does not say it blocks. It holds up who called
/// it, and the lines after.
///
/// What a sink itself causes on the thread that it is called on is not logged,
/// but counted as left out, or it might never come to an end. What it causes
/// elsewhere (a message that is lost later) is, at most ten lines per second of
/// each kind like everything.
///
/// What it throws is counted (`callback_exceptions`) and, the first time, told
/// on stderr; that line is lost.
using log_sink = std::function<void(std::string_view)>;

} // namespace caf_remote
