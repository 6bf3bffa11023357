// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace caf_remote::test {

/// Draws numbers from a seed, the same on every machine (SplitMix64, Steele et
/// al.), which the distributions of the standard library do not promise.
class dice {
public:
  explicit dice(uint64_t seed) noexcept : state_(seed) {
    // nop
  }

  uint64_t next() noexcept {
    auto z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// From 0 to `n - 1`. @pre `n > 0`
  uint32_t below(size_t n) noexcept {
    return static_cast<uint32_t>(next() % n);
  }

  bool one_in(size_t n) noexcept {
    return below(n) == 0;
  }

  /// @pre `xs` is not empty.
  template <class T>
  T& pick(std::vector<T>& xs) noexcept {
    return xs[below(xs.size())];
  }

private:
  uint64_t state_;
};

} // namespace caf_remote::test
