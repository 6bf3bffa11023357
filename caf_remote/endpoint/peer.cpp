// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/peer.hpp"

#include "caf_remote/pid.hpp"

namespace caf_remote {

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
  if (changed) {
    types_.clear();
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

void peer::sent_type(std::string_view type_name) {
  // longer names are refused when sent, so they need not be known
  if (type_name.size() > max_id_length)
    return;
  std::lock_guard<std::mutex> guard{mtx_};
  if (types_.size() < max_types)
    types_.emplace(type_name);
}

bool peer::knows_type(std::string_view type_name) const {
  std::lock_guard<std::mutex> guard{mtx_};
  return types_.find(type_name) != types_.end();
}

} // namespace caf_remote
