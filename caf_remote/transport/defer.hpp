// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <functional>

namespace caf_remote::transport {

/// Runs `f` soon on a thread of gRPC's executor, never within this call. May be
/// called from any thread, also while holding locks that `f` takes.
///
/// Two kinds of work need it. Events that a caller of `stream` sets free must
/// not reach the listener on the caller's thread. And a channel must not be
/// destroyed on a thread that runs reactions: the last channel to go joins
/// those threads, which would be a thread that joins itself.
void defer(std::function<void()> f);

} // namespace caf_remote::transport
