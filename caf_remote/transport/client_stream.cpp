// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/client_stream.hpp"

#include "caf_remote/transport/callback_pulse.hpp"
#include "caf_remote/transport/conversions.hpp"
#include "caf_remote/transport/defer.hpp"
#include "caf_remote/transport/event_relay.hpp"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <cassert>
#include <mutex>
#include <optional>
#include <utility>

namespace caf_remote::transport {

namespace {

using grpc::ByteBuffer;

constexpr auto method_name = "/remote.Remoting/Receive";

// What must not be destroyed on a thread that runs reactions; see `defer`.
struct connection {
  std::shared_ptr<void> pulse = hold_callback_pulse();
  std::shared_ptr<grpc::Channel> channel;
  grpc::ClientContext context;
  grpc::Alarm connect_timer;
};

// -- the reactor --------------------------------------------------------------

// One call. Owned by its handle and, from `start` to `OnDone`, by itself. While
// `hold_` is set gRPC keeps its side of the call alive, so that operations may
// be started from any thread.
class client_call final
  : public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer>,
    public std::enable_shared_from_this<client_call> {
public:
  client_call(std::string address, listener_ptr listener);

  void start(std::shared_ptr<grpc::Channel> channel, const dial_options& opts);
  void fail(status why);

  void read();
  void write(frame bytes);
  void close_writes();
  void cancel();
  std::string peer();

  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& result) override;

private:
  void arm_connect_timer(std::chrono::milliseconds timeout);
  void on_connect_timeout();

  // With `mutex_` held:
  void cancel_locked();
  bool take_message();
  void release_hold_if_over();
  status closing_status(const grpc::Status& result) const;

  const std::string address_;
  event_relay relay_;
  ByteBuffer in_;
  ByteBuffer out_;
  // waits for the end of the write under way
  std::optional<ByteBuffer> next_out_;

  std::mutex mutex_;
  std::shared_ptr<client_call> self_;
  std::unique_ptr<connection> conn_;
  std::optional<status> connect_error_;
  std::optional<status> refusal_;
  size_t max_receive_bytes_ = 0;
  std::optional<frame> unread_;
  size_t credit_ = 0;
  bool hold_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool metadata_known_ = false;
  bool connected_ = false;
  bool close_wanted_ = false;
  bool writes_closed_ = false;
  bool read_ended_ = false;
  bool cancelled_ = false;
};

client_call::client_call(std::string address, listener_ptr listener)
  : address_(std::move(address)) {
  relay_.attach(std::move(listener));
}

void client_call::start(std::shared_ptr<grpc::Channel> channel,
                        const dial_options& opts) {
  conn_ = std::make_unique<connection>();
  conn_->channel = std::move(channel);
  max_receive_bytes_ = opts.max_receive_bytes;
  for (const auto& [key, value] : opts.call_metadata)
    if (is_legal_metadata(key, value))
      conn_->context.AddMetadata(key, value);
  grpc::TemplatedGenericStub<ByteBuffer, ByteBuffer> stub{conn_->channel};
  stub.PrepareBidiStreamingCall(&conn_->context, method_name,
                                grpc::StubOptions{}, this);
  AddHold();
  {
    std::lock_guard<std::mutex> guard{mutex_};
    self_ = shared_from_this();
    hold_ = true;
    reading_ = true;
    StartRead(&in_);
    arm_connect_timer(opts.connect_timeout);
  }
  StartCall();
}

void client_call::fail(status why) {
  relay_.push(std::move(why));
  defer([self = shared_from_this()] { self->relay_.drain(); });
}

// -- calls of the user --------------------------------------------------------

void client_call::read() {
  std::lock_guard<std::mutex> guard{mutex_};
  ++credit_;
  if (take_message())
    defer([self = shared_from_this()] { self->relay_.drain(); });
}

void client_call::write(frame bytes) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!hold_ || writes_closed_)
    return;
  if (writing_) {
    assert(!next_out_);
    next_out_ = to_byte_buffer(std::move(bytes));
    return;
  }
  writing_ = true;
  out_ = to_byte_buffer(std::move(bytes));
  StartWrite(&out_);
}

void client_call::close_writes() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!hold_ || writes_closed_)
    return;
  writes_closed_ = true;
  if (writing_)
    close_wanted_ = true;
  else
    StartWritesDone();
}

void client_call::cancel() {
  std::lock_guard<std::mutex> guard{mutex_};
  cancel_locked();
}

std::string client_call::peer() {
  std::lock_guard<std::mutex> guard{mutex_};
  return conn_ ? peer_text(conn_->context.peer(), address_) : address_;
}

// -- reactions ----------------------------------------------------------------

void client_call::OnReadInitialMetadataDone(bool ok) {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    metadata_known_ = true;
    if (ok) {
      connected_ = true;
      relay_.push(to_metadata(conn_->context.GetServerInitialMetadata()));
    }
    take_message();
  }
  relay_.drain();
}

void client_call::OnReadDone(bool ok) {
  frame bytes;
  std::optional<status> refusal;
  // Before anybody can ask for the next read: it reuses the buffer.
  if (ok) {
    refusal = too_large(in_, max_receive_bytes_);
    ok = !refusal && take_frame(in_, bytes);
  }
  {
    std::lock_guard<std::mutex> guard{mutex_};
    reading_ = false;
    if (refusal && !cancelled_) {
      in_.Clear();
      refusal_ = std::move(refusal);
      read_ended_ = true;
      cancel_locked();
    } else if (ok && !cancelled_) {
      unread_ = std::move(bytes);
      take_message();
    } else {
      read_ended_ = true;
    }
    release_hold_if_over();
  }
  relay_.drain();
}

void client_call::OnWriteDone(bool ok) {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    writing_ = false;
    out_.Clear();
    if (ok)
      relay_.push(event_relay::written{});
    if (!ok || !hold_) {
      next_out_.reset();
    } else if (next_out_) {
      writing_ = true;
      out_.Swap(&*next_out_);
      next_out_.reset();
      StartWrite(&out_);
    } else if (std::exchange(close_wanted_, false)) {
      StartWritesDone();
    }
  }
  relay_.drain();
}

void client_call::OnDone(const grpc::Status& result) {
  std::shared_ptr<connection> conn;
  std::shared_ptr<client_call> self;
  {
    std::lock_guard<std::mutex> guard{mutex_};
    relay_.push(closing_status(result));
    conn = std::move(conn_);
    self = std::move(self_);
  }
  relay_.drain();
  defer([x = std::move(conn)]() mutable { x.reset(); });
}

// -- the time limit -----------------------------------------------------------

void client_call::arm_connect_timer(std::chrono::milliseconds timeout) {
  auto when = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                           gpr_time_from_millis(timeout.count(), GPR_TIMESPAN));
  conn_->connect_timer.Set(when, [weak = weak_from_this()](bool expired) {
    if (auto self = weak.lock(); self && expired)
      self->on_connect_timeout();
  });
}

void client_call::on_connect_timeout() {
  std::lock_guard<std::mutex> guard{mutex_};
  // Some servers send their initial metadata no sooner than their first
  // message: a connection that is up is enough.
  if (!conn_ || connected_ || cancelled_
      || conn_->channel->GetState(false) == GRPC_CHANNEL_READY)
    return;
  connect_error_ = status{status_code::deadline_exceeded,
                          "no connection to " + address_ + " in time"};
  cancel_locked();
}

// -- with the mutex held ------------------------------------------------------

void client_call::cancel_locked() {
  if (!conn_ || cancelled_)
    return;
  cancelled_ = true;
  conn_->context.TryCancel();
  release_hold_if_over();
}

// Moves the message that waits to the listener's queue, if it may go, and reads
// on. The caller must drain the relay if the result is true.
bool client_call::take_message() {
  if (!unread_ || !metadata_known_ || credit_ == 0)
    return false;
  --credit_;
  relay_.push(std::move(*unread_));
  unread_.reset();
  if (hold_ && !cancelled_) {
    reading_ = true;
    StartRead(&in_);
  }
  return true;
}

// Lets gRPC finish the call. Not after a failed write: the peer may have sent
// messages before it ended the call, and gRPC reports the status after the last
// of them.
void client_call::release_hold_if_over() {
  if (hold_ && !reading_ && (read_ended_ || cancelled_)) {
    hold_ = false;
    RemoveHold();
  }
}

status client_call::closing_status(const grpc::Status& result) const {
  if (refusal_)
    return *refusal_;
  if (connect_error_ && result.error_code() == grpc::StatusCode::CANCELLED)
    return *connect_error_;
  return from_grpc(result);
}

// -- the handle ---------------------------------------------------------------

class client_stream final : public stream {
public:
  explicit client_stream(std::shared_ptr<client_call> call)
    : call_(std::move(call)) {
    // nop
  }

  ~client_stream() override {
    call_->cancel();
  }

  void read() override {
    call_->read();
  }

  void write(frame bytes) override {
    call_->write(std::move(bytes));
  }

  void close_writes() override {
    call_->close_writes();
  }

  // Only a listener can give a status.
  void finish(status) override {
    call_->cancel();
  }

  void cancel() override {
    call_->cancel();
  }

  void attach(listener_ptr) override {
    assert(!"a dialled stream has its listener");
  }

  std::string peer() const override {
    return call_->peer();
  }

private:
  std::shared_ptr<client_call> call_;
};

} // namespace

stream_ptr open_client_stream(std::shared_ptr<grpc::Channel> channel,
                              std::string address, const dial_options& opts,
                              listener_ptr listener) {
  auto call = std::make_shared<client_call>(std::move(address),
                                            std::move(listener));
  call->start(std::move(channel), opts);
  return std::make_shared<client_stream>(std::move(call));
}

stream_ptr make_failed_stream(std::string address, status why,
                              listener_ptr listener) {
  auto call = std::make_shared<client_call>(std::move(address),
                                            std::move(listener));
  call->fail(std::move(why));
  return std::make_shared<client_stream>(std::move(call));
}

} // namespace caf_remote::transport
