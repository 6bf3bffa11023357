// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/actors.hpp"
#include "support/json_line.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace caf_remote::bench {

/// What a client measures: `MODE COUNT SIZE [SENDERS|WINDOW]`, as the peer in
/// Go takes it.
struct workload {
  enum class kind { one_way, ping_pong, window };

  kind mode = kind::one_way;
  std::string mode_name;
  uint64_t count = 0;
  size_t size = 0;
  uint64_t width = 1;

  /// Throws `std::invalid_argument`.
  static workload parse(const std::vector<std::string>& args);

  /// The name of the actor at the other end.
  std::string target() const;
};

/// Runs a workload against an actor of the other process and adds what came
/// out. Throws `std::runtime_error` if a message was lost or the time is up.
class client {
public:
  /// `before_measuring` is called after the warm-up.
  client(caf::actor_system& sys, caf::actor target, pacer pace,
         std::function<void()> before_measuring);

  void run(const workload& what, json_line& result);

private:
  void run_one_way(const workload& what, json_line& result);
  void run_replies(const workload& what, json_line& result);

  /// Asks the counter. The question travels behind the messages.
  uint64_t ask_count();

  /// Spawns the actors, starts them, and returns the sum of their pauses when
  /// all are done.
  template <class Spawn>
  uint64_t await(uint64_t count, Spawn spawn);

  uint64_t request_all(const workload& what,
                       std::shared_ptr<std::vector<double>> times);

  caf::actor_system& sys_;
  caf::actor target_;
  pacer pace_;
  std::function<void()> before_measuring_;
};

/// The rest of the command line of both programs.
struct command {
  bool serve = false;
  std::string address;
  workload what;

  /// Takes `server` or `client ADDRESS MODE ...`. Throws
  /// `std::invalid_argument`.
  static command parse(const std::vector<std::string>& args);

  /// Splits an address. Throws `std::invalid_argument`.
  std::pair<std::string, uint16_t> host_and_port() const;
};

/// Catches what the programs throw, prints it, and makes the exit code of it.
int guarded_main(const char* program, const std::function<int()>& body);

} // namespace caf_remote::bench
