// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_ledger.hpp"

#include <caf/make_counted.hpp>

#include <algorithm>
#include <utility>

namespace caf_remote {

namespace {

// What a single target may hold before the reader waits for it: a quarter of
// the bounds. More messages than these are no gain: they only push each other
// out of the CPUs' caches, which costs more than to stop and go on.
constexpr size_t max_wait_messages = 4096;

inbound_ledger::bounds wait_mark(const inbound_ledger::bounds& limit) {
  return {std::min(limit.messages / 4, max_wait_messages), limit.bytes / 4};
}

inbound_ledger::bounds half(const inbound_ledger::bounds& x) {
  return {x.messages / 2, x.bytes / 2};
}

} // namespace

undelivered_sink::~undelivered_sink() {
  // nop
}

void inbound_ledger::account::leave(size_t bytes) noexcept {
  tally_.leave(bytes);
  // in the order of all such: see `give_up_waiting`
  if (stalled_.load() && !owner_->crowded(*this, owner_->go_on_mark_))
    stalled_.store(false, std::memory_order_release);
  owner_->left(bytes);
  if (waited_for_.load() && !owner_->crowded(*this, owner_->go_on_mark_)
      && waited_for_.exchange(false))
    owner_->resume_();
}

inbound_ledger::inbound_ledger(bounds limit, std::function<void()> resume,
                               std::shared_ptr<undelivered_sink> sink,
                               std::string address)
  : limit_(limit), wait_mark_(wait_mark(limit)), go_on_mark_(half(wait_mark_)),
    resume_(std::move(resume)), sink_(std::move(sink)),
    address_(std::move(address)) {
  // nop
}

inbound_ledger::account_ptr
inbound_ledger::account_of(std::string_view target) {
  return find_or_make(std::string{target}, target);
}

inbound_ledger::account_ptr
inbound_ledger::stop_account_of(std::string_view target) {
  // ids have no control characters
  return find_or_make(std::string{target} + '\n', target);
}

inbound_ledger::account_ptr
inbound_ledger::answer_account_of(std::string_view target) {
  return find_or_make(std::string{target} + '\r', target);
}

inbound_ledger::account_ptr inbound_ledger::watchers_account() {
  return find_or_make("\t", "$watcher");
}

inbound_ledger::account_ptr
inbound_ledger::find_or_make(const std::string& key, std::string_view target) {
  auto i = accounts_.find(key);
  if (i != accounts_.end())
    return i->second;
  auto result = caf::make_counted<account>(
    caf::intrusive_ptr<inbound_ledger>{this},
    caf::make_counted<const actor_name>(address_, std::string{target}));
  accounts_.emplace(key, result);
  return result;
}

bool inbound_ledger::enter(account& x, size_t bytes) noexcept {
  if (resume_ != nullptr && roomy(x, bytes)) {
    add(x, bytes);
    return true;
  }
  // only the reader adds, so a plain check before the addition is exact enough:
  // others can only make room meanwhile
  auto held = resume_ != nullptr ? x.tally_.look() : x.tally_.held();
  if (held.messages + 1 > limit_.messages / 2
      || (held.messages > 0 && held.bytes + bytes > limit_.bytes / 2))
    return false;
  if (held.messages > 0 && overloaded_.load(std::memory_order_relaxed))
    return false;
  if (resume_ == nullptr) {
    x.tally_.enter_shared(bytes);
    tally_.enter_shared(bytes);
    return true;
  }
  enter_anyway(x, bytes);
  return true;
}

bool inbound_ledger::is_full(const account& x) const noexcept {
  auto held = x.tally_.held();
  return held.messages > 0
         && (held.messages >= limit_.messages / 2
             || held.bytes >= limit_.bytes / 2
             || overloaded_.load(std::memory_order_relaxed));
}

void inbound_ledger::enter_anyway(account& x, size_t bytes) noexcept {
  add(x, bytes);
  if (crowded_ == nullptr && crowded(x, wait_mark_) && !x.stalled())
    crowded_.reset(&x);
}

void inbound_ledger::add(account& x, size_t bytes) noexcept {
  x.tally_.enter(bytes);
  tally_.enter(bytes);
}

// Whether the target is far below all bounds even if it has taken nothing since
// the last look.
bool inbound_ledger::roomy(const account& x, size_t bytes) const noexcept {
  auto held = x.tally_.held_at_most();
  return held.messages < wait_mark_.messages
         && held.bytes + bytes <= wait_mark_.bytes
         && !overloaded_.load(std::memory_order_relaxed);
}

bool inbound_ledger::crowded(const account& x,
                             const bounds& mark) const noexcept {
  auto held = x.tally_.held();
  return held.messages > mark.messages || held.bytes > mark.bytes;
}

bool inbound_ledger::must_stop() noexcept {
  account_ptr target;
  target.swap(crowded_);
  if (over()) {
    if (overloaded_.load())
      return false;
    stopped_.store(true);
    // room may have come before the flag was seen; then the reader goes on
    return over() || !stopped_.exchange(false);
  }
  if (target == nullptr || target->stalled() || !crowded(*target, wait_mark_))
    return false;
  awaited_ = target;
  target->waited_for_.store(true);
  return crowded(*target, go_on_mark_) || !target->waited_for_.exchange(false);
}

bool inbound_ledger::give_up_waiting() noexcept {
  auto departures = tally_.departures();
  auto progress = std::exchange(last_departures_, departures) != departures;
  // What was taken until now may have been enough, and whoever took it has not
  // seen the mark: who takes more will.
  if (awaited_ != nullptr && awaited_->waited_for_.load()) {
    awaited_->stalled_.store(true);
    if (!crowded(*awaited_, go_on_mark_))
      awaited_->stalled_.store(false);
    return awaited_->waited_for_.exchange(false);
  }
  if (progress || !stopped_.load())
    return false;
  overloaded_.store(true);
  if (!over())
    overloaded_.store(false);
  return stopped_.exchange(false);
}

void inbound_ledger::detach() noexcept {
  stopped_.store(false);
  if (awaited_ != nullptr)
    awaited_->waited_for_.store(false);
  crowded_.reset();
  awaited_.reset();
  accounts_.clear();
}

void inbound_ledger::forget_idle() {
  if (!purge_.due(accounts_.size()))
    return;
  for (auto i = accounts_.begin(); i != accounts_.end();)
    i = i->second->idle() ? accounts_.erase(i) : std::next(i);
  purge_.looked(accounts_.size());
}

void inbound_ledger::left(size_t n) noexcept {
  tally_.leave(n);
  if (overloaded_.load() && !over())
    overloaded_.store(false);
  if (stopped_.load())
    wake_if_room();
}

void inbound_ledger::wake_if_room() noexcept {
  if (over())
    return;
  if (stopped_.exchange(false))
    resume_();
}

} // namespace caf_remote
