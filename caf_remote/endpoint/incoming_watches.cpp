// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incoming_watches.hpp"

#include "caf_remote/endpoint/watch_number.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

constexpr auto unreachable = wire::terminated_reason::address_terminated;

} // namespace

// -- watches -----------------------------------------------------------------------------------

incoming_watches::outcome
incoming_watches::add(const caf::actor_addr& local, const actor_name_ptr& name,
                      const std::string& watcher, uint32_t number,
                      uint32_t forgotten, bool has_room) {
  outcome result;
  auto i = get(name, watcher);
  auto& rec = i->second;
  uint32_t first = 0;
  if (number == 0) {
    // whatever it was told before, it asks again
    forget_told(rec);
  } else {
    auto fresh = rec.bindings.empty() && rec.told.empty()
                 && rec.waiting.empty();
    if (!fresh && !is_later(number, rec.last))
      return {};
    if (!fresh)
      first = next_watch_number(rec.last);
    if (forgotten != 0 && !is_later(number, forgotten)) {
      drop_if_empty(i);
      result.forgotten = ending{name, watcher, first, number, unreachable};
      return result;
    }
    // it may stand for earlier ones, too
    if (forgotten != 0 && (first == 0 || !is_later(first, forgotten))) {
      result.forgotten = ending{name, watcher, first, forgotten, unreachable};
      first = next_watch_number(forgotten);
    }
  }
  if (local != nullptr && (has_room || is_bound(local.get(), rec))) {
    // not before: one that was refused may come again
    rec.last = number;
    result.monitor = bind(local, i, first, number);
    return result;
  }
  drop_if_empty(i);
  auto why = local != nullptr ? unreachable
                              : wire::terminated_reason::not_found;
  result.answer = ending{name, watcher, first, number, why};
  return result;
}

bool incoming_watches::is_bound(actor_key local, const record& x) noexcept {
  return std::any_of(x.bindings.begin(), x.bindings.end(),
                     [&](const binding& y) { return y.local == local; });
}

// Returns whether the actor is new.
bool incoming_watches::bind(const caf::actor_addr& local, records::iterator i,
                            uint32_t first, uint32_t last) {
  auto& bindings = i->second.bindings;
  auto who = local.get();
  if (last == 0) {
    if (is_bound(who, i->second))
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

void incoming_watches::remove(const actor_name& name, std::string_view watcher,
                              uint32_t number) {
  auto i = records_.find(key_view{name.id, name.address, watcher});
  if (i == records_.end())
    return;
  auto& rec = i->second;
  // a peer that numbers finds nobody when it hears of an old end
  if (number == 0)
    forget_told(rec);
  std::vector<binding> rest;
  for (auto& x : rec.bindings) {
    if (number != 0 && is_later(x.last, number)) {
      if (x.first == 0 || !is_later(x.first, number))
        x.first = next_watch_number(number);
      rest.push_back(x);
    }
  }
  bound_ -= rec.bindings.size() - rest.size();
  rec.bindings.swap(rest);
  for (auto& x : rest)
    if (!is_bound(x.local, rec))
      by_actor_[x.local].keys.erase(&i->first);
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
        result.push_back({where->name, where->watcher, x.first, x.last,
                          wire::terminated_reason::stopped});
    auto is_local = [&](const binding& x) { return x.local == local.get(); };
    auto pos = std::remove_if(xs.begin(), xs.end(), is_local);
    bound_ -= static_cast<size_t>(xs.end() - pos);
    xs.erase(pos, xs.end());
    drop_if_empty(j);
  }
  return result;
}

std::vector<caf::actor_addr> incoming_watches::clear() {
  std::vector<caf::actor_addr> result;
  for (auto& kvp : by_actor_)
    result.push_back(std::move(kvp.second.addr));
  by_actor_.clear();
  told_.clear();
  waiting_.clear();
  records_.clear();
  bound_ = 0;
  name_bytes_ = 0;
  return result;
}

// -- what was told -----------------------------------------------------------------------------

void incoming_watches::tell(const ending& x) {
  auto i = get(x.name, x.watcher);
  auto& rec = i->second;
  if (rec.last == 0 || is_later(x.last, rec.last))
    rec.last = x.last;
  wait({i, x.first, x.last, x.why});
}

void incoming_watches::wait(const unproven& x) {
  auto place = ++last_waiting_;
  x.where->second.waiting.insert(place);
  waiting_.emplace(place, x);
}

bool incoming_watches::tell_next(const sender& send) {
  if (waiting_.empty())
    return false;
  auto [place, x] = *waiting_.begin();
  auto& [name, watcher] = x.where->first;
  auto seq = send({name, watcher, x.first, x.last, x.why});
  told_.emplace(seq, x);
  x.where->second.told.insert(seq);
  x.where->second.waiting.erase(place);
  waiting_.erase(place);
  return true;
}

void incoming_watches::proven(uint64_t seq) {
  while (!told_.empty() && told_.begin()->first < seq) {
    auto i = told_.begin()->second.where;
    i->second.told.erase(told_.begin()->first);
    told_.erase(told_.begin());
    drop_if_empty(i);
  }
}

void incoming_watches::lost(uint64_t seq) {
  while (!told_.empty() && told_.begin()->first <= seq) {
    auto [place, x] = *told_.begin();
    x.where->second.told.erase(place);
    told_.erase(told_.begin());
    wait(x);
  }
}

// -- records -----------------------------------------------------------------------------------

incoming_watches::records::iterator
incoming_watches::get(const actor_name_ptr& name, const std::string& watcher) {
  auto i = records_.lower_bound(key_view{name->id, name->address, {}});
  auto is_known = i != records_.end() && i->first.name->id == name->id
                  && i->first.name->address == name->address;
  auto shared = is_known ? i->first.name : name;
  auto res = records_.try_emplace(key{std::move(shared), watcher});
  if (res.second)
    name_bytes_ += bytes_of(res.first->first);
  return res.first;
}

void incoming_watches::drop_if_empty(records::iterator i) {
  auto& rec = i->second;
  if (!rec.bindings.empty() || !rec.told.empty() || !rec.waiting.empty())
    return;
  name_bytes_ -= bytes_of(i->first);
  records_.erase(i);
}

size_t incoming_watches::bytes_of(const key& x) noexcept {
  return x.name->id.size() + x.name->address.size() + x.watcher.size();
}

void incoming_watches::forget_told(record& x) {
  for (auto seq : x.told)
    told_.erase(seq);
  for (auto place : x.waiting)
    waiting_.erase(place);
  x.told.clear();
  x.waiting.clear();
}

} // namespace caf_remote
