// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/peer.hpp"

namespace caf_remote {

peer::peer(std::string addr, std::shared_ptr<known_types_table> types,
           seen_watches seen)
  : address(std::move(addr)), events(address), all_types_(std::move(types)),
    types_(std::make_shared<known_types>()), seen_(std::move(seen)) {
  // nop
}

std::string peer::member_id() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return member_id_;
}

bool peer::meet(const std::string& member_id) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (member_id_ == member_id)
    return false;
  auto changed = !member_id_.empty();
  member_id_ = member_id;
  types_ = all_types_->of(member_id);
  if (changed) {
    own_address_.clear();
    forget_claims();
    introduced_.store(false, std::memory_order_release);
    max_receive_bytes_.store(0, std::memory_order_release);
  }
  return changed;
}

std::string peer::own_address() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return own_address_;
}

void peer::introduced(const std::string& member_id, size_t max_receive_bytes,
                      std::string own_address) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (member_id_ != member_id)
    return;
  own_address_ = std::move(own_address);
  max_receive_bytes_.store(max_receive_bytes, std::memory_order_release);
  introduced_.store(true, std::memory_order_release);
}

void peer::claimed(uint64_t stream, std::string spelling, bool caf_remote) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (last_is_over_)
    forget_claims();
  claim x{std::move(spelling), caf_remote};
  if (auto [i, added] = claims_.emplace(stream, std::move(x)); added)
    count_of(i->second).fetch_add(1, std::memory_order_release);
}

void peer::claim_over(uint64_t stream) {
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = claims_.find(stream);
  if (i == claims_.end())
    return;
  if (claims_.size() == 1)
    last_is_over_ = true;
  else
    forget_claim(i);
}

// With the lock held.
void peer::forget_claims() {
  while (!claims_.empty())
    forget_claim(claims_.begin());
  last_is_over_ = false;
}

void peer::forget_claim(std::map<uint64_t, claim>::iterator i) {
  count_of(i->second).fetch_sub(1, std::memory_order_release);
  claims_.erase(i);
}

std::atomic<size_t>& peer::count_of(const claim& x) noexcept {
  return x.caf_remote ? caf_remote_claims_ : other_claims_;
}

std::string peer::spelling() const {
  std::lock_guard<std::mutex> guard{mtx_};
  if (!own_address_.empty())
    return own_address_;
  return claims_.empty() ? address : claims_.begin()->second.spelling;
}

uint32_t peer::watch_comes(const std::string& member_id, uint64_t endpoint,
                           uint32_t number) {
  std::lock_guard<std::mutex> guard{mtx_};
  return seen_.add(member_id, endpoint, number);
}

seen_watches peer::watches_seen() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return seen_;
}

std::shared_ptr<known_types> peer::types() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return types_;
}

} // namespace caf_remote
