// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/json_line.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstdint>

namespace caf_remote::bench {

/// What the process has used since it began.
struct usage {
  double user;
  double system;
  uint64_t max_rss_kb;

  static usage now();
};

/// Adds CPU seconds since `before` and the peak memory of the whole process.
void add_usage(json_line& line, const usage& before);

/// Memory that the process has now.
uint64_t resident_kb();

/// Gives other threads time to finish what they are at.
void settle();

/// Adds which scheduler really runs, and with how many workers.
void add_scheduler(json_line& line, caf::actor_system& sys);

/// Ends the process by a signal after that time, whatever it does.
void limit_life(std::chrono::seconds limit);

/// Returns when stdin is closed.
void wait_for_end_of_input();

} // namespace caf_remote::bench
