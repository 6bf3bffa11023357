// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/proxy_table.hpp"

#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"

#include <caf/actor_cast.hpp>
#include <caf/make_actor.hpp>
#include <caf/make_counted.hpp>
#include <caf/uri.hpp>

namespace caf_remote {

namespace {

/// A node id that says where the actor lives when a handle is printed.
caf::node_id make_node_id_of(std::string_view address) {
  caf::uri result;
  if (parse("caf-remote://" + std::string{address}, result))
    return {};
  return caf::make_node_id(std::move(result));
}

// Most addresses are canonical already and need no copy.
std::string_view canonical(std::string_view spelling, std::string& buf) {
  if (is_canonical_address(spelling))
    return spelling;
  buf = canonical_address(spelling);
  return buf;
}

} // namespace

// With the lock held.
const caf::node_id& proxy_table::node_id_of(std::string_view address) {
  if (last_address_ != address) {
    last_node_id_ = make_node_id_of(address);
    last_address_ = address;
  }
  return last_node_id_;
}

caf::strong_actor_ptr proxy_table::get(node& home, std::string_view spelling,
                                       std::string_view id,
                                       const dial_budget_ptr& named_by,
                                       bool* is_new) {
  std::string buf;
  auto address = canonical(spelling, buf);
  auto named_here = named_by != nullptr && home.own().contains(address);
  std::lock_guard<std::mutex> guard{mtx_};
  if (closed_)
    return nullptr;
  auto i = proxies_.find({address, id, named_here});
  if (i == proxies_.end()) {
    auto name = caf::make_counted<const actor_name>(std::string{address},
                                                    std::string{id});
    key k{name->address, name->id, named_here};
    i = proxies_.emplace(k, entry{std::move(name), nullptr}).first;
  }
  auto& slot = i->second;
  if (auto ptr = caf::actor_cast<caf::strong_actor_ptr>(slot.proxy)) {
    as_remote_proxy(ptr)->named_by(named_by);
    return ptr;
  }
  caf::strong_actor_ptr result;
  try {
    caf::actor_config cfg;
    bound_share_ptr share;
    if (named_here)
      share = caf::make_counted<bound_share>(home.named_mailboxes);
    result = caf::make_actor<remote_proxy, caf::strong_actor_ptr>(
      home.sys.next_actor_id(), node_id_of(address), &home.sys, cfg,
      home.shared_from_this(), slot.name, named_by, std::move(share));
  } catch (...) {
    // one that is about to go takes the entry along
    if (slot.proxy == nullptr)
      proxies_.erase(i);
    throw;
  }
  slot.proxy = caf::actor_cast<caf::weak_actor_ptr>(result);
  if (is_new != nullptr)
    *is_new = true;
  return result;
}

caf::strong_actor_ptr proxy_table::find(std::string_view spelling,
                                        std::string_view id) {
  std::string buf;
  auto address = canonical(spelling, buf);
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = proxies_.find({address, id});
  if (i == proxies_.end())
    return nullptr;
  return caf::actor_cast<caf::strong_actor_ptr>(i->second.proxy);
}

template <class Predicate>
std::vector<caf::strong_actor_ptr> proxy_table::select(Predicate pred) {
  // references are dropped after the lock: one may be the last
  std::vector<caf::strong_actor_ptr> result;
  std::lock_guard<std::mutex> guard{mtx_};
  for (auto& kvp : proxies_)
    if (pred(kvp.first)) {
      result.emplace_back();
      result.back() = caf::actor_cast<caf::strong_actor_ptr>(kvp.second.proxy);
      if (result.back() == nullptr)
        result.pop_back();
    }
  return result;
}

std::vector<caf::strong_actor_ptr> proxy_table::at(std::string_view address) {
  return select([address](const key& x) { return x.address == address; });
}

std::vector<caf::strong_actor_ptr> proxy_table::all() {
  return select([](const key&) { return true; });
}

void proxy_table::erase(const actor_name& who, caf::actor_id aid,
                        bool named_here) noexcept {
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = proxies_.find({who.address, who.id, named_here});
  // a new proxy for the PID may have been made meanwhile
  if (i != proxies_.end() && i->second.proxy->id() == aid)
    proxies_.erase(i);
}

void proxy_table::close() {
  std::lock_guard<std::mutex> guard{mtx_};
  closed_ = true;
}

size_t proxy_table::size() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return proxies_.size();
}

} // namespace caf_remote
