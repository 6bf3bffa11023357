// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incoming_watches.hpp"

#include "caf_remote/endpoint/watch_number.hpp"

#include <algorithm>

namespace caf_remote {

// -- watches -----------------------------------------------------------------------------------

incoming_watches::outcome incoming_watches::add(const caf::actor_addr& local,
                                                const std::string& id,
                                                const std::string& watcher,
                                                uint32_t number) {
  auto i = get(id, watcher);
  auto& rec = i->second;
  auto fresh = rec.bindings.empty() && rec.told.empty();
  if (number == 0) {
    // whatever it was told before, it asks again
    forget_told(rec);
  } else {
    if (!fresh && !is_later(number, rec.last))
      return {};
    auto next = fresh ? 0 : next_watch_number(rec.last);
    rec.last = number;
    if (local != nullptr)
      return {bind(local, i, next, number), std::nullopt};
    outcome result{false, ending{id, watcher, next, number,
                                 wire::terminated_reason::not_found}};
    drop_if_empty(i);
    return result;
  }
  if (local != nullptr)
    return {bind(local, i, 0, 0), std::nullopt};
  drop_if_empty(i);
  return {false, ending{id, watcher, 0, 0, wire::terminated_reason::not_found}};
}

// Returns whether the actor is new.
bool incoming_watches::bind(const caf::actor_addr& local, records::iterator i,
                            uint32_t first, uint32_t last) {
  auto& bindings = i->second.bindings;
  auto who = local.get();
  if (last == 0) {
    auto is_same = [who](const binding& x) { return x.local == who; };
    if (std::any_of(bindings.begin(), bindings.end(), is_same))
      return false;
  } else if (!bindings.empty() && bindings.back().local == who) {
    // the numbers in between were answered, and are not asked again
    bindings.back().last = last;
    return false;
  }
  bindings.push_back({who, first, last});
  ++bound_;
  auto entry = by_actor_.try_emplace(who);
  entry.first->second.addr = local;
  entry.first->second.keys.insert(&i->first);
  return entry.second;
}

void incoming_watches::remove(const std::string& id,
                              const std::string& watcher) {
  auto i = records_.find(key{id, watcher});
  if (i == records_.end())
    return;
  auto& rec = i->second;
  forget_told(rec);
  bound_ -= rec.bindings.size();
  for (auto& x : rec.bindings)
    by_actor_[x.local].keys.erase(&i->first);
  rec.bindings.clear();
  drop_if_empty(i);
}

std::vector<incoming_watches::ending>
incoming_watches::take(const caf::actor_addr& local) {
  std::vector<ending> result;
  auto i = by_actor_.find(local.get());
  if (i == by_actor_.end())
    return result;
  auto entry = std::move(i->second);
  by_actor_.erase(i);
  for (auto where : entry.keys) {
    auto j = records_.find(*where);
    auto& xs = j->second.bindings;
    for (auto& x : xs)
      if (x.local == local.get())
        result.push_back({where->first, where->second, x.first, x.last,
                          wire::terminated_reason::stopped});
    auto is_local = [&](const binding& x) { return x.local == local.get(); };
    auto pos = std::remove_if(xs.begin(), xs.end(), is_local);
    bound_ -= static_cast<size_t>(xs.end() - pos);
    xs.erase(pos, xs.end());
    drop_if_empty(j);
  }
  return result;
}

void incoming_watches::clear() {
  for (auto& kvp : by_actor_)
    kvp.second.keys.clear();
  told_.clear();
  records_.clear();
  bound_ = 0;
  name_bytes_ = 0;
}

// -- what was told -----------------------------------------------------------------------------

void incoming_watches::told(const ending& x, uint64_t seq) {
  auto i = get(x.id, x.watcher);
  auto& rec = i->second;
  rec.told.insert(seq);
  if (rec.last == 0 || is_later(x.last, rec.last))
    rec.last = x.last;
  told_.emplace(seq, unproven{i, x.first, x.last, x.why});
}

void incoming_watches::proven(uint64_t seq) {
  while (!told_.empty() && told_.begin()->first < seq) {
    auto i = told_.begin()->second.where;
    i->second.told.erase(told_.begin()->first);
    told_.erase(told_.begin());
    drop_if_empty(i);
  }
}

void incoming_watches::tell_again(uint64_t seq, const sender& send) {
  std::vector<unproven> lost;
  while (!told_.empty() && told_.begin()->first <= seq) {
    auto i = told_.begin();
    i->second.where->second.told.erase(i->first);
    lost.push_back(i->second);
    told_.erase(i);
  }
  for (auto& x : lost) {
    auto& [id, watcher] = x.where->first;
    auto place = send({id, watcher, x.first, x.last, x.why});
    x.where->second.told.insert(place);
    told_.emplace(place, x);
  }
}

// -- records -----------------------------------------------------------------------------------

incoming_watches::records::iterator
incoming_watches::get(const std::string& id, const std::string& watcher) {
  auto res = records_.try_emplace(key{id, watcher});
  if (res.second)
    name_bytes_ += id.size() + watcher.size();
  return res.first;
}

void incoming_watches::drop_if_empty(records::iterator i) {
  if (!i->second.bindings.empty() || !i->second.told.empty())
    return;
  name_bytes_ -= i->first.first.size() + i->first.second.size();
  records_.erase(i);
}

void incoming_watches::forget_told(record& x) {
  for (auto seq : x.told)
    told_.erase(seq);
  x.told.clear();
}

} // namespace caf_remote
