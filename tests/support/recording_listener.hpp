// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// Limit of all waits of the transport tests: far above what any step takes,
/// since a wait ends with its event.
constexpr auto patience = std::chrono::seconds{30};

/// Writes down what a stream tells, and checks that it tells it one call at a
/// time and nothing after the end. Thread-safe.
class recording_listener final : public transport::stream_listener {
public:
  struct record {
    std::optional<transport::metadata> initial;
    std::vector<transport::frame> frames;
    /// Events in order: 'm' metadata, 'f' frame, 'h' half-closed, 'w' written,
    /// 'c' closed.
    std::string events;
    size_t written = 0;
    bool half_closed = false;
    std::optional<transport::status> closed;
    bool faulty = false;
  };

  /// Runs `pred` on the record after each event until it holds; false: it did
  /// not within the limit.
  bool wait(const std::function<bool(const record&)>& pred,
            std::chrono::milliseconds limit = patience) {
    std::unique_lock<std::mutex> guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return pred(record_); });
  }

  bool wait_frames(size_t n) {
    return wait([n](const record& x) { return x.frames.size() >= n; });
  }

  bool wait_written(size_t n) {
    return wait([n](const record& x) { return x.written >= n; });
  }

  bool wait_half_closed() {
    return wait([](const record& x) { return x.half_closed; });
  }

  /// Waits for the end and returns it.
  transport::status wait_closed() {
    if (!wait([](const record& x) { return x.closed.has_value(); }))
      return {transport::status_code::unknown, "the stream did not end"};
    return *snapshot().closed;
  }

  record snapshot() const {
    std::lock_guard<std::mutex> guard{mutex_};
    return record_;
  }

  /// Sets what is called after each event from now on, with the letter of the
  /// event, on the transport's thread and under no lock.
  void set_hook(std::function<void(char)> f) {
    std::lock_guard<std::mutex> guard{mutex_};
    hook_ = std::move(f);
  }

  void on_metadata(transport::metadata xs) override {
    note('m', [&](record& x) { x.initial = std::move(xs); });
  }

  void on_message(transport::frame bytes) override {
    note('f', [&](record& x) { x.frames.push_back(std::move(bytes)); });
  }

  void on_half_closed() override {
    note('h', [&](record& x) { x.half_closed = true; });
  }

  void on_written() override {
    note('w', [&](record& x) { ++x.written; });
  }

  void on_closed(transport::status why) override {
    note('c', [&](record& x) { x.closed = std::move(why); });
  }

private:
  template <class F>
  void note(char tag, F f) {
    auto overlap = busy_.exchange(true);
    std::function<void(char)> hook;
    {
      std::lock_guard<std::mutex> guard{mutex_};
      record_.faulty |= overlap || record_.closed.has_value();
      record_.events += tag;
      f(record_);
      hook = hook_;
    }
    if (hook)
      hook(tag);
    busy_ = false;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> busy_{false};
  record record_;
  std::function<void(char)> hook_;
};

} // namespace caf_remote::test
