// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/reconnect_policy.hpp"

#include "caf_remote/config.hpp"

#include <chrono>

namespace caf_remote {

caf::timespan dial_limit(const options& opts) {
  auto attempts = static_cast<double>(opts.max_retry_count);
  auto sum = attempts * static_cast<double>(opts.connect_timeout.count())
             + (attempts - 1) * static_cast<double>(opts.retry_wait.count());
  constexpr caf::timespan longest = std::chrono::hours(24 * 365);
  return sum < static_cast<double>(longest.count())
           ? caf::timespan{static_cast<caf::timespan::rep>(sum)}
           : longest;
}

} // namespace caf_remote
