// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/process.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote::test {

/// A real protoactor-go node in a process of its own; see
/// tests/interop/go_peer/README.md for its commands and events. Every wait has
/// a limit and throws `std::runtime_error` with all that the process has said.
/// One thread at a time may use an object.
class go_peer {
public:
  using duration = process::duration;

  struct options {
    uint16_t port = 0;
    /// Further arguments of the command `serve`.
    std::vector<std::string> arguments;
    std::chrono::seconds life{280};
  };

  go_peer();

  explicit go_peer(options opts);

  go_peer(go_peer&&) = default;

  go_peer& operator=(go_peer&&) = default;

  ~go_peer();

  /// What the node writes into its PIDs.
  const std::string& address() const noexcept {
    return address_;
  }

  uint16_t port() const;

  /// Tells this incarnation from others.
  std::string system_id();

  // -- commands ---------------------------------------------------------------

  /// Runs a command and returns what follows "ok " in its answer. Any other
  /// answer throws.
  std::string command(const std::string& line,
                      duration limit = process::patience);

  /// Runs a command and returns its whole answer.
  std::string answer(const std::string& line,
                     duration limit = process::patience);

  /// Starts a command; `finish` returns its whole answer.
  std::string start(const std::string& line);
  std::string finish(const std::string& tag,
                     duration limit = process::patience);

  /// Whether the node still answers commands.
  bool alive();

  // -- events -----------------------------------------------------------------

  /// Takes the next event that begins with `prefix`, which comes without the
  /// word "event". Earlier ones of other kinds stay.
  std::string event(std::string_view prefix,
                    duration limit = process::patience);

  /// Counts the events with `prefix` that have come and not been taken. All
  /// those before the answer to a command are seen.
  size_t count_events(std::string_view prefix);

  void forget_events() {
    events_.clear();
  }

  // -- the end ----------------------------------------------------------------

  /// The process's end without a word (SIGKILL).
  void kill();

  /// Leaves gracefully and returns how long that took.
  duration shut_down(duration limit = process::patience);

  process& child() noexcept {
    return *child_;
  }

private:
  /// Takes one line of output and sorts it in.
  void take_line(duration limit);
  std::string take_answer(const std::string& prefix, duration limit);

  std::unique_ptr<process> child_;
  std::string address_;
  std::deque<std::string> events_;
  std::deque<std::string> answers_;
  uint64_t last_tag_ = 0;
};

} // namespace caf_remote::test
