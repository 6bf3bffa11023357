// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_clock.hpp>
#include <caf/timespan.hpp>

#include <cstddef>
#include <optional>

namespace caf_remote {

/// Whether a peer whose actors we watch can tell us of their ends. That takes a
/// stream from it, which we cannot open, and nothing on the wire says that one
/// is missing or that it took a Terminated along when it ended. So: what is
/// watched is watched again after a stream was lost or replaced; without a
/// stream the peer is asked for a sign of life, which makes it open one; and
/// if none comes within the time that attempts to connect may take, the watches
/// are over. The same goes for what is written again after our own stream was
/// lost, until the peer has answered a question: it may have ended that stream
/// because it has no room for our watches, or no way to tell us. Who has a
/// peer's address and member id can open streams in its name, so there is some
/// rest between two times that all is watched again (own decision). Pure: knows
/// no clock.
class return_path {
public:
  using time_point = caf::actor_clock::time_point;

  /// `limit`: how long the peer may try to reach us. `rest`: how long after a
  /// renewal there is none.
  return_path(caf::timespan limit, caf::timespan rest) noexcept
    : limit_(limit), rest_(rest) {
    // nop
  }

  /// The peer has so many streams open to us now. `tells_again`: it keeps what
  /// it was to tell until it knows that we have it. Another peer may have told
  /// it on a stream whose end only we had seen, and that we know nothing of: so
  /// its first stream is no better than one after a loss.
  void streams(size_t open, bool tells_again) noexcept {
    if (open < open_)
      lost_ = true;
    else if (open > open_ && (open_ > 0 || lost_ || (known_ && !tells_again)))
      renewal_due_ = true;
    if (open > 0 && !refused_)
      waited_ = caf::timespan{0};
    open_ = open;
    known_ = true;
  }

  /// Whether there is no stream. Not before the first word about it.
  bool missing() const noexcept {
    return known_ && open_ == 0;
  }

  /// Our own stream was replaced, and the watches are written to the new one.
  void written_again() noexcept {
    refused_ = true;
  }

  /// The peer has answered a question that was written behind them.
  void taken() noexcept {
    refused_ = false;
  }

  /// Whether it is not known that the peer takes the watches.
  bool refused() const noexcept {
    return refused_;
  }

  /// Whether the watches have to be sent again, once the rest is over.
  bool renewal_due() const noexcept {
    return renewal_due_;
  }

  /// Whether they may be sent again now.
  bool has_rested(time_point now) const noexcept {
    return !last_renewal_ || now - *last_renewal_ >= rest_;
  }

  void renewed(time_point now) noexcept {
    renewal_due_ = false;
    last_renewal_ = now;
  }

  /// The peer could have opened a stream, or taken the watches, for so long,
  /// and has not. Returns whether it had its time.
  bool wait(caf::timespan x) noexcept {
    waited_ += x;
    return waited_ >= limit_;
  }

  /// Nobody waits any more.
  void stop_waiting() noexcept {
    waited_ = caf::timespan{0};
  }

private:
  caf::timespan limit_;
  caf::timespan rest_;
  caf::timespan waited_{0};
  size_t open_ = 0;
  bool known_ = false;
  bool lost_ = false;
  bool refused_ = false;
  bool renewal_due_ = false;
  std::optional<time_point> last_renewal_;
};

} // namespace caf_remote
