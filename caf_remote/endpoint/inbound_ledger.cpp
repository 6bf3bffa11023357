// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_ledger.hpp"

namespace caf_remote {

undelivered_sink::~undelivered_sink() {
  // nop
}

void inbound_ledger::account::leave(size_t bytes) noexcept {
  bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  messages_.fetch_sub(1, std::memory_order_acq_rel);
  owner_->left(bytes);
}

inbound_ledger::inbound_ledger(bounds limit, std::function<void()> resume,
                               std::shared_ptr<undelivered_sink> sink)
  : limit_(limit), resume_(std::move(resume)), sink_(std::move(sink)) {
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
inbound_ledger::find_or_make(std::string key, std::string_view target) {
  auto i = accounts_.find(key);
  if (i != accounts_.end())
    return i->second;
  auto result = caf::make_counted<account>(
    caf::intrusive_ptr<inbound_ledger>{this}, std::string{target});
  accounts_.emplace(std::move(key), result);
  return result;
}

bool inbound_ledger::enter(account& x, size_t bytes) noexcept {
  // only the reader adds, so a plain check before the addition is exact enough:
  // others can only make room meanwhile
  auto messages = x.messages_.load(std::memory_order_acquire);
  auto held = x.bytes_.load(std::memory_order_acquire);
  if (messages + 1 > limit_.messages / 2
      || (messages > 0 && held + bytes > limit_.bytes / 2))
    return false;
  x.messages_.fetch_add(1, std::memory_order_acq_rel);
  x.bytes_.fetch_add(bytes, std::memory_order_acq_rel);
  messages_.fetch_add(1, std::memory_order_acq_rel);
  bytes_.fetch_add(bytes, std::memory_order_acq_rel);
  return true;
}

bool inbound_ledger::must_stop() noexcept {
  if (!over(messages(), bytes()))
    return false;
  stopped_.store(true);
  // room may have come before the flag was seen; then the reader goes on
  if (over(messages(), bytes()))
    return true;
  return !stopped_.exchange(false);
}

void inbound_ledger::detach() noexcept {
  stopped_.store(false);
  accounts_.clear();
}

void inbound_ledger::forget_idle() {
  for (auto i = accounts_.begin(); i != accounts_.end();)
    i = i->second->idle() ? accounts_.erase(i) : std::next(i);
}

void inbound_ledger::left(size_t bytes) noexcept {
  bytes_.fetch_sub(bytes);
  messages_.fetch_sub(1);
  if (stopped_.load())
    wake_if_room();
}

void inbound_ledger::wake_if_room() noexcept {
  if (over(messages(), bytes()))
    return;
  if (stopped_.exchange(false))
    resume_();
}

} // namespace caf_remote
