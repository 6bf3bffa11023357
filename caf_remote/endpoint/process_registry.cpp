// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/process_registry.hpp"

#include "caf_remote/compat/has_ended.hpp"
#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_proxy.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <tuple>

namespace caf_remote {

namespace {

uint64_t next_instance() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

/// Remembers which name an actor had a moment ago, per thread. The actor may be
/// gone and another one live where it was. That one has another id or system,
/// or it has the id of one that is gone because its system follows another at
/// the same place: so the end of an actor of another system is a change.
struct cached_name {
  uint64_t instance = 0;
  uint64_t version = 0;
  process_registry::actor_key key = nullptr;
  caf::actor_id aid = 0;
  const caf::actor_system* home = nullptr;
  actor_name_ptr name;
};

struct name_cache {
  std::array<cached_name, 64> slots;

  // Objects of the thread that end after this one, statics of the main thread
  // among them, may still send: they find it empty.
  ~name_cache() {
    slots.fill(cached_name{});
  }
};

cached_name& cache_slot(caf::actor_id aid) {
  thread_local name_cache cache;
  return cache.slots[aid % cache.slots.size()];
}

/// Reply addresses and the module's own names.
bool is_reserved(std::string_view id) {
  return id.front() == '$';
}

} // namespace

bool runs_here(const caf::strong_actor_ptr& x) {
  return dynamic_cast<caf::actor_proxy*>(x->get()) == nullptr;
}

process_registry::name_list&
process_registry::known_actor::list_of(const actor_name& x) noexcept {
  return is_reserved(x.id) ? made_up : given;
}

process_registry::process_registry(std::string run,
                                   const caf::actor_system* home)
  : instance_(next_instance()), run_(std::move(run)), home_(home) {
  // nop
}

void process_registry::on_actor_gone(std::function<void(actor_key)> f) {
  std::unique_lock<std::shared_mutex> guard{mtx_};
  actor_gone_ = std::move(f);
}

caf::error process_registry::publish(const caf::strong_actor_ptr& hdl,
                                     std::string name, delivery_mode mode,
                                     process_kind kind) {
  if (hdl == nullptr)
    return make_error(errc::not_found, "the handle to publish is invalid");
  if (!runs_here(hdl))
    return make_error(errc::not_found,
                      "'" + name + "' would be " + to_string(hdl)
                        + ", which does not run in this process: publish an "
                          "actor that does, and passes messages on");
  if (auto err = check_id(name))
    return err;
  if (kind == process_kind::published && is_reserved(name))
    return make_error(errc::invalid_name,
                      "'" + name
                        + "': names that begin with '$' belong to the module");
  auto ptr = caf::make_counted<const actor_name>(std::string{},
                                                 std::move(name));
  bool first_name = false;
  slot dropped; // destroyed after the lock
  {
    std::unique_lock<std::shared_mutex> guard{mtx_};
    if (closed_)
      return make_error(errc::not_running, "the module was stopped");
    if (auto i = slots_.find(ptr->id); i != slots_.end()) {
      // who monitors an actor may hear of its end before we do, as in
      // `is_taken`
      if (!has_ended(i->second.hdl))
        return make_error(errc::name_taken,
                          "an actor is published as '" + ptr->id
                            + "' already; unpublish it first");
      dropped = take_name(i);
    }
    first_name = add_slot({ptr, hdl, mode, kind});
    version_.fetch_add(1, std::memory_order_release);
  }
  if (first_name)
    observe(hdl);
  return caf::none;
}

// Returns whether the actor was not known before.
bool process_registry::add_slot(slot x) {
  if (purge_.due(by_actor_.size()))
    forget_vanished();
  auto entry = by_actor_.try_emplace(x.hdl.get());
  if (entry.second)
    entry.first->second.ref = caf::actor_cast<caf::weak_actor_ptr>(x.hdl);
  // a reply address is no better answer than what the module's own have
  auto& names = entry.first->second.list_of(*x.name);
  auto first = is_reserved(x.name->id) && x.kind != process_kind::reply_address;
  x.place = names.insert(first ? names.begin() : names.end(), x.name);
  ++counts_[static_cast<size_t>(x.kind)];
  auto key = std::string_view{x.name->id};
  slots_.emplace(key, std::move(x));
  return entry.second;
}

// Takes a name from an actor, which stays known: that says that we observe it.
process_registry::slot process_registry::take_name(slot_map::iterator i) {
  auto& x = i->second;
  by_actor_[x.hdl.get()].list_of(*x.name).erase(x.place);
  return take_slot(i);
}

process_registry::slot process_registry::take_slot(slot_map::iterator i) {
  auto result = std::move(i->second);
  slots_.erase(i);
  --counts_[static_cast<size_t>(result.kind)];
  return result;
}

void process_registry::forget_vanished() {
  for (auto i = by_actor_.begin(); i != by_actor_.end();) {
    // a reference made here might become the last one, with the lock held
    auto vanished = i->second.is_nameless()
                    && i->first->strong_refs.load() == 0;
    i = vanished ? by_actor_.erase(i) : std::next(i);
  }
  purge_.looked(by_actor_.size());
}

void process_registry::observe(const caf::strong_actor_ptr& hdl) {
  auto weak_self = weak_from_this();
  actor_key key = hdl.get();
  hdl->get()->attach_functor([weak_self, key] {
    if (auto self = weak_self.lock())
      self->gone(key);
  });
}

void process_registry::gone(actor_key key) {
  std::function<void(actor_key)> f;
  // destroyed after the lock, as their destructors may come back here
  known_actor known;
  std::vector<slot> dropped;
  {
    std::unique_lock<std::shared_mutex> guard{mtx_};
    auto i = by_actor_.find(key);
    if (i != by_actor_.end()) {
      if (i->second.ref->home_system != home_)
        version_.fetch_add(1, std::memory_order_release);
      known = std::move(i->second);
      by_actor_.erase(i);
    }
    for (auto names : {&known.given, &known.made_up})
      for (auto& name : *names) {
        auto j = slots_.find(name->id);
        if (j != slots_.end())
          dropped.push_back(take_slot(j));
      }
    f = actor_gone_;
  }
  if (f)
    f(key);
}

caf::error process_registry::unpublish(std::string_view name) {
  slot dropped;
  std::unique_lock<std::shared_mutex> guard{mtx_};
  auto i = slots_.find(name);
  if (i == slots_.end() || i->second.kind != process_kind::published)
    return make_error(errc::not_found,
                      "nothing is published as '" + std::string{name} + "'");
  dropped = take_name(i);
  version_.fetch_add(1, std::memory_order_release);
  guard.unlock();
  return caf::none;
}

process_registry::process process_registry::find(std::string_view name) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto i = slots_.find(name);
  if (i == slots_.end() || i->second.kind == process_kind::internal)
    return {};
  auto& x = i->second;
  return {x.hdl, x.mode, x.kind};
}

bool process_registry::is_taken(std::string_view name) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto i = slots_.find(name);
  return i != slots_.end() && !has_ended(i->second.hdl);
}

caf::weak_actor_ptr process_registry::find_weak(std::string_view name,
                                                process_kind& kind) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto i = slots_.find(name);
  if (i == slots_.end() || i->second.kind == process_kind::internal)
    return nullptr;
  kind = i->second.kind;
  return caf::actor_cast<caf::weak_actor_ptr>(i->second.hdl);
}

actor_name_ptr process_registry::name_of(const caf::strong_actor_ptr& hdl) {
  auto version = version_.load(std::memory_order_acquire);
  auto& cached = cache_slot(hdl->id());
  if (cached.key == hdl.get() && cached.aid == hdl->id()
      && cached.home == hdl->home_system && cached.instance == instance_
      && cached.version == version)
    return cached.name;
  auto result = look_up_name(hdl);
  cached = cached_name{instance_, version,          hdl.get(),
                       hdl->id(), hdl->home_system, result};
  return result;
}

actor_name_ptr
process_registry::look_up_name(const caf::strong_actor_ptr& hdl) {
  {
    std::shared_lock<std::shared_mutex> guard{mtx_};
    if (auto known = first_name_of(hdl))
      return known;
  }
  return make_reply_address(hdl, runs_here(hdl) ? process_kind::reply_address
                                                : process_kind::internal);
}

void process_registry::conceal(const caf::strong_actor_ptr& hdl) {
  make_reply_address(hdl, process_kind::internal);
}

actor_name_ptr
process_registry::make_reply_address(const caf::strong_actor_ptr& hdl,
                                     process_kind kind) {
  actor_name_ptr result;
  bool first_name = false;
  {
    std::unique_lock<std::shared_mutex> guard{mtx_};
    if (auto known = first_name_of(hdl)) // another thread was faster
      return known;
    auto plain = "$" + std::to_string(hdl->id());
    auto name = plain + '.' + run_;
    // an actor of another system in this process may have the same id
    for (size_t n = 2; slots_.count(name) != 0; ++n)
      name = plain + '-' + std::to_string(n) + '.' + run_;
    result = caf::make_counted<const actor_name>(std::string{},
                                                 std::move(name));
    if (closed_)
      return result;
    first_name = add_slot({result, hdl, delivery_mode::decoded, kind});
  }
  if (first_name)
    observe(hdl);
  return result;
}

// With the lock held.
actor_name_ptr
process_registry::first_name_of(const caf::strong_actor_ptr& hdl) const {
  auto i = by_actor_.find(hdl.get());
  if (i == by_actor_.end() || i->second.is_nameless())
    return nullptr;
  auto& x = i->second;
  return x.given.empty() ? x.made_up.front() : x.given.front();
}

std::string
process_registry::known_name(const caf::strong_actor_ptr& hdl) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto name = first_name_of(hdl);
  if (name == nullptr)
    return {};
  auto i = slots_.find(name->id);
  auto hidden = i == slots_.end() || i->second.kind == process_kind::internal;
  return hidden ? std::string{} : name->id;
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
  return counts_[static_cast<size_t>(kind)];
}

size_t process_registry::known_actors() const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  return by_actor_.size();
}

bool process_registry::closed() const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  return closed_;
}

std::vector<process_registry::holding> process_registry::close() {
  decltype(slots_) dropped; // destroyed after the lock
  std::unique_lock<std::shared_mutex> guard{mtx_};
  closed_ = true;
  actor_gone_ = nullptr;
  dropped.swap(slots_);
  counts_.fill(0);
  by_actor_.clear();
  version_.fetch_add(1, std::memory_order_release);
  guard.unlock();
  std::vector<holding> result;
  result.reserve(dropped.size());
  for (auto& kvp : dropped)
    result.push_back({kvp.second.name, kvp.second.hdl, kvp.second.kind});
  std::sort(result.begin(), result.end(), [](const auto& x, const auto& y) {
    return std::tie(x.kind, x.name->id) < std::tie(y.kind, y.name->id);
  });
  return result;
}

} // namespace caf_remote
