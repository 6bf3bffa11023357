// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/watch_table.hpp"

#include <limits>

namespace caf_remote {

// -- outgoing ----------------------------------------------------------------------------------

void outgoing_watches::add(const std::string& id, caf::strong_actor_ptr proxy,
                           uint64_t seq) {
  entries_[id] = entry{std::move(proxy), seq};
}

bool outgoing_watches::remove(const std::string& id) {
  return entries_.erase(id) != 0;
}

caf::strong_actor_ptr outgoing_watches::take(const std::string& id) {
  auto i = entries_.find(id);
  if (i == entries_.end())
    return nullptr;
  auto result = std::move(i->second.proxy);
  entries_.erase(i);
  return result;
}

std::vector<caf::strong_actor_ptr>
outgoing_watches::take_written(uint64_t seq) {
  std::vector<caf::strong_actor_ptr> result;
  for (auto i = entries_.begin(); i != entries_.end();) {
    if (i->second.seq > seq) {
      ++i;
      continue;
    }
    result.push_back(std::move(i->second.proxy));
    i = entries_.erase(i);
  }
  return result;
}

std::vector<caf::strong_actor_ptr> outgoing_watches::take_all() {
  return take_written(std::numeric_limits<uint64_t>::max());
}

void outgoing_watches::renew_written(uint64_t seq, const renewer& renew) {
  for (auto& kvp : entries_)
    if (kvp.second.seq <= seq)
      kvp.second.seq = renew(kvp.second.proxy);
}

// -- incoming ----------------------------------------------------------------------------------

bool incoming_watches::add(const caf::actor_addr& local, const std::string& id,
                           const pid& watcher) {
  auto& watchers = entries_[local];
  auto first = watchers.empty();
  if (watchers.emplace(id, watcher).second)
    ++count_;
  by_id_[id] = local;
  return first;
}

bool incoming_watches::remove(const std::string& id, const pid& watcher,
                              caf::actor_addr& local) {
  auto j = by_id_.find(id);
  if (j == by_id_.end())
    return false;
  auto i = entries_.find(j->second);
  if (i == entries_.end() || i->second.erase({id, watcher}) == 0)
    return false;
  --count_;
  if (!i->second.empty())
    return false;
  local = i->first;
  entries_.erase(i);
  by_id_.erase(j);
  return true;
}

std::vector<incoming_watches::observer>
incoming_watches::take(const caf::actor_addr& local) {
  std::vector<observer> result;
  auto i = entries_.find(local);
  if (i == entries_.end())
    return result;
  for (auto& x : i->second) {
    result.push_back({x.second, x.first});
    auto j = by_id_.find(x.first);
    if (j != by_id_.end() && j->second == local)
      by_id_.erase(j);
  }
  count_ -= i->second.size();
  entries_.erase(i);
  return result;
}

std::vector<caf::actor_addr> incoming_watches::clear() {
  std::vector<caf::actor_addr> result;
  for (auto& kvp : entries_)
    result.push_back(kvp.first);
  entries_.clear();
  by_id_.clear();
  count_ = 0;
  return result;
}

} // namespace caf_remote
