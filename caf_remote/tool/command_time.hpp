// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tool/arguments.hpp"
#include "caf_remote/tool/time_limit.hpp"

#include <caf/timespan.hpp>

#include <optional>

namespace caf_remote::tool {

/// The time that a command may take, from the moment this is made. At its end
/// the process exits, whatever blocks; so make this before anything that may. A
/// share of the time is kept for saying what went wrong and leaving.
class command_time {
public:
  using clock = time_limit::clock;

  explicit command_time(const arguments& args);

  /// The whole time; none: as long as the command wants.
  std::optional<caf::timespan> limit() const noexcept {
    return limit_;
  }

  /// What is left for the command's work, at least 1 ms; a year if there is no
  /// limit.
  caf::timespan remaining() const;

  /// How long it may take to look why nothing came.
  caf::timespan probe_time() const;

  /// How long peers get for a graceful stop.
  caf::timespan shutdown_time() const;

  /// A person is asked, which takes as long as it takes.
  void pause();

  /// The pause is over; it does not count.
  void go_on();

  /// The work is over: exit with `code` soon, even if something still blocks.
  void leave(int code);

private:
  /// The share that is kept for the end.
  caf::timespan reserve() const;

  /// Sees to the end of the process.
  void arm();

  clock::time_point start_ = clock::now();
  clock::time_point pause_begin_;
  std::optional<caf::timespan> limit_;
  time_limit last_resort_;
};

} // namespace caf_remote::tool
