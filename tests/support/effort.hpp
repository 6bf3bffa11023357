// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <cstddef>

#include <time.h>

namespace caf_remote::test {

/// The CPU time that this thread has used, in seconds. Others on a busy machine
/// do not add to it.
inline double cpu_time() {
  timespec x;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &x);
  return static_cast<double>(x.tv_sec) + 1e-9 * static_cast<double>(x.tv_nsec);
}

/// The least CPU time of a few runs of `f`, for which `prepare` is not counted.
template <class Prepare, class F>
double effort(Prepare prepare, F f) {
  auto result = 1e9;
  for (auto i = 0; i < 3; ++i) {
    auto state = prepare();
    auto begin = cpu_time();
    f(state);
    result = std::min(result, cpu_time() - begin);
  }
  return result;
}

/// How much more CPU time one of `large` entries needs than one of `small`
/// entries: about 1 if the work is flat, `large / small` if each entry looks at
/// all the others. `prepare` takes a number of entries, `f` what it returns.
template <class Prepare, class F>
double growth(size_t small, size_t large, Prepare prepare, F f) {
  auto per_entry = [&](size_t n) {
    return effort([&] { return prepare(n); }, f) / static_cast<double>(n);
  };
  return per_entry(large) / per_entry(small);
}

/// What `growth` may be between sizes that are 32 times apart, with caches that
/// do not hold the larger one and a machine that is busy.
constexpr size_t few = 1000;
constexpr size_t many = 32 * few;
constexpr double flat = 10;

} // namespace caf_remote::test
