// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace caf_remote::test {

/// One end of a stream whose other end is the test: what is done to it is
/// written down, and its events happen when the test says so. No threads.
class fake_stream final : public transport::stream {
public:
  fake_stream() = default;

  /// A dialled stream has its listener from the start.
  explicit fake_stream(transport::listener_ptr listener)
    : listener_(std::move(listener)), max_writes_(2) {
    // nop
  }

  // -- the actor's side -------------------------------------------------------

  void read() override;
  void write(transport::frame bytes) override;
  void close_writes() override;
  void finish(transport::status why) override;
  void cancel() override;
  void attach(transport::listener_ptr listener) override;

  std::string peer() const override {
    return from;
  }

  /// Where the connection comes from, by default not from a host that anybody
  /// claims.
  std::string from = "192.0.2.1:50000";

  /// Told of each frame when it is written.
  std::function<void(const transport::frame&)> on_write;

  // -- what was done ----------------------------------------------------------

  /// Every frame that was written, those in flight included.
  std::vector<transport::frame> written;

  /// Takes the frames that were written since the last call.
  std::vector<transport::frame> take_written();

  /// Lets go of all frames that were written.
  void forget_written() {
    written = {};
    taken_ = 0;
  }

  bool writing() const noexcept {
    return writing_ > 0;
  }

  /// Calls of `read` that no frame has used up.
  size_t credit() const noexcept {
    return credit_;
  }

  /// Frames that wait for a call of `read`.
  size_t unread() const noexcept {
    return inbox_.size();
  }

  bool half_closed_by_us() const noexcept {
    return half_closed_;
  }

  bool cancelled() const noexcept {
    return cancelled_;
  }

  const std::optional<transport::status>& finished() const noexcept {
    return finished_;
  }

  bool over() const noexcept {
    return over_;
  }

  /// Something was done that the contract of streams forbids.
  bool misused() const noexcept {
    return misused_;
  }

  // -- events -----------------------------------------------------------------

  /// Ends each write at once from now on.
  void complete_writes();

  /// No write ends by itself from now on.
  void hold_writes() noexcept {
    auto_complete_ = false;
  }

  /// Ends the first write in flight.
  void complete_write();

  void introduce(transport::metadata xs);

  /// A frame of the peer, told as soon as there is credit for it.
  void receive(transport::frame bytes);

  /// The peer has half-closed.
  void receive_half_close();

  /// The next call of `read` throws, as for want of memory.
  void fail_next_read(bool x = true) noexcept {
    fail_read_ = x;
  }

  /// The stream ends.
  void close(transport::status why);
  void close(transport::status_code code, std::string text = "");

private:
  void deliver();
  void finish_if_idle();

  transport::listener_ptr listener_;
  std::deque<transport::frame> inbox_;
  size_t credit_ = 0;
  size_t taken_ = 0;
  bool fail_read_ = false;
  bool auto_complete_ = false;
  size_t max_writes_ = 1;
  size_t writing_ = 0;
  bool half_closed_ = false;
  bool cancelled_ = false;
  bool over_ = false;
  bool misused_ = false;
  std::optional<transport::status> finished_;
};

using fake_stream_ptr = std::shared_ptr<fake_stream>;

/// Dials nobody: the test is the peer.
class fake_connector final : public transport::connector {
public:
  struct dialled {
    std::string address;
    transport::dial_options opts;
    fake_stream_ptr str;
  };

  std::vector<dialled> dials;

  /// The next call of `dial` throws, as for want of memory.
  bool fail_next = false;

  transport::stream_ptr dial(const std::string& address,
                             transport::dial_options opts,
                             transport::listener_ptr listener) override;
};

} // namespace caf_remote::test
