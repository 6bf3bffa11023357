// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/pending_requests.hpp"

#include "caf_remote/compat/context_for.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/make_message.hpp>

#include <random>

namespace caf_remote {

namespace {

// Own decision: nearly all requests have a shorter time limit.
constexpr auto stale_after = std::chrono::minutes{1};
constexpr auto between_looks = std::chrono::seconds{1};

} // namespace

pending_requests::pending_requests(size_t max_entries)
  : max_entries_(max_entries) {
  // late answers to a former process at our address must not fit our requests
  std::random_device rng;
  for (auto& sh : shards_)
    sh.last_id = rng();
}

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
  } while (id == 0 || sh.entries.count(id) != 0);
  sh.entries.emplace(id, std::move(x));
  return id;
}

void pending_requests::mark_written(uint32_t id) {
  auto& sh = shard_by_id(id);
  std::lock_guard<std::mutex> guard{sh.mtx};
  auto i = sh.entries.find(id);
  if (i != sh.entries.end())
    i->second.written = true;
}

template <class Predicate>
std::optional<pending_requests::entry>
pending_requests::take_one(uint32_t id, Predicate pred) {
  auto& sh = shard_by_id(id);
  std::lock_guard<std::mutex> guard{sh.mtx};
  auto i = sh.entries.find(id);
  if (i == sh.entries.end() || !pred(i->second))
    return std::nullopt;
  auto result = std::move(i->second);
  sh.entries.erase(i);
  size_.fetch_sub(1, std::memory_order_relaxed);
  return result;
}

std::optional<pending_requests::entry> pending_requests::take(uint32_t id) {
  return take_one(id, [](const entry&) { return true; });
}

std::optional<pending_requests::entry>
pending_requests::take(uint32_t id, std::string_view name) {
  return take_one(id, [=](const entry& x) {
    return x.name != nullptr && x.name->id == name;
  });
}

template <class Predicate>
std::vector<pending_requests::entry> pending_requests::take_if(Predicate pred) {
  std::vector<entry> result;
  for (auto& sh : shards_) {
    std::lock_guard<std::mutex> guard{sh.mtx};
    for (auto i = sh.entries.begin(); i != sh.entries.end();) {
      if (!pred(i->second)) {
        ++i;
        continue;
      }
      result.push_back(std::move(i->second));
      i = sh.entries.erase(i);
      size_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  return result;
}

std::vector<pending_requests::entry>
pending_requests::take_endpoint(uint64_t endpoint, bool only_written) {
  return take_if([=](const entry& x) {
    return x.endpoint == endpoint && (x.written || !only_written);
  });
}

std::vector<pending_requests::entry> pending_requests::take_all() {
  return take_if([](const entry&) { return true; });
}

std::vector<pending_requests::entry>
pending_requests::take_expired(clock::time_point now, clock::duration age) {
  return take_if([=](const entry& x) { return now - x.since >= age; });
}

std::vector<pending_requests::entry>
pending_requests::take_stale(clock::time_point now) {
  auto last = last_look_.load(std::memory_order_relaxed);
  auto next = clock::duration{last} + between_looks;
  if ((last != 0 && now.time_since_epoch() < next)
      || !last_look_.compare_exchange_strong(last,
                                             now.time_since_epoch().count()))
    return {};
  return take_expired(now, stale_after);
}

void pending_requests::drop_requester(
  const caf::actor_control_block* requester) {
  auto& sh = shards_[shard_of(requester->id())];
  // destroyed after the lock: an entry may hold the last reference to an actor
  std::vector<entry> dropped;
  std::unique_lock<std::mutex> guard{sh.mtx};
  for (auto i = sh.entries.begin(); i != sh.entries.end();) {
    if (i->second.requester.get() != requester) {
      ++i;
      continue;
    }
    dropped.push_back(std::move(i->second));
    i = sh.entries.erase(i);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
  guard.unlock();
}

void answer(pending_requests::entry x, caf::strong_actor_ptr responder,
            caf::mailbox_element_ptr content, caf::execution_unit* ctx) {
  if (x.stages.empty()) {
    content->sender = std::move(responder);
    content->mid = x.mid.response_id();
    ctx = context_for(x.requester, ctx);
    x.requester->enqueue(std::move(content), ctx);
    return;
  }
  auto next = std::move(x.stages.back());
  x.stages.pop_back();
  content->sender = std::move(x.requester);
  content->mid = x.mid;
  content->stages = std::move(x.stages);
  ctx = context_for(next, ctx);
  next->enqueue(std::move(content), ctx);
}

// Takes the entry like its twin above: nobody shall answer it again.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void answer(pending_requests::entry x, caf::error reason) {
  x.requester->enqueue(nullptr, x.mid.response_id(),
                       caf::make_message(std::move(reason)), nullptr);
}

} // namespace caf_remote
