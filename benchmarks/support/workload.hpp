// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/actors.hpp"
#include "support/json_line.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote::bench {

/// What a client measures: `MODE COUNT SIZE [WIDTH]` or `openloop RATE SECONDS
/// SIZE`, as the peer in Go takes it.
struct workload {
  enum class kind {
    one_way,
    /// Without pacing; messages may be lost.
    flood,
    /// One-way to many endpoints.
    spread,
    ping_pong,
    window,
    open_loop,
    /// Memory of endpoints without traffic.
    idle,
    /// Memory of messages that wait.
    queue,
  };

  kind mode = kind::one_way;
  std::string mode_name;
  uint64_t count = 0;
  size_t size = 0;
  /// Senders, endpoints, or messages in flight.
  uint64_t width = 1;
  /// Messages per second, for the open loop.
  uint64_t rate = 0;

  /// Throws `std::invalid_argument`.
  static workload parse(const std::vector<std::string>& args);

  /// Whether the other end sends everything back.
  bool has_replies() const;

  /// The name of the actor at the other end.
  std::string target() const;

  /// How long any step may take.
  std::chrono::seconds patience() const;

  /// Adds what was asked for.
  void describe(json_line& result) const;
};

/// Runs a workload against actors of another process and adds what came out.
/// Throws `std::runtime_error` if a message was lost or the time is up.
class client {
public:
  /// `before_measuring` is called after the warm-up. There is more than one
  /// target for `spread` only.
  client(caf::actor_system& sys, std::vector<caf::actor> targets, pacer pace,
         std::function<void()> before_measuring);

  void run(const workload& what, json_line& result);

private:
  void run_one_way(const workload& what, json_line& result);
  void run_replies(const workload& what, json_line& result);
  void run_open_loop(const workload& what, json_line& result);

  /// Asks the counter through all targets. The questions travel behind the
  /// messages.
  uint64_t ask_count(const workload& what);

  /// Asks until there is an answer: questions may be lost, too.
  uint64_t insist_on_count(const workload& what);

  /// Waits for so many actors and returns the sum of their pauses.
  static uint64_t await(caf::scoped_actor& self, const workload& what,
                        uint64_t actors);

  void request_all(const workload& what, std::shared_ptr<latencies> times);

  /// Some replies before it counts.
  void warm_up(const workload& what);

  caf::actor_system& sys_;
  std::vector<caf::actor> targets_;
  pacer pace_;
  std::function<void()> before_measuring_;
};

/// The command line of all programs, after the options.
struct command {
  bool serve = false;
  std::string address;
  workload what;

  /// Takes `server` or `client ADDRESS MODE ...`. Throws
  /// `std::invalid_argument`.
  static command parse(const std::vector<std::string>& args);

  /// How long the process may live at most.
  std::chrono::seconds life() const;

  /// Splits an address. Throws `std::invalid_argument`.
  std::pair<std::string, uint16_t> host_and_port() const;
};

/// Throws `std::invalid_argument`.
uint64_t parse_number(const std::string& text);

/// Catches what the programs throw, prints it, and makes the exit code of it.
int guarded_main(const char* program, const std::function<int()>& body);

} // namespace caf_remote::bench
