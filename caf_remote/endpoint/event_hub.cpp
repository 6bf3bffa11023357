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

caf::intrusive_ptr<inbound_ledger> make_ledger() {
  // a target may hold half of a ledger
  inbound_ledger::bounds limit{2 * event_hub::max_waiting,
                               2 * event_hub::max_waiting_bytes};
  return caf::make_counted<inbound_ledger>(
    limit, nullptr, std::make_shared<ignore_undelivered>());
}

} // namespace

void event_hub::subscribe(const caf::actor& x) {
  if (x == nullptr)
    return;
  auto ledger = make_ledger();
  auto account = caf::make_counted<inbound_ledger::account>(ledger, nullptr);
  {
    std::lock_guard<std::mutex> guard{mtx_};
    if (closed_)
      return;
    for (auto& y : subscribers_)
      if (key_of(y.hdl) == key_of(x))
        return;
    subscribers_.push_back({x, std::move(ledger), std::move(account)});
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

std::vector<caf::actor> event_hub::handles() const {
  std::vector<caf::actor> result;
  std::lock_guard<std::mutex> guard{mtx_};
  for (auto& x : subscribers_)
    result.push_back(x.hdl);
  return result;
}

template <class T>
void event_hub::tell_all(const T& x) const {
  for (auto& hdl : handles())
    caf::anon_send(hdl, x);
}

void event_hub::publish(const endpoint_connected& x) {
  tell_all(x);
}

void event_hub::publish(const endpoint_terminated& x) {
  tell_all(x);
}

void event_hub::publish(const endpoint_unreachable& x) {
  tell_all(x);
}

void event_hub::publish(const lost_message_ptr& x) {
  std::vector<subscriber> xs;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    xs = subscribers_;
  }
  auto bytes = x->bytes();
  for (auto& y : xs) {
    if (!y.ledger->enter(*y.account, bytes)) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    auto element = make_inbound_event(x);
    element->charge(y.account, bytes);
    y.hdl->enqueue(std::move(element), nullptr);
  }
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
