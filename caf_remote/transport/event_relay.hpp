// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <mutex>
#include <variant>
#include <vector>

namespace caf_remote::transport {

/// Brings the events of one stream to its listener: in the order of `push`, one
/// call at a time, nothing after the end. gRPC runs the reactions of one stream
/// on several threads at once; a reaction pushes while it holds the stream's
/// lock, which fixes the order, and drains after it has let go, so that the
/// listener runs under no lock of ours. Thread-safe.
class event_relay {
public:
  struct half_closed {};
  struct written {};

  /// The alternatives are the functions of `stream_listener`; a `status` is
  /// the end.
  using event = std::variant<metadata, frame, half_closed, written, status>;

  /// Gives the relay its listener; events pushed before wait for it.
  void attach(listener_ptr listener);

  /// Adds an event without calling anybody. Events after the end are dropped.
  void push(event x);

  /// Tells the listener what was pushed. If another thread is telling it right
  /// now, leaves the rest to that thread and returns at once. Lets go of the
  /// listener after the end.
  void drain();

private:
  std::mutex mutex_;
  listener_ptr listener_;
  std::vector<event> queue_;
  bool draining_ = false;
  bool ended_ = false;
};

} // namespace caf_remote::transport
