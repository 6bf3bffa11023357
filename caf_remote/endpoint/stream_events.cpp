// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/stream_events.hpp"

#include <caf/send.hpp>

#include "caf_remote/endpoint/messages.hpp"

namespace caf_remote {

namespace {

class stream_events : public transport::stream_listener {
public:
  stream_events(caf::actor owner, uint64_t epoch)
    : owner_(std::move(owner)), epoch_(epoch) {
    // nop
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
    post(stream_written{epoch_});
  }

  void on_closed(transport::status why) override {
    post(stream_closed{epoch_, std::move(why)});
    owner_ = nullptr;
  }

private:
  template <class T>
  void post(T x) {
    caf::anon_send<caf::message_priority::high>(owner_, std::move(x));
  }

  caf::actor owner_;
  const uint64_t epoch_;
};

} // namespace

transport::listener_ptr make_stream_events(caf::actor owner, uint64_t epoch) {
  return std::make_shared<stream_events>(std::move(owner), epoch);
}

} // namespace caf_remote
