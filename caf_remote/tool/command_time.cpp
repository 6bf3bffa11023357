// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/command_time.hpp"

#include "caf_remote/tool/duration.hpp"
#include "caf_remote/tool/error.hpp"

#include <algorithm>

namespace caf_remote::tool {

namespace {

using namespace std::chrono_literals;

constexpr caf::timespan default_limit = 5s;

/// Limit for leaving when everything went well, and else.
constexpr caf::timespan graceful_time = 2s;
constexpr caf::timespan hasty_time = 300ms;

/// For the start of the process, before we count, and its end.
constexpr caf::timespan process_time = 100ms;

std::optional<caf::timespan> limit_of(const arguments& args) {
  if (args.timeout || args.command == "watch")
    return args.timeout;
  return default_limit;
}

} // namespace

command_time::command_time(const arguments& args) : limit_(limit_of(args)) {
  arm();
}

void command_time::pause() {
  pause_begin_ = clock::now();
  last_resort_.hold();
}

void command_time::go_on() {
  start_ += clock::now() - pause_begin_;
  arm();
}

void command_time::arm() {
  if (limit_)
    last_resort_.exit_at(
      start_ + *limit_ - std::min(process_time, *limit_ / 20), exit_failure,
      "time-out after " + render_duration(*limit_));
}

caf::timespan command_time::remaining() const {
  // CAF takes an infinite duration only in another type
  if (!limit_)
    return std::chrono::hours{24 * 365};
  return std::max<caf::timespan>(start_ + *limit_ - reserve() - clock::now(),
                                 1ms);
}

caf::timespan command_time::probe_time() const {
  constexpr caf::timespan longest = 100ms;
  return std::min(longest, reserve() / 3);
}

caf::timespan command_time::shutdown_time() const {
  constexpr caf::timespan shortest = 1ms;
  constexpr caf::timespan longest = 1s;
  return limit_ ? std::clamp(*limit_ / 2, shortest, longest) : longest;
}

void command_time::leave(int code) {
  last_resort_.leave_in(code == exit_success ? graceful_time : hasty_time,
                        code);
}

caf::timespan command_time::reserve() const {
  return limit_ ? std::min(hasty_time, *limit_ / 4) : hasty_time;
}

} // namespace caf_remote::tool
