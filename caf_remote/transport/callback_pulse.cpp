// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/callback_pulse.hpp"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <mutex>
#include <utility>

namespace caf_remote::transport {

namespace {

constexpr auto interval_ms = 400;

// One round: a call, whose end arms the timer on a callback thread, whose end
// starts the next round on an executor thread. The latter may destroy channels;
// see `defer`.
class pulse {
public:
  std::shared_ptr<void> hold();

private:
  void start_call();
  void arm_timer();
  void on_timer();
  void on_last_holder_gone();

  std::mutex mutex_;
  std::weak_ptr<void> holders_;
  bool running_ = false;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::Alarm> timer_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

std::shared_ptr<void> pulse::hold() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (auto result = holders_.lock())
    return result;
  std::shared_ptr<void> result{
    static_cast<void*>(this),
    [](void* ptr) { static_cast<pulse*>(ptr)->on_last_holder_gone(); }};
  holders_ = result;
  if (!std::exchange(running_, true)) {
    // Without credentials there is nothing behind a channel.
    channel_ = grpc::CreateChannel("", nullptr);
    start_call();
  }
  return result;
}

void pulse::start_call() {
  grpc::Slice nothing;
  request_ = grpc::ByteBuffer{&nothing, 1};
  context_ = std::make_unique<grpc::ClientContext>();
  grpc::GenericStub stub{channel_};
  stub.UnaryCall(context_.get(), "/pulse", grpc::StubOptions{}, &request_,
                 &response_, [this](const grpc::Status&) { arm_timer(); });
}

void pulse::arm_timer() {
  std::lock_guard<std::mutex> guard{mutex_};
  auto delay = holders_.expired() ? 0 : interval_ms;
  timer_ = std::make_unique<grpc::Alarm>();
  timer_->Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                           gpr_time_from_millis(delay, GPR_TIMESPAN)),
              [this](bool) { on_timer(); });
}

void pulse::on_timer() {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::Alarm> timer;
  std::lock_guard<std::mutex> guard{mutex_};
  context = std::move(context_);
  timer = std::move(timer_);
  if (!holders_.expired()) {
    start_call();
  } else {
    channel = std::move(channel_);
    running_ = false;
  }
}

void pulse::on_last_holder_gone() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (timer_)
    timer_->Cancel();
}

} // namespace

std::shared_ptr<void> hold_callback_pulse() {
  // Never destroyed: a round may end after the end of main.
  static auto* instance = new pulse;
  return instance->hold();
}

} // namespace caf_remote::transport
