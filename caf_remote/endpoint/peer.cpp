// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/peer.hpp"

namespace caf_remote {

peer::peer(std::string addr, std::shared_ptr<known_types_table> types)
  : address(std::move(addr)), all_types_(std::move(types)),
    types_(std::make_shared<known_types>()) {
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
    claimed_spelling_.clear();
    introduced_.store(false, std::memory_order_release);
    max_receive_bytes_.store(0, std::memory_order_release);
    claims_caf_remote_.store(false, std::memory_order_release);
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

void peer::claimed(std::string spelling, bool caf_remote) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (claimed_spelling_.empty())
    claimed_spelling_ = std::move(spelling);
  if (caf_remote)
    claims_caf_remote_.store(true, std::memory_order_release);
}

std::string peer::spelling() const {
  std::lock_guard<std::mutex> guard{mtx_};
  if (!own_address_.empty())
    return own_address_;
  return claimed_spelling_.empty() ? address : claimed_spelling_;
}

std::shared_ptr<known_types> peer::types() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return types_;
}

} // namespace caf_remote
