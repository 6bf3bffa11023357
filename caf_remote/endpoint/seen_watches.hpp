// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/watch_number.hpp"

#include <cstdint>
#include <string>

namespace caf_remote {

/// Up to which numbers the watches of one peer have come to endpoints that are
/// over, which have forgotten whom they were for. A peer that is caf_remote
/// writes its watches again when it comes back, and the name may have changed
/// hands since. Its numbers rise for all its watches together, so one number
/// says it of all of them: one that was drawn before another, but never came,
/// is taken for one that did. Pure.
class seen_watches {
public:
  /// A Watch of the incarnation `member_id` is for the endpoint with the serial
  /// number `endpoint`. Returns up to which number earlier endpoints have got
  /// those of that incarnation; 0: none of them has, or the peer does not
  /// number (`number` is 0).
  uint32_t add(const std::string& member_id, uint64_t endpoint,
               uint32_t number) {
    if (number == 0)
      return 0;
    if (member_id != member_id_)
      *this = seen_watches{member_id, endpoint};
    if (endpoint > endpoint_) {
      raise(former_, latest_);
      endpoint_ = endpoint;
      latest_ = 0;
    }
    // one for an earlier endpoint was on its way when that was given up
    raise(endpoint == endpoint_ ? latest_ : former_, number);
    return former_;
  }

  seen_watches() = default;

  bool empty() const noexcept {
    return endpoint_ == 0;
  }

  /// The serial number of the latest endpoint.
  uint64_t endpoint() const noexcept {
    return endpoint_;
  }

private:
  seen_watches(const std::string& member_id, uint64_t endpoint)
    : member_id_(member_id), endpoint_(endpoint) {
    // nop
  }

  static void raise(uint32_t& x, uint32_t number) noexcept {
    if (x == 0 || (number != 0 && is_later(number, x)))
      x = number;
  }

  std::string member_id_;
  uint64_t endpoint_ = 0;
  uint32_t latest_ = 0;
  uint32_t former_ = 0;
};

} // namespace caf_remote
