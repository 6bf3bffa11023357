// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/dial_budget.hpp"
#include "caf_remote/endpoint/purge_mark.hpp"
#include "caf_remote/wire/name_hash.hpp"

#include <cstddef>
#include <string>

namespace caf_remote {

/// A budget for each host that connects to us and says where it listens: what
/// it makes us dial at itself is nobody else's business. Remembers a host while
/// somebody holds its budget, and then until that is full again.
class host_budgets {
public:
  explicit host_budgets(size_t per_minute) : per_minute_(per_minute) {
    // nop
  }

  dial_budget_ptr of(const std::string& host,
                     dial_budget::clock::time_point now);

  size_t size() const noexcept {
    return budgets_.size();
  }

private:
  void forget_full(dial_budget::clock::time_point now);

  const size_t per_minute_;
  wire::name_map<dial_budget_ptr> budgets_;
  purge_mark purge_;
};

} // namespace caf_remote
