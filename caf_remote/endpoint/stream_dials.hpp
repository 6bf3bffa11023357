// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/dial_budget.hpp"

namespace caf_remote {

/// Whose budget pays for what one stream to us makes us dial.
struct stream_dials {
  /// For the address that the stream claims: that of the host, if the stream's
  /// connection comes from the host that it claims; else the same as `others`.
  dial_budget_ptr claimed;
  /// For all other addresses: the stream's own.
  dial_budget_ptr others;

  /// Whether the connection comes from the host that the stream claims.
  bool is_near() const noexcept {
    return claimed != others;
  }
};

} // namespace caf_remote
