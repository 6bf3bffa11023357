// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_directory.hpp"

#include "caf_remote/endpoint/node.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

// Own decisions, in a minute.

// Room for a node that passes on requests of many others.
size_t budget_of_stream(const node& home) {
  return std::max<size_t>(8, home.opts.max_endpoints / 100);
}

// Of all streams, and of one host for itself. Far from what would fill the
// table, but also in a small one there is room for a cluster of a hundred nodes
// that start at the same moment and cannot be told from strangers.
size_t budget_of_many(const node& home) {
  auto max = home.opts.max_endpoints;
  return std::max({size_t{8}, max / 10, std::min<size_t>(128, max / 2)});
}

// Without the port.
std::string host_of(const std::string& address) {
  return address.substr(0, address.rfind(':'));
}

void add(endpoint_counters& sum, const endpoint_counters& x) {
  sum.accepted += x.accepted;
  sum.written += x.written;
  sum.dead_lettered += x.dead_lettered;
  sum.queued += x.queued;
  sum.queued_bytes += x.queued_bytes;
  sum.unconfirmed += x.unconfirmed;
  sum.batches += x.batches;
  sum.control_written += x.control_written;
  sum.control_queued += x.control_queued;
  sum.connects += x.connects;
}

} // namespace

void endpoint_directory::start(node_ptr home,
                               std::function<void(endpoint_ptr)> announce) {
  std::lock_guard<std::mutex> guard{mtx_};
  all_streams_ = std::make_shared<dial_budget>(budget_of_many(*home));
  hosts_.emplace(budget_of_many(*home));
  node_ = std::move(home);
  announce_ = std::move(announce);
}

void endpoint_directory::stop() {
  node_ptr dropped;
  std::function<void(endpoint_ptr)> dropped_too;
  std::unique_lock<std::mutex> guard{mtx_};
  dropped.swap(node_);
  dropped_too.swap(announce_);
  guard.unlock();
}

endpoint_ptr endpoint_directory::acquire(const std::string& spelling, errc& why,
                                         dial_budget* named_by) {
  return find_or_make(canonical_address(spelling), why, named_by,
                      named_by != nullptr);
}

endpoint_ptr endpoint_directory::successor_of(const endpoint& x, errc& why) {
  return find_or_make(x.address(), why, nullptr, x.is_for_peers_only());
}

endpoint_ptr endpoint_directory::find_or_make(const std::string& address,
                                              errc& why, dial_budget* payer,
                                              bool for_peers_only) {
  std::vector<endpoint_ptr> dropped; // destroyed after the lock
  std::lock_guard<std::mutex> guard{mtx_};
  auto known = endpoints_.find(address);
  if (known != endpoints_.end() && !known->second->closed()) {
    if (!for_peers_only)
      known->second->used_by_us();
    return known->second;
  }
  if (node_ == nullptr) {
    why = errc::not_running;
    return nullptr;
  }
  if (known != endpoints_.end())
    take_out(known, dropped);
  if (endpoints_.size() >= node_->opts.max_endpoints
      || !may_dial(address, payer)) {
    why = errc::queue_full;
    return nullptr;
  }
  auto result = caf::make_counted<endpoint>(node_, get_peer(address),
                                            ++last_serial_, for_peers_only);
  auto i = endpoints_.emplace(address, result).first;
  try {
    announce_(result);
  } catch (...) {
    // an endpoint that the manager has not heard of would never be opened
    endpoints_.erase(i);
    throw;
  }
  return result;
}

// With the lock held, and before the stop: the actor system is still there.
dial_budget::clock::time_point endpoint_directory::now() const {
  return node_->sys.clock().now();
}

// The same. What is named by another stream does not cost who lives there, if
// that is known, more than what it names itself.
bool endpoint_directory::may_dial(const std::string& address,
                                  dial_budget* named_by) {
  if (named_by == nullptr)
    return true;
  auto i = peers_.find(address);
  if (i != peers_.end() && i->second->near_streams.load() != 0)
    return hosts_->of(host_of(address), now())->take(now());
  return named_by->take(now());
}

stream_dials endpoint_directory::dials_of_stream(const std::string& address,
                                                 const std::string& host) {
  std::lock_guard<std::mutex> guard{mtx_};
  auto n = node_ != nullptr ? budget_of_stream(*node_) : 0;
  auto others = std::make_shared<dial_budget>(n, all_streams_);
  if (node_ == nullptr || host_of(address) != host)
    return {others, others};
  return {hosts_->of(host, now()), others};
}

dial_budget_ptr endpoint_directory::dials_of_all_streams() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return all_streams_;
}

bool endpoint_directory::may_ask() {
  std::lock_guard<std::mutex> guard{mtx_};
  return node_ != nullptr && all_streams_->take(now());
}

endpoint_ptr endpoint_directory::find(const std::string& spelling) const {
  auto address = canonical_address(spelling);
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = endpoints_.find(address);
  return i != endpoints_.end() ? i->second : nullptr;
}

bool endpoint_directory::remove(const endpoint_ptr& x) {
  // destroyed after the lock: what still is in one becomes dead letters
  std::vector<endpoint_ptr> dropped;
  std::lock_guard<std::mutex> guard{mtx_};
  forget_member(*x);
  auto i = endpoints_.find(x->address());
  if (i == endpoints_.end() || i->second != x)
    return false;
  take_out(i, dropped);
  return true;
}

// With the lock held.
void endpoint_directory::take_out(wire::name_map<endpoint_ptr>::iterator i,
                                  std::vector<endpoint_ptr>& dropped) {
  if (purge_over_.due(over_.size()))
    fold_unused(dropped);
  over_.push_back(i->second);
  forget_member(*i->second);
  endpoints_.erase(i);
}

void endpoint_directory::clear() {
  // destroyed after the lock; they may hold the last reference to the node
  decltype(endpoints_) dropped;
  decltype(over_) dropped_too;
  decltype(members_) dropped_members;
  decltype(seen_) dropped_watches;
  std::unique_lock<std::mutex> guard{mtx_};
  // a sender may still hold one that was taken out, and be about to use it
  auto xs = over_;
  for (auto& kvp : endpoints_)
    xs.push_back(kvp.second);
  guard.unlock();
  for (auto& x : xs)
    x->abandon();
  guard.lock();
  auto fold = [this](const endpoint_ptr& x) {
    auto figures = x->read();
    // what is still on its way can only become dead letters
    figures.dead_lettered += figures.queued;
    figures.queued = 0;
    figures.queued_bytes = 0;
    figures.control_queued = 0;
    add(retired_, figures);
  };
  for (auto& kvp : endpoints_)
    fold(kvp.second);
  for (auto& x : over_)
    fold(x);
  dropped.swap(endpoints_);
  dropped_too.swap(over_);
  dropped_members.swap(members_);
  dropped_watches.swap(seen_);
  member_of_.clear();
  guard.unlock();
  // a writer may be kept from running, and not come to it
  for (auto& x : xs)
    x->end_events();
}

void endpoint_directory::fold_unused(std::vector<endpoint_ptr>& dropped) {
  for (auto i = over_.begin(); i != over_.end();) {
    if (!(*i)->unique()) {
      ++i;
      continue;
    }
    add(retired_, (*i)->read());
    dropped.push_back(std::move(*i));
    *i = std::move(over_.back());
    over_.pop_back();
  }
  purge_over_.looked(over_.size());
}

endpoint_directory::census endpoint_directory::read() const {
  census result;
  std::vector<endpoint_ptr> current;
  std::vector<endpoint_ptr> over;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    current = current_endpoints();
    over = over_;
    result.retired = retired_;
  }
  result.endpoints.reserve(current.size());
  for (auto& x : current)
    result.endpoints.push_back(x->read());
  for (auto& x : over)
    add(result.retired, x->read());
  return result;
}

peer_ptr endpoint_directory::peer_of(const std::string& spelling) {
  auto address = canonical_address(spelling);
  std::lock_guard<std::mutex> guard{mtx_};
  return get_peer(address);
}

std::shared_ptr<known_types>
endpoint_directory::types_of(const std::string& member_id) {
  return types_->of(member_id);
}

peer_ptr endpoint_directory::get_peer(const std::string& address) {
  auto i = peers_.find(address);
  if (i != peers_.end())
    return i->second;
  if (purge_peers_.due(peers_.size()))
    forget_unused_peers();
  auto seen = seen_.find(address);
  auto result = caf::make_counted<peer>(
    address, types_, seen != seen_.end() ? seen->second : seen_watches{});
  peers_.emplace(address, result);
  if (seen != seen_.end())
    seen_.erase(seen);
  return result;
}

// A peer that comes back must not be taken for one that was never here, as far
// as its watches are concerned.
void endpoint_directory::forget_unused_peers() {
  for (auto i = peers_.begin(); i != peers_.end();) {
    if (!i->second->unique()) {
      ++i;
      continue;
    }
    if (auto seen = i->second->watches_seen(); !seen.empty())
      seen_.insert_or_assign(i->first, std::move(seen));
    i = peers_.erase(i);
  }
  purge_peers_.looked(peers_.size());
  forget_oldest_watches();
}

void endpoint_directory::forget_oldest_watches() {
  auto most = node_ != nullptr ? node_->opts.max_endpoints : 0;
  if (seen_.size() <= most)
    return;
  std::vector<uint64_t> ages;
  for (auto& kvp : seen_)
    ages.push_back(kvp.second.endpoint());
  auto oldest = ages.end() - static_cast<std::ptrdiff_t>(most);
  std::nth_element(ages.begin(), oldest, ages.end());
  for (auto i = seen_.begin(); i != seen_.end();) {
    auto stays = oldest != ages.end() && i->second.endpoint() >= *oldest;
    i = stays ? std::next(i) : seen_.erase(i);
  }
}

std::string endpoint_directory::spelling_of(const std::string& address) const {
  peer_ptr who;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    auto i = peers_.find(address);
    if (i == peers_.end())
      return address;
    who = i->second;
  }
  return who->spelling();
}

bool endpoint_directory::is_connected(const std::string& spelling) const {
  auto address = canonical_address(spelling);
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = peers_.find(address);
  return endpoints_.count(address) != 0
         || (i != peers_.end() && i->second->inbound_streams.load() != 0);
}

void endpoint_directory::stream_opened(peer& from, bool near) noexcept {
  from.inbound_streams.fetch_add(1);
  if (near)
    from.near_streams.fetch_add(1);
  inbound_streams_.fetch_add(1);
}

void endpoint_directory::stream_over(peer& from, bool near) noexcept {
  from.inbound_streams.fetch_sub(1);
  if (near)
    from.near_streams.fetch_sub(1);
  inbound_streams_.fetch_sub(1);
}

void endpoint_directory::set_member(const endpoint_ptr& x,
                                    const std::string& member_id) {
  std::lock_guard<std::mutex> guard{mtx_};
  forget_member(*x);
  members_.emplace(std::pair{member_id, x->serial()}, x);
  member_of_.emplace(x->serial(), member_id);
}

// With the lock held.
void endpoint_directory::forget_member(const endpoint& x) {
  auto i = member_of_.find(x.serial());
  if (i == member_of_.end())
    return;
  members_.erase({i->second, x.serial()});
  member_of_.erase(i);
}

std::vector<endpoint_ptr>
endpoint_directory::by_member(const std::string& member_id) const {
  std::vector<endpoint_ptr> result;
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = members_.lower_bound({member_id, 0});
  for (; i != members_.end() && i->first.first == member_id; ++i)
    result.push_back(i->second);
  return result;
}

bool endpoint_directory::leads_to(std::string_view address,
                                  const std::string& member_id) const {
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = endpoints_.find(std::string{address});
  if (i == endpoints_.end())
    return false;
  auto j = member_of_.find(i->second->serial());
  return j != member_of_.end() && j->second == member_id;
}

std::vector<endpoint_ptr> endpoint_directory::all() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return current_endpoints();
}

std::vector<endpoint_ptr>
endpoint_directory::busy(const std::string& spelling) const {
  auto address = canonical_address(spelling);
  std::vector<endpoint_ptr> result;
  std::lock_guard<std::mutex> guard{mtx_};
  auto add_if_busy = [&](const endpoint_ptr& x) {
    if (x->address() == address && !x->is_empty())
      result.push_back(x);
  };
  for (auto& x : over_)
    add_if_busy(x);
  if (auto i = endpoints_.find(address); i != endpoints_.end())
    add_if_busy(i->second);
  return result;
}

// With the lock held.
std::vector<endpoint_ptr> endpoint_directory::current_endpoints() const {
  std::vector<endpoint_ptr> result;
  result.reserve(endpoints_.size());
  for (auto& kvp : endpoints_)
    result.push_back(kvp.second);
  return result;
}

size_t endpoint_directory::size() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return endpoints_.size();
}

} // namespace caf_remote
