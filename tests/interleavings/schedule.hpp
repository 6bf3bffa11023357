// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "interleavings/search.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote::test {

/// What the threads of a case do, each under a name.
struct thread_of_case {
  std::string name;
  std::function<void()> run;
};

/// One run of a case, in one interleaving.
class schedule {
public:
  /// Runs the threads to their end. Once per run.
  void run(std::vector<thread_of_case> threads);
};

/// A promise that holds in each interleaving. Any thread.
void expect(bool holds, std::string_view promise);

/// Something is done at `where` that the compiler does not see as an operation
/// on memory that threads share: others may come before or after it, and
/// whoever comes after sees all that was done before.
void notice(const void* where);

/// Sets the time of the steady clock as a case sees it, which begins at 0.
void time_of_case(std::chrono::nanoseconds x);

struct exploration {
  size_t schedules = 0;
  /// Runs that were broken off because they were the same as others.
  size_t redundant = 0;
  size_t left_out = 0;
  double seconds = 0;
  /// The first broken promise and its schedule; empty: none.
  std::string failure;
};

/// Calls `body` once per interleaving of the threads that it runs. All that
/// they work on is to be made in there; each run must do the same in the same
/// schedule.
exploration explore(const std::function<void(schedule&)>& body,
                    search::limits lim = {});

/// The same for a case: fails the test if a promise is broken.
void interleave(const std::function<void(schedule&)>& body,
                search::limits lim = {});

} // namespace caf_remote::test
