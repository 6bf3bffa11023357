// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/stream_events.hpp"

#include "caf_remote/compat/post.hpp"
#include "caf_remote/endpoint/messages.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

class stream_events : public transport::stream_listener {
public:
  stream_events(caf::actor owner, uint64_t epoch,
                std::shared_ptr<open_streams> open, caf::execution_unit* where,
                std::shared_ptr<write_gate> gate)
    : owner_(std::move(owner)), epoch_(epoch), open_(std::move(open)),
      where_(where), gate_(std::move(gate)) {
    open_->enter();
  }

  ~stream_events() override {
    close();
  }

  void on_metadata(transport::metadata xs) override {
    post(stream_metadata{epoch_, std::move(xs)});
  }

  void on_message(transport::frame bytes) override {
    post(stream_frame{epoch_, std::move(bytes)});
  }

  void on_half_closed() override {
    post(stream_half_closed{epoch_});
  }

  void on_written() override {
    if (gate_ == nullptr || gate_->end())
      post(stream_written{epoch_});
  }

  void on_closed(transport::status why) override {
    post(stream_closed{epoch_, std::move(why)});
    close();
  }

private:
  template <class T>
  void post(T x) {
    open_->speak(
      [&] { caf_remote::post(owner_, std::move(x), where_, priority()); });
  }

  // An owner with a gate is a writer.
  caf::message_priority priority() const noexcept {
    return gate_ != nullptr ? caf::message_priority::high
                            : caf::message_priority::normal;
  }

  void close() {
    if (owner_ == nullptr)
      return;
    owner_ = nullptr;
    open_->leave();
  }

  caf::actor owner_;
  const uint64_t epoch_;
  const std::shared_ptr<open_streams> open_;
  caf::execution_unit* const where_;
  const std::shared_ptr<write_gate> gate_;
};

} // namespace

void open_streams::enter() {
  std::lock_guard<std::mutex> guard{mtx_};
  ++count_;
}

void open_streams::leave() {
  std::lock_guard<std::mutex> guard{mtx_};
  if (--count_ == 0)
    none_.notify_all();
}

void open_streams::track(const transport::stream_ptr& x) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (streams_.size() > 2 * count_ + 16) {
    auto gone = [](const auto& ptr) { return ptr.expired(); };
    streams_.erase(std::remove_if(streams_.begin(), streams_.end(), gone),
                   streams_.end());
  }
  streams_.push_back(x);
}

void open_streams::cancel_all() {
  std::vector<std::weak_ptr<transport::stream>> xs;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    xs.swap(streams_);
  }
  for (auto& x : xs)
    if (auto ptr = x.lock())
      ptr->cancel();
}

void open_streams::silence() {
  std::unique_lock<std::shared_mutex> guard{voice_};
  silent_ = true;
}

bool open_streams::await_none(std::chrono::milliseconds limit) {
  std::unique_lock<std::mutex> guard{mtx_};
  return none_.wait_for(guard, limit, [this] { return count_ == 0; });
}

transport::listener_ptr make_stream_events(caf::actor owner, uint64_t epoch,
                                           std::shared_ptr<open_streams> open,
                                           caf::execution_unit* where,
                                           std::shared_ptr<write_gate> gate) {
  return std::make_shared<stream_events>(
    std::move(owner), epoch, std::move(open), where, std::move(gate));
}

} // namespace caf_remote
