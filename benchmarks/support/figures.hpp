// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/json_line.hpp"
#include "support/process.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace caf_remote::bench {

/// Time and CPU from its construction on.
class stopwatch {
public:
  stopwatch();

  /// Adds the rate of `count` messages, the time and what the process used.
  void report(uint64_t count, json_line& result) const;

private:
  usage before_;
  std::chrono::steady_clock::time_point start_;
};

/// Keeps every latency, so that percentiles are exact.
class latencies {
public:
  using duration = std::chrono::steady_clock::duration;

  /// `count` is how many will be added.
  explicit latencies(uint64_t count);

  void add(duration x);

  /// Adds percentiles and the maximum in microseconds.
  void report(json_line& result);

private:
  std::vector<float> micros_;
};

} // namespace caf_remote::bench
