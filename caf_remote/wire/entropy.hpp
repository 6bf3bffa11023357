// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <limits>

namespace caf_remote::wire {

/// Where what nobody may guess comes from: member ids, the key of hash tables,
/// the first numbers of requests. The system's source, unless `repeat` was
/// called. A uniform random bit generator. Any thread.
class entropy {
public:
  using result_type = uint32_t;

  static constexpr result_type min() noexcept {
    return 0;
  }

  static constexpr result_type max() noexcept {
    return std::numeric_limits<result_type>::max();
  }

  result_type operator()();

  /// Draws from `seed` from now on, so that a run can be repeated. For tests:
  /// nothing is a secret any more.
  static void repeat(uint64_t seed);
};

} // namespace caf_remote::wire
