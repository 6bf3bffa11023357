// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/host_budgets.hpp"

#include <iterator>

namespace caf_remote {

dial_budget_ptr host_budgets::of(const std::string& host,
                                 dial_budget::clock::time_point now) {
  auto i = budgets_.find(host);
  if (i != budgets_.end())
    return i->second;
  if (purge_.due(budgets_.size()))
    forget_full(now);
  auto result = std::make_shared<dial_budget>(dial_budget::of_host{},
                                              per_minute_);
  budgets_.emplace(host, result);
  return result;
}

void host_budgets::forget_full(dial_budget::clock::time_point now) {
  for (auto i = budgets_.begin(); i != budgets_.end();) {
    auto unused = i->second.use_count() == 1 && i->second->is_full(now);
    i = unused ? budgets_.erase(i) : std::next(i);
  }
  purge_.looked(budgets_.size());
}

} // namespace caf_remote
