// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <memory>

namespace caf_remote::transport {

/// Keeps gRPC's callback threads responsive while the result lives. Whoever
/// runs reactors holds one; all holders in a process share one pulse.
///
/// gRPC (seen in 1.51, unless its poller runs in the background) lets each of
/// the threads that run reactions sleep for 100 ms after a second without an
/// event. On an idle connection they fall into step, and the next message waits
/// for up to 100 ms. The pulse is a call that fails at once and touches no
/// network, made more than twice a second: the thread that saw its end is awake
/// when the next one is due.
std::shared_ptr<void> hold_callback_pulse();

} // namespace caf_remote::transport
