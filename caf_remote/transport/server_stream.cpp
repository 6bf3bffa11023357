// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/server_stream.hpp"

#include "caf_remote/transport/conversions.hpp"
#include "caf_remote/transport/defer.hpp"
#include "caf_remote/transport/event_relay.hpp"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>

#include <cassert>
#include <optional>
#include <utility>
#include <vector>

namespace caf_remote::transport {

// -- the reactor --------------------------------------------------------------

// One call. Owned by its handle and, until `OnDone`, by itself. gRPC keeps its
// side of the call alive until `Finish`, so that operations may be started from
// any thread before.
class server_call final : public server_reactor,
                          public std::enable_shared_from_this<server_call> {
public:
  server_call(grpc::CallbackServerContext* context, std::string peer,
              size_t max_receive_bytes,
              std::chrono::milliseconds last_write_timeout,
              std::shared_ptr<stream_registry> registry)
    : peer_(std::move(peer)), max_receive_bytes_(max_receive_bytes),
      last_write_timeout_(last_write_timeout), registry_(std::move(registry)),
      context_(context) {
    // nop
  }

  void start(const metadata& initial);

  void attach(listener_ptr listener);
  void read();
  void write(frame bytes);
  void finish(status why);
  void cancel();
  void drop();
  const std::string& peer() const;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

private:
  // With `mutex_` held:
  void start_read();
  void on_read_failed();
  void refuse(status why);
  void finish_after_write();
  void finish_now(const status& why);

  void cut_off();

  const std::string peer_;
  const size_t max_receive_bytes_;
  const std::chrono::milliseconds last_write_timeout_;
  const std::shared_ptr<stream_registry> registry_;
  event_relay relay_;
  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;

  std::mutex mutex_;
  grpc::CallbackServerContext* context_; // null when gRPC is done
  std::shared_ptr<server_call> self_;
  std::optional<status> finish_status_;
  std::optional<status> refusal_;
  std::unique_ptr<grpc::Alarm> last_write_timer_;
  size_t credit_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool read_ended_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

void server_call::start(const metadata& initial) {
  self_ = shared_from_this();
  for (const auto& [key, value] : initial)
    if (is_legal_metadata(key, value))
      context_->AddInitialMetadata(key, value);
  StartSendInitialMetadata();
}

// -- calls of the user --------------------------------------------------------

void server_call::attach(listener_ptr listener) {
  relay_.attach(std::move(listener));
  // The stream may be over already; otherwise there is nothing to tell.
  std::lock_guard<std::mutex> guard{mutex_};
  if (!context_)
    defer([self = shared_from_this()] { self->relay_.drain(); });
}

void server_call::read() {
  std::lock_guard<std::mutex> guard{mutex_};
  ++credit_;
  start_read();
}

void server_call::write(frame bytes) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (finish_status_ || finished_ || cancelled_)
    return;
  assert(!writing_);
  writing_ = true;
  out_ = to_byte_buffer(std::move(bytes));
  StartWrite(&out_);
}

void server_call::finish(status why) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (finish_status_ || finished_ || cancelled_)
    return;
  finish_status_ = std::move(why);
  if (writing_)
    finish_after_write();
  else
    finish_now(*finish_status_);
}

void server_call::cancel() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (context_)
    context_->TryCancel();
}

// Nobody is left who could end the stream. One that is ending may go on.
void server_call::drop() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (context_ && !finish_status_)
    context_->TryCancel();
}

const std::string& server_call::peer() const {
  return peer_;
}

// -- reactions ----------------------------------------------------------------

void server_call::OnReadDone(bool ok) {
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
    if (refusal) {
      refuse(std::move(*refusal));
    } else if (ok) {
      relay_.push(std::move(bytes));
    } else {
      on_read_failed();
    }
  }
  // before the next read, which makes gRPC tell the peer that there is room:
  // the listener need not wait for that
  relay_.drain();
  if (ok) {
    std::lock_guard<std::mutex> guard{mutex_};
    start_read();
  }
}

void server_call::OnWriteDone(bool ok) {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    writing_ = false;
    out_.Clear();
    if (ok)
      relay_.push(event_relay::written{});
    if (cancelled_)
      finish_now({status_code::cancelled, ""});
    else if (finish_status_)
      finish_now(*finish_status_);
    else if (!ok)
      context_->TryCancel();
  }
  relay_.drain();
}

void server_call::OnCancel() {
  std::lock_guard<std::mutex> guard{mutex_};
  cancelled_ = true;
  if (!writing_ && !finished_)
    finish_now({status_code::cancelled, ""});
}

void server_call::OnDone() {
  std::shared_ptr<server_call> self;
  std::unique_ptr<grpc::Alarm> timer; // ends without the lock
  {
    std::lock_guard<std::mutex> guard{mutex_};
    context_ = nullptr;
    timer = std::move(last_write_timer_);
    if (refusal_)
      relay_.push(std::move(*refusal_));
    else if (cancelled_ || !finish_status_)
      relay_.push(status{status_code::cancelled, "the stream was cancelled"});
    else
      relay_.push(std::move(*finish_status_));
    self = std::move(self_);
  }
  relay_.drain();
  registry_->remove(this);
}

// -- with the mutex held ------------------------------------------------------

void server_call::start_read() {
  if (reading_ || read_ended_ || finished_ || cancelled_ || credit_ == 0)
    return;
  --credit_;
  reading_ = true;
  StartRead(&in_);
}

// A read fails after a half-close, after the end of the call, and for bytes
// that are no message. Only the second is marked as such; a read after the
// third nearly always is as well, unless gRPC is slow to mark it.
void server_call::on_read_failed() {
  if (finished_ || cancelled_ || context_->IsCancelled()) {
    read_ended_ = true;
  } else if (!read_ended_) {
    read_ended_ = true;
    reading_ = true;
    StartRead(&in_);
  } else {
    relay_.push(event_relay::half_closed{});
  }
}

void server_call::refuse(status why) {
  read_ended_ = true;
  in_.Clear();
  if (finish_status_)
    return; // somebody was faster
  refusal_ = why;
  finish_status_ = std::move(why);
  if (finished_)
    return;
  if (writing_)
    finish_after_write();
  else
    finish_now(*finish_status_);
}

// The peer's flow control may hold the write back for ever, and with it the end
// of the call.
void server_call::finish_after_write() {
  auto limit = gpr_time_from_millis(last_write_timeout_.count(), GPR_TIMESPAN);
  last_write_timer_ = std::make_unique<grpc::Alarm>();
  last_write_timer_->Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), limit),
                         [weak = weak_from_this()](bool in_time) {
                           auto self = in_time ? weak.lock() : nullptr;
                           if (self != nullptr)
                             self->cut_off();
                         });
}

void server_call::cut_off() {
  std::lock_guard<std::mutex> guard{mutex_};
  if (context_ && !finished_)
    context_->TryCancel();
}

void server_call::finish_now(const status& why) {
  finished_ = true;
  Finish(to_grpc(why));
}

// -- the handle ---------------------------------------------------------------

namespace {

class server_stream final : public stream {
public:
  explicit server_stream(std::shared_ptr<server_call> call)
    : call_(std::move(call)) {
    // nop
  }

  ~server_stream() override {
    call_->drop();
  }

  void read() override {
    call_->read();
  }

  void write(frame bytes) override {
    call_->write(std::move(bytes));
  }

  // Only a dialler can half-close.
  void close_writes() override {
    // nop
  }

  void finish(status why) override {
    call_->finish(std::move(why));
  }

  void cancel() override {
    call_->cancel();
  }

  void attach(listener_ptr listener) override {
    call_->attach(std::move(listener));
  }

  std::string peer() const override {
    return call_->peer();
  }

private:
  std::shared_ptr<server_call> call_;
};

} // namespace

// -- a refusal ----------------------------------------------------------------

namespace {

class refused_call final : public server_reactor {
public:
  refused_call(std::string peer, stream_places::answer given, const status& why,
               std::shared_ptr<stream_registry> registry)
    : peer_(std::move(peer)), given_(given), registry_(std::move(registry)) {
    Finish(to_grpc(why));
  }

  void OnDone() override {
    registry_->leave_place(peer_, given_);
    delete this;
  }

private:
  const std::string peer_;
  const stream_places::answer given_;
  const std::shared_ptr<stream_registry> registry_;
};

} // namespace

server_reactor* refuse_stream(std::string peer, stream_places::answer given,
                              const status& why,
                              std::shared_ptr<stream_registry> registry) {
  return new refused_call{std::move(peer), given, why, std::move(registry)};
}

// -- the registry -------------------------------------------------------------

stream_registry::stream_registry(size_t max_streams) : places_(max_streams) {
  // nop
}

stream_places::answer stream_registry::take_place(const std::string& peer) {
  std::lock_guard<std::mutex> guard{mutex_};
  return places_.take(peer);
}

void stream_registry::leave_place(const std::string& peer,
                                  stream_places::answer given) {
  std::lock_guard<std::mutex> guard{mutex_};
  places_.leave(peer, given);
}

bool stream_registry::add(const std::shared_ptr<server_call>& call) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (closing_)
    return false;
  calls_.emplace(call.get(), call);
  return true;
}

void stream_registry::remove(server_call* call) {
  std::lock_guard<std::mutex> guard{mutex_};
  calls_.erase(call);
  places_.leave(call->peer(), stream_places::answer::taken);
}

void stream_registry::cancel_all() {
  std::vector<std::shared_ptr<server_call>> open;
  {
    std::lock_guard<std::mutex> guard{mutex_};
    closing_ = true;
    for (auto& kvp : calls_)
      if (auto call = kvp.second.lock())
        open.emplace_back(std::move(call));
  }
  for (auto& call : open)
    call->cancel();
}

accepted_stream
accept_stream(grpc::CallbackServerContext* context, std::string peer,
              const metadata& initial, size_t max_receive_bytes,
              std::chrono::milliseconds last_write_timeout,
              const std::shared_ptr<stream_registry>& registry) {
  auto call = std::make_shared<server_call>(
    context, std::move(peer), max_receive_bytes, last_write_timeout, registry);
  call->start(initial);
  if (!registry->add(call)) {
    call->cancel();
    return {call.get(), nullptr};
  }
  return {call.get(), std::make_shared<server_stream>(call)};
}

} // namespace caf_remote::transport
