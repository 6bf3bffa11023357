// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/process_registry.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>

#include <algorithm>
#include <array>
#include <mutex>

namespace caf_remote {

namespace {

uint64_t next_instance() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

/// Remembers which name an actor had a moment ago, per thread.
struct cached_name {
  uint64_t instance = 0;
  uint64_t version = 0;
  caf::actor_id aid = 0;
  actor_name_ptr name;
};

cached_name& cache_slot(caf::actor_id aid) {
  thread_local std::array<cached_name, 64> cache;
  return cache[aid % cache.size()];
}

} // namespace

process_registry::process_registry() : instance_(next_instance()) {
  // nop
}

void process_registry::on_actor_gone(std::function<void(caf::actor_id)> f) {
  std::unique_lock<std::shared_mutex> guard{mtx_};
  actor_gone_ = std::move(f);
}

caf::error process_registry::publish(const caf::strong_actor_ptr& hdl,
                                     std::string name, delivery_mode mode,
                                     process_kind kind) {
  if (hdl == nullptr)
    return make_error(errc::not_found, "cannot publish an invalid handle");
  if (auto err = check_id(name))
    return err;
  if (kind == process_kind::published && name.front() == '$')
    return make_error(errc::invalid_name,
                      "names that begin with '$' belong to the module");
  actor_name_ptr result;
  return add(hdl, std::move(name), mode, kind, result);
}

caf::error process_registry::add(const caf::strong_actor_ptr& hdl,
                                 std::string name, delivery_mode mode,
                                 process_kind kind, actor_name_ptr& result) {
  auto ptr = caf::make_counted<const actor_name>(std::string{},
                                                 std::move(name));
  bool first_name = false;
  {
    std::unique_lock<std::shared_mutex> guard{mtx_};
    if (closed_)
      return make_error(errc::not_running);
    if (!slots_.emplace(ptr->id, slot{ptr, hdl, mode, kind}).second)
      return make_error(errc::name_taken,
                        "the name '" + ptr->id + "' is taken");
    auto entry = by_actor_.try_emplace(hdl->id());
    first_name = entry.second;
    auto& names = entry.first->second;
    // a published name comes before the reply address
    auto pos = kind == process_kind::reply_address
                 ? names.end()
                 : std::find_if(names.begin(), names.end(),
                                [](const actor_name_ptr& y) {
                                  return y->id.front() == '$';
                                });
    names.insert(pos, ptr);
    if (kind != process_kind::reply_address)
      version_.fetch_add(1, std::memory_order_release);
  }
  result = std::move(ptr);
  if (first_name)
    observe(hdl);
  return caf::none;
}

void process_registry::observe(const caf::strong_actor_ptr& hdl) {
  auto weak_self = weak_from_this();
  auto aid = hdl->id();
  hdl->get()->attach_functor([weak_self, aid] {
    if (auto self = weak_self.lock())
      self->gone(aid);
  });
}

void process_registry::gone(caf::actor_id aid) {
  std::function<void(caf::actor_id)> f;
  // destroyed after the lock, as their destructors may come back here
  std::vector<actor_name_ptr> names;
  std::vector<slot> dropped;
  {
    std::unique_lock<std::shared_mutex> guard{mtx_};
    auto i = by_actor_.find(aid);
    if (i != by_actor_.end()) {
      names.swap(i->second);
      by_actor_.erase(i);
    }
    for (auto& name : names) {
      auto j = slots_.find(name->id);
      if (j == slots_.end())
        continue;
      dropped.push_back(std::move(j->second));
      slots_.erase(j);
    }
    f = actor_gone_;
  }
  if (f)
    f(aid);
}

caf::error process_registry::unpublish(std::string_view name) {
  slot dropped;
  std::unique_lock<std::shared_mutex> guard{mtx_};
  auto i = slots_.find(name);
  if (i == slots_.end() || i->second.kind != process_kind::published)
    return make_error(errc::not_found,
                      "nothing is published as '" + std::string{name} + "'");
  auto ptr = i->second.name;
  auto& names = by_actor_[i->second.hdl->id()];
  names.erase(std::remove(names.begin(), names.end(), ptr), names.end());
  // an empty list stays until the actor ends: it says that we observe it
  dropped = std::move(i->second);
  slots_.erase(i);
  version_.fetch_add(1, std::memory_order_release);
  guard.unlock();
  return caf::none;
}

process_registry::process process_registry::find(std::string_view name) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto i = slots_.find(name);
  if (i == slots_.end())
    return {};
  auto& x = i->second;
  return {x.hdl, x.mode, x.kind};
}

actor_name_ptr process_registry::name_of(const caf::strong_actor_ptr& hdl) {
  auto version = version_.load(std::memory_order_acquire);
  auto& cached = cache_slot(hdl->id());
  if (cached.aid == hdl->id() && cached.instance == instance_
      && cached.version == version)
    return cached.name;
  auto result = look_up_name(hdl);
  cached = cached_name{instance_, version, hdl->id(), result};
  return result;
}

actor_name_ptr
process_registry::look_up_name(const caf::strong_actor_ptr& hdl) {
  {
    std::shared_lock<std::shared_mutex> guard{mtx_};
    auto i = by_actor_.find(hdl->id());
    if (i != by_actor_.end() && !i->second.empty())
      return i->second.front();
  }
  actor_name_ptr result;
  auto name = "$" + std::to_string(hdl->id());
  if (auto err = add(hdl, name, delivery_mode::decoded,
                     process_kind::reply_address, result))
    // another thread was faster, or all is over; the name is the same
    return caf::make_counted<const actor_name>(std::string{}, std::move(name));
  return result;
}

std::string process_registry::known_name(caf::actor_id aid) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto i = by_actor_.find(aid);
  return i != by_actor_.end() && !i->second.empty() ? i->second.front()->id
                                                    : std::string{};
}

std::vector<std::string> process_registry::names(process_kind kind) const {
  std::vector<std::string> result;
  std::shared_lock<std::shared_mutex> guard{mtx_};
  for (auto& kvp : slots_)
    if (kvp.second.kind == kind)
      result.emplace_back(kvp.first);
  return result;
}

size_t process_registry::count(process_kind kind) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  return static_cast<size_t>(
    std::count_if(slots_.begin(), slots_.end(),
                  [kind](const auto& kvp) { return kvp.second.kind == kind; }));
}

void process_registry::close() {
  decltype(slots_) dropped;
  std::unique_lock<std::shared_mutex> guard{mtx_};
  closed_ = true;
  actor_gone_ = nullptr;
  dropped.swap(slots_);
  by_actor_.clear();
  version_.fetch_add(1, std::memory_order_release);
  guard.unlock();
}

} // namespace caf_remote
