// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/timespan.hpp>

#include <cstddef>

namespace caf_remote {

/// Whether a peer whose actors we watch can tell us of their ends. That takes a
/// stream from it, which we cannot open, and nothing on the wire says that one
/// is missing or that it took a Terminated along when it ended. So: what is
/// watched is watched again after a stream was lost or replaced; without a
/// stream the peer is asked for a sign of life, which makes it open one; and
/// if none comes within the time that attempts to connect may take, the watches
/// are over. Pure: knows no clock.
class return_path {
public:
  /// `limit`: how long the peer may try to reach us.
  explicit return_path(caf::timespan limit) noexcept : limit_(limit) {
    // nop
  }

  /// The peer has so many streams open to us now.
  void streams(size_t open) noexcept {
    if (open < open_)
      lost_ = true;
    else if (open > open_ && (open_ > 0 || lost_))
      renewal_due_ = true;
    if (open > 0)
      waited_ = caf::timespan{0};
    open_ = open;
    known_ = true;
  }

  /// Whether there is no stream. Not before the first word about it.
  bool missing() const noexcept {
    return known_ && open_ == 0;
  }

  /// Whether the watches have to be sent again.
  bool renewal_due() const noexcept {
    return renewal_due_;
  }

  void renewed() noexcept {
    renewal_due_ = false;
  }

  /// The peer could have opened a stream for so long, and has not. Returns
  /// whether it had its time.
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
  caf::timespan waited_{0};
  size_t open_ = 0;
  bool known_ = false;
  bool lost_ = false;
  bool renewal_due_ = false;
};

} // namespace caf_remote
