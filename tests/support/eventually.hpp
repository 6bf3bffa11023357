// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <chrono>

#include <poll.h>

namespace caf_remote::test {

/// Waits until `pred` holds, looking again and again; false: it did not within
/// the limit. For states that nobody announces, such as counters.
template <class Predicate>
bool eventually(Predicate pred,
                std::chrono::milliseconds limit = std::chrono::seconds{30}) {
  auto until = std::chrono::steady_clock::now() + limit;
  while (!pred()) {
    if (std::chrono::steady_clock::now() >= until)
      return pred();
    ::poll(nullptr, 0, 2);
  }
  return true;
}

} // namespace caf_remote::test
