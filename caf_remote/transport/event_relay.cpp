// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/event_relay.hpp"

#include <utility>

namespace caf_remote::transport {

namespace {

struct teller {
  stream_listener& listener;

  void operator()(metadata& xs) {
    listener.on_metadata(std::move(xs));
  }

  void operator()(frame& bytes) {
    listener.on_message(std::move(bytes));
  }

  void operator()(event_relay::half_closed) {
    listener.on_half_closed();
  }

  void operator()(event_relay::written) {
    listener.on_written();
  }

  void operator()(status& why) {
    listener.on_closed(std::move(why));
  }
};

} // namespace

void event_relay::attach(listener_ptr listener) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!listener_)
    listener_ = std::move(listener);
}

void event_relay::push(event x) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (ended_)
    return;
  ended_ = std::holds_alternative<status>(x);
  queue_.emplace_back(std::move(x));
}

void event_relay::drain() {
  std::vector<event> batch;
  listener_ptr listener;
  auto over = false;
  std::unique_lock<std::mutex> guard{mutex_};
  if (draining_ || !listener_)
    return;
  draining_ = true;
  listener = listener_;
  while (!queue_.empty()) {
    batch.swap(queue_);
    guard.unlock();
    for (auto& x : batch) {
      over = std::holds_alternative<status>(x);
      std::visit(teller{*listener}, x);
    }
    batch.clear();
    guard.lock();
  }
  draining_ = false;
  if (over)
    listener_.reset();
  // `guard` goes before `listener`: the listener is released without the lock.
}

} // namespace caf_remote::transport
