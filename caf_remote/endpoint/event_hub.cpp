// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/event_hub.hpp"

#include "caf_remote/compat/inbound_element.hpp"

#include <caf/attachable.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace caf_remote {

namespace {

class ignore_undelivered : public undelivered_sink {
public:
  void undelivered(inbound_element&) override {
    // nop
  }
};

/// Ends the subscription of an actor with the actor.
class subscription final : public caf::attachable {
public:
  explicit subscription(const event_hub* hub, std::function<void()> at_end)
    : hub_(hub), at_end_(std::move(at_end)) {
    // nop
  }

  void actor_exited(const caf::error&, caf::execution_unit*) override {
    at_end_();
  }

  bool matches(const token& what) override {
    return what.subtype == event_hub::token_type && what.ptr == hub_;
  }

private:
  const event_hub* hub_;
  std::function<void()> at_end_;
};

// In a mailbox, besides texts.
constexpr size_t event_overhead = 256;

} // namespace

// A target may hold half of a ledger.
event_hub::allowance::allowance()
  : ledger(caf::make_counted<inbound_ledger>(
    inbound_ledger::bounds{2 * max_waiting, 2 * max_waiting_bytes}, nullptr,
    std::make_shared<ignore_undelivered>())),
    account(caf::make_counted<inbound_ledger::account>(ledger, nullptr)) {
  // nop
}

void event_hub::subscribe(const caf::actor& x) {
  if (x == nullptr)
    return;
  subscriber next{x, {}, {}, std::make_shared<std::multiset<incarnation>>()};
  {
    std::lock_guard<std::mutex> guard{mtx_};
    if (closed_)
      return;
    for (auto& y : subscribers_)
      if (key_of(y.hdl) == key_of(x))
        return;
    subscribers_.push_back(std::move(next));
    count_.store(subscribers_.size(), std::memory_order_release);
  }
  auto at_end = [weak = weak_from_this(), key = key_of(x)] {
    if (auto self = weak.lock())
      self->remove(key);
  };
  x->attach(std::make_unique<subscription>(this, std::move(at_end)));
}

void event_hub::unsubscribe(const caf::actor& x) {
  if (x == nullptr)
    return;
  remove(key_of(x));
  // or each round would leave one in the actor
  x->detach({token_type, this});
}

void event_hub::remove(actor_key x) {
  std::vector<subscriber> dropped;
  std::unique_lock<std::mutex> guard{mtx_};
  auto is_x = [x](const subscriber& y) { return key_of(y.hdl) == x; };
  auto i = std::find_if(subscribers_.begin(), subscribers_.end(), is_x);
  if (i == subscribers_.end())
    return;
  dropped.push_back(std::move(*i));
  subscribers_.erase(i);
  count_.store(subscribers_.size(), std::memory_order_release);
  guard.unlock();
}

// To one that has room for it.
template <class T>
void event_hub::tell(const subscriber& to, const T& x, size_t bytes) const {
  auto element = make_inbound_event(x);
  element->charge(to.nodes.account, bytes);
  to.hdl->enqueue(std::move(element), nullptr);
}

void event_hub::publish(const endpoint_connected& x) {
  auto bytes = event_overhead + x.address.size() + x.member_id.size();
  std::vector<subscriber> told;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    told.reserve(subscribers_.size());
    for (auto& y : subscribers_)
      if (y.nodes.enter(bytes)) {
        told.push_back(y);
      } else {
        y.missed->emplace(x.address, x.member_id);
        suppressed_.fetch_add(1, std::memory_order_relaxed);
      }
  }
  for (auto& y : told)
    tell(y, x, bytes);
}

void event_hub::publish(const endpoint_terminated& x) {
  std::vector<caf::actor> told;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    for (auto& y : subscribers_)
      if (auto i = y.missed->find({x.address, x.member_id});
          i == y.missed->end()) {
        told.push_back(y.hdl);
      } else {
        y.missed->erase(i);
        suppressed_.fetch_add(1, std::memory_order_relaxed);
      }
  }
  for (auto& hdl : told)
    caf::anon_send(hdl, x);
}

void event_hub::publish(const endpoint_unreachable& x) {
  auto bytes = event_overhead + x.address.size() + x.reason.size();
  for (auto& y : subscribers())
    if (y.nodes.enter(bytes))
      tell(y, x, bytes);
    else
      suppressed_.fetch_add(1, std::memory_order_relaxed);
}

void event_hub::publish(const lost_message_ptr& x) {
  auto bytes = x->bytes();
  for (auto& y : subscribers()) {
    if (!y.dead_letters.enter(bytes)) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    auto element = make_inbound_event(x);
    element->charge(y.dead_letters.account, bytes);
    y.hdl->enqueue(std::move(element), nullptr);
  }
}

// To be told without the lock: a subscriber may come back here.
std::vector<event_hub::subscriber> event_hub::subscribers() {
  std::lock_guard<std::mutex> guard{mtx_};
  return subscribers_;
}

void event_hub::close() {
  std::vector<subscriber> dropped;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    closed_ = true;
    dropped.swap(subscribers_);
    count_.store(0, std::memory_order_release);
  }
  for (auto& x : dropped)
    x.hdl->detach({token_type, this});
}

} // namespace caf_remote
