// SPDX-License-Identifier: BSD-3-Clause

// Stands before the steady clock (the linker's --wrap): for threads of a case
// time passes when the case says so.

#include "interleavings/explorer.hpp"
#include "interleavings/schedule.hpp"

#include <chrono>

namespace {

std::chrono::nanoseconds passed{0};

bool in_case = false;

} // namespace

using time_point = std::chrono::steady_clock::time_point;

// NOLINTBEGIN(bugprone-reserved-identifier)

extern "C" time_point __real__ZNSt6chrono3_V212steady_clock3nowEv();

extern "C" time_point __wrap__ZNSt6chrono3_V212steady_clock3nowEv();

extern "C" time_point __wrap__ZNSt6chrono3_V212steady_clock3nowEv() {
  if (!in_case)
    return __real__ZNSt6chrono3_V212steady_clock3nowEv();
  caf_remote::test::unexplored here;
  if (here)
    here->step({"clock", &passed, false, __builtin_return_address(0)});
  return time_point{passed};
}

// NOLINTEND(bugprone-reserved-identifier)

namespace caf_remote::test {

void time_of_case(std::chrono::nanoseconds x) {
  unexplored here;
  if (here)
    here->step({"time passes", &passed, true, __builtin_return_address(0)});
  passed = x;
}

void use_time_of_case(bool x) {
  in_case = x;
}

} // namespace caf_remote::test
