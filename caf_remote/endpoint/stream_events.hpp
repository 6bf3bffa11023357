// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/write_gate.hpp"
#include "caf_remote/transport/stream.hpp"

#include <caf/actor.hpp>
#include <caf/execution_unit.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace caf_remote {

/// Counts the streams whose end has not been heard yet. The module must not let
/// go of the actor system before, because a late event would reach for it.
class open_streams {
public:
  void enter();
  void leave();

  /// Remembers a stream for `cancel_all`.
  void track(const transport::stream_ptr& x);

  /// Cancels what is still open.
  void cancel_all();

  /// Runs `f` unless the streams were silenced.
  template <class F>
  void speak(F f) {
    std::shared_lock<std::shared_mutex> guard{voice_};
    if (!silent_)
      f();
  }

  /// What streams still say is not heard any more once this returns.
  void silence();

  /// Blocks until no stream is open or the time is up; returns whether none is.
  bool await_none(std::chrono::milliseconds limit);

private:
  std::mutex mtx_;
  std::condition_variable none_;
  size_t count_ = 0;
  std::shared_mutex voice_;
  bool silent_ = false;
  std::vector<std::weak_ptr<transport::stream>> streams_;
};

/// Turns the events of a stream into messages to the actor that owns it.
/// `epoch` tells the actor which of its streams speaks. The stream counts as
/// open until its end was posted. The owner is woken on `where`, or by CAF's
/// scheduler if that is null. With a `gate` the owner is a writer: the end of a
/// write is posted only if it was asked for there, and events have high
/// priority, so that they are not heard only behind the messages that wait to
/// be written.
transport::listener_ptr
make_stream_events(caf::actor owner, uint64_t epoch,
                   std::shared_ptr<open_streams> open,
                   caf::execution_unit* where = nullptr,
                   std::shared_ptr<write_gate> gate = nullptr);

} // namespace caf_remote
