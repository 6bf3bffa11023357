// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outgoing_watches.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace caf_remote {

namespace {

constexpr auto any_place = std::numeric_limits<uint64_t>::max();

} // namespace

void outgoing_watches::add(std::string_view id, caf::strong_actor_ptr proxy,
                           uint64_t seq) {
  auto i = entries_.find(id);
  if (i == entries_.end())
    entries_.emplace(id, entry{std::move(proxy), seq, seq});
  else
    i->second.last = seq;
}

void outgoing_watches::add_copy(std::string_view id, uint64_t seq) {
  if (auto i = entries_.find(id); i != entries_.end())
    i->second.copy = seq;
}

caf::strong_actor_ptr outgoing_watches::find(std::string_view id) const {
  auto i = entries_.find(id);
  return i != entries_.end() ? i->second.proxy : nullptr;
}

bool outgoing_watches::remove(std::string_view id) {
  auto i = entries_.find(id);
  if (i == entries_.end())
    return false;
  entries_.erase(i);
  return true;
}

std::vector<outgoing_watches::lost_watch>
outgoing_watches::take_written(uint64_t seq) {
  std::vector<lost_watch> result;
  for (auto i = entries_.begin(); i != entries_.end();) {
    auto& x = i->second;
    if (x.first > seq) {
      ++i;
      continue;
    }
    result.push_back({std::move(x.proxy), std::max(x.last, x.copy) > seq});
    i = entries_.erase(i);
  }
  return result;
}

void outgoing_watches::keep(std::string_view id, caf::strong_actor_ptr proxy,
                            uint64_t first) {
  entries_.insert_or_assign(std::string{id}, entry{std::move(proxy), first, 0});
  lost(0);
}

std::vector<caf::strong_actor_ptr> outgoing_watches::take_all() {
  std::vector<caf::strong_actor_ptr> result;
  for (auto& kvp : entries_)
    result.push_back(std::move(kvp.second.proxy));
  entries_.clear();
  return result;
}

void outgoing_watches::lost(uint64_t seq) {
  renew_up_to_ = renewed_ ? std::max(renew_up_to_, seq) : seq;
  renewed_.emplace();
}

void outgoing_watches::all_lost() {
  lost(any_place);
}

bool outgoing_watches::renew_next(const renewer& renew) {
  if (!renewed_)
    return false;
  auto i = entries_.upper_bound(*renewed_);
  while (i != entries_.end() && i->second.last > renew_up_to_)
    ++i;
  if (i == entries_.end()) {
    renewed_.reset();
    return false;
  }
  renewed_ = i->first;
  i->second.last = renew(i->second.proxy);
  return true;
}

} // namespace caf_remote
