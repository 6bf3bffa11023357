// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace caf_remote {

// Nodes number their watches, in the request id of the Watcher's PID (own
// decision, see docs/decisions/0026). 0 is no number. The numbers begin anew
// when all 32 bits are used up, so that "later" means: less than half of all
// numbers ahead (as in RFC 1982).

constexpr bool is_later(uint32_t x, uint32_t y) noexcept {
  return static_cast<int32_t>(x - y) > 0;
}

constexpr uint32_t next_watch_number(uint32_t x) noexcept {
  return x + 1 != 0 ? x + 1 : 1;
}

/// Those of `xs` whose `watch.number` is among the numbers from `first` to
/// `last`, as a Terminated names them. Without a `last` it means all there are,
/// without a `first` all up to `last`. They are in the order of their numbers,
/// none later than `latest`: found without a look at the others.
template <class T>
auto concerned(std::vector<T>& xs, uint32_t first, uint32_t last,
               uint32_t latest) {
  auto begin = xs.begin();
  auto end = xs.end();
  if (last == 0)
    return std::make_pair(begin, end);
  if (first != 0 && is_later(first, latest))
    return std::make_pair(end, end);
  // how far back a number lies: the order holds also where they begin anew
  auto most = first != 0 ? latest - first : ~uint32_t{0};
  auto least = is_later(last, latest) ? 0 : latest - last;
  begin = std::partition_point(
    begin, end, [=](const T& x) { return latest - x.watch.number > most; });
  end = std::partition_point(
    begin, end, [=](const T& x) { return latest - x.watch.number >= least; });
  return std::make_pair(begin, end);
}

} // namespace caf_remote
