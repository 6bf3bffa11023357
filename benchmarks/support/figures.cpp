// SPDX-License-Identifier: BSD-3-Clause

#include "support/figures.hpp"

#include <algorithm>

namespace caf_remote::bench {

// -- stopwatch ----------------------------------------------------------------

stopwatch::stopwatch()
  : before_(usage::now()), start_(std::chrono::steady_clock::now()) {
  // nop
}

void stopwatch::report(uint64_t count, json_line& result) const {
  std::chrono::duration<double> took = std::chrono::steady_clock::now()
                                       - start_;
  result.add("msgs_per_s", static_cast<double>(count) / took.count())
    .add("seconds", took.count());
  add_usage(result, before_);
}

// -- latencies ----------------------------------------------------------------

latencies::latencies(uint64_t count) {
  micros_.reserve(count);
}

void latencies::add(duration x) {
  micros_.push_back(std::chrono::duration<float, std::micro>{x}.count());
}

void latencies::report(json_line& result) {
  if (micros_.empty())
    return;
  std::sort(micros_.begin(), micros_.end());
  auto last = static_cast<double>(micros_.size() - 1);
  auto add = [&](const char* name, double quantile) {
    auto value = micros_[static_cast<size_t>(quantile * last)];
    result.add(name, static_cast<double>(value));
  };
  add("p50_us", 0.5);
  add("p90_us", 0.9);
  add("p99_us", 0.99);
  add("p999_us", 0.999);
  add("max_us", 1);
}

} // namespace caf_remote::bench
