// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/pending_requests.hpp"

#include "caf_remote/compat/context_for.hpp"
#include "caf_remote/endpoint/insist.hpp"
#include "caf_remote/wire/entropy.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/make_message.hpp>

namespace caf_remote {

namespace {

// Own decision: nearly all requests have a shorter time limit.
constexpr auto stale_after = std::chrono::minutes{1};
constexpr auto between_looks = std::chrono::seconds{1};

template <class Lists, class Key>
void drop_if_empty(Lists& xs, const Key& key) noexcept {
  auto i = xs.find(key);
  if (i != xs.end() && i->second.empty())
    xs.erase(i);
}

// What is taken out must not be lost, so there is room before.
template <class T>
void make_room(std::vector<T>& xs) {
  if (xs.size() == xs.capacity())
    xs.reserve(2 * xs.size() + 1);
}

} // namespace

pending_requests::pending_requests(size_t max_entries)
  : max_entries_(max_entries) {
  // late answers to a former process at our address must not fit our requests
  wire::entropy rng;
  for (auto& sh : shards_)
    sh.last_id = rng();
}

// -- one shard, with its lock held ---------------------------------------------

// All that takes memory comes first; without it nothing has changed.
void pending_requests::shard::add(uint32_t id, entry&& x) {
  auto& result = slots[id];
  try {
    result.of_requester = &by_requester[x.requester.get()];
    result.of_endpoint = &by_endpoint[x.endpoint];
  } catch (...) {
    drop_if_empty(by_requester, x.requester.get());
    slots.erase(id);
    throw;
  }
  result.id = id;
  result.what = std::move(x);
  by_age.add(result);
  result.of_requester->add(result);
  result.of_endpoint->add(result);
}

void pending_requests::shard::take_from_endpoint(slot& x) noexcept {
  x.of_endpoint->remove(x);
  if (x.of_endpoint->empty())
    by_endpoint.erase(x.what.endpoint);
}

pending_requests::taken pending_requests::shard::take(slot& x) noexcept {
  by_age.remove(x);
  x.of_requester->remove(x);
  if (x.of_requester->empty())
    by_requester.erase(x.what.requester.get());
  take_from_endpoint(x);
  auto id = x.id;
  taken result{std::move(x.what)};
  slots.erase(id);
  return result;
}

// -- the table -----------------------------------------------------------------

std::optional<uint32_t> pending_requests::add(entry x) {
  if (size_.fetch_add(1, std::memory_order_relaxed) >= max_entries_) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  auto index = shard_of(x.requester->id());
  auto& sh = shards_[index];
  std::lock_guard<std::mutex> guard{sh.mtx};
  uint32_t id = 0;
  do {
    ++sh.last_id;
    id = (sh.last_id << shard_bits) | static_cast<uint32_t>(index);
  } while (id == 0 || sh.slots.count(id) != 0);
  try {
    sh.add(id, std::move(x));
  } catch (...) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  return id;
}

void pending_requests::mark_written(uint32_t id) {
  auto& sh = shard_by_id(id);
  std::lock_guard<std::mutex> guard{sh.mtx};
  auto i = sh.slots.find(id);
  if (i != sh.slots.end())
    i->second.what.written = true;
}

void pending_requests::move_to(uint32_t id, uint64_t endpoint) {
  auto& sh = shard_by_id(id);
  std::lock_guard<std::mutex> guard{sh.mtx};
  auto i = sh.slots.find(id);
  if (i == sh.slots.end() || i->second.what.endpoint == endpoint)
    return;
  auto& x = i->second;
  auto& next = sh.by_endpoint[endpoint];
  sh.take_from_endpoint(x);
  x.what.endpoint = endpoint;
  x.of_endpoint = &next;
  next.add(x);
}

bool pending_requests::contains(uint32_t id) const {
  auto& sh = shards_[id & (shard_count - 1)];
  std::lock_guard<std::mutex> guard{sh.mtx};
  return sh.slots.count(id) != 0;
}

// With the lock held.
pending_requests::taken pending_requests::take_out(shard& from,
                                                   slot& x) noexcept {
  size_.fetch_sub(1, std::memory_order_relaxed);
  return from.take(x);
}

template <class Predicate>
std::optional<pending_requests::taken>
pending_requests::take_one(uint32_t id, Predicate pred) {
  auto& sh = shard_by_id(id);
  std::lock_guard<std::mutex> guard{sh.mtx};
  auto i = sh.slots.find(id);
  if (i == sh.slots.end() || !pred(i->second.what))
    return std::nullopt;
  return take_out(sh, i->second);
}

std::optional<pending_requests::taken> pending_requests::take(uint32_t id) {
  return take_one(id, [](const entry&) { return true; });
}

std::optional<pending_requests::taken>
pending_requests::take(uint32_t id, std::string_view name) {
  return take_one(id, [=](const entry& x) {
    return x.name != nullptr && x.name->id == name;
  });
}

// Takes those of a list for which `pred` says true. With the lock held. The
// list is gone afterwards if nothing is left in it.
template <class List, class Predicate>
void pending_requests::take_from(shard& from, const List& list,
                                 std::vector<taken>& to, Predicate pred) {
  for (auto x = list.first(); x != nullptr;) {
    auto next = List::after(*x);
    if (pred(x->what)) {
      make_room(to);
      to.push_back(take_out(from, *x));
    }
    x = next;
  }
}

std::vector<pending_requests::taken>
pending_requests::take_endpoint(uint64_t endpoint, bool only_written) {
  std::vector<taken> result;
  for (auto& sh : shards_) {
    std::lock_guard<std::mutex> guard{sh.mtx};
    auto i = sh.by_endpoint.find(endpoint);
    if (i != sh.by_endpoint.end())
      take_from(sh, i->second, result, [only_written](const entry& x) {
        return x.written || !only_written;
      });
  }
  return result;
}

std::vector<pending_requests::taken> pending_requests::take_all() {
  std::vector<taken> result;
  for (auto& sh : shards_) {
    std::lock_guard<std::mutex> guard{sh.mtx};
    take_from(sh, sh.by_age, result, [](const entry&) { return true; });
  }
  return result;
}

std::vector<pending_requests::taken>
pending_requests::take_expired(clock::time_point now, clock::duration age) {
  std::vector<taken> result;
  for (auto& sh : shards_) {
    std::lock_guard<std::mutex> guard{sh.mtx};
    // those that follow are younger
    for (auto x = sh.by_age.first(); x != nullptr && now - x->what.since >= age;
         x = sh.by_age.first()) {
      make_room(result);
      result.push_back(take_out(sh, *x));
    }
  }
  return result;
}

std::vector<pending_requests::taken>
pending_requests::take_stale(clock::time_point now) {
  auto last = last_look_.load(std::memory_order_relaxed);
  auto next = clock::duration{last} + between_looks;
  if ((last != 0 && now.time_since_epoch() < next)
      || !last_look_.compare_exchange_strong(last,
                                             now.time_since_epoch().count()))
    return {};
  return take_expired(now, stale_after);
}

std::optional<pending_requests::taken>
pending_requests::take_one_of(const caf::actor_control_block* requester) {
  auto& sh = shards_[shard_of(requester->id())];
  std::lock_guard<std::mutex> guard{sh.mtx};
  auto i = sh.by_requester.find(requester);
  if (i == sh.by_requester.end())
    return std::nullopt;
  return take_out(sh, *i->second.first());
}

// One by one, and each let go of after the lock: an entry may hold the last
// reference to an actor.
void pending_requests::drop_requester(
  const caf::actor_control_block* requester) {
  while (auto x = take_one_of(requester))
    x->settle();
}

// -- answers -------------------------------------------------------------------

void pending_requests::taken::fail() noexcept {
  try {
    insist([this] {
      requester->enqueue(nullptr, mid.response_id(),
                         caf::make_message(make_error(otherwise)), nullptr);
    });
  } catch (...) {
    // a requester whose `enqueue` throws
  }
}

void answer(pending_requests::taken x, caf::strong_actor_ptr responder,
            caf::mailbox_element_ptr content, caf::execution_unit* ctx) {
  if (x.stages.empty()) {
    content->sender = std::move(responder);
    content->mid = x.mid.response_id();
    ctx = context_for(x.requester, ctx);
    x.requester->enqueue(std::move(content), ctx);
  } else {
    auto next = std::move(x.stages.back());
    x.stages.pop_back();
    content->sender = x.requester;
    content->mid = x.mid;
    content->stages = std::move(x.stages);
    ctx = context_for(next, ctx);
    next->enqueue(std::move(content), ctx);
  }
  x.settle();
}

// Takes the entry like its twin above: nobody shall answer it again.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void answer(pending_requests::taken x, caf::error reason) {
  if (auto code = code_of(reason); code != errc::none)
    x.otherwise = code;
  x.requester->enqueue(nullptr, x.mid.response_id(),
                       caf::make_message(std::move(reason)), nullptr);
  x.settle();
}

void answer(pending_requests::taken x, errc code,
            const std::string& text) noexcept {
  x.otherwise = code;
  try {
    answer(std::move(x), make_error(code, text));
  } catch (...) {
    // it was told the code
  }
}

} // namespace caf_remote
