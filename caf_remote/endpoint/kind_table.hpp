// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/process_registry.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace caf_remote {

/// What peers may spawn here. Any thread. A factory is the user's: it is
/// neither called, copied nor destroyed with the lock held.
class kind_table {
public:
  struct kind {
    std::function<caf::actor(caf::actor_system&)> make;
    delivery_mode mode;
  };

  /// Returns false if the name is taken.
  bool add(const std::string& name, kind x) {
    auto ptr = std::make_shared<const kind>(std::move(x));
    std::lock_guard<std::mutex> guard{mtx_};
    return kinds_.try_emplace(name, ptr).second;
  }

  /// Null: nobody has registered it.
  std::shared_ptr<const kind> find(const std::string& name) const {
    std::lock_guard<std::mutex> guard{mtx_};
    auto i = kinds_.find(name);
    return i != kinds_.end() ? i->second : nullptr;
  }

  /// Lets go of all factories.
  void clear() {
    decltype(kinds_) dropped; // destroyed after the lock
    std::lock_guard<std::mutex> guard{mtx_};
    dropped.swap(kinds_);
  }

private:
  mutable std::mutex mtx_;
  std::map<std::string, std::shared_ptr<const kind>> kinds_;
};

} // namespace caf_remote
