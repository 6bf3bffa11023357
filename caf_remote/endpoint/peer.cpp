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
    max_receive_bytes_.store(0, std::memory_order_release);
  }
  return changed;
}

std::string peer::own_address() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return own_address_;
}

void peer::own_address(std::string x) {
  std::lock_guard<std::mutex> guard{mtx_};
  own_address_ = std::move(x);
}

void peer::declare_caf_remote(size_t max_receive_bytes) {
  max_receive_bytes_.store(max_receive_bytes, std::memory_order_release);
}

std::shared_ptr<known_types> peer::types() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return types_;
}

} // namespace caf_remote
