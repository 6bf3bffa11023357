// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/process_registry.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace caf_remote {

/// What peers may spawn here. Any thread.
class kind_table {
public:
  struct kind {
    std::function<caf::actor(caf::actor_system&)> make;
    delivery_mode mode;
  };

  /// Returns false if the name is taken.
  bool add(const std::string& name, kind x) {
    std::lock_guard<std::mutex> guard{mtx_};
    return kinds_.emplace(name, std::move(x)).second;
  }

  std::optional<kind> find(const std::string& name) const {
    std::lock_guard<std::mutex> guard{mtx_};
    auto i = kinds_.find(name);
    if (i == kinds_.end())
      return std::nullopt;
    return i->second;
  }

  /// Lets go of all factories.
  void clear() {
    decltype(kinds_) dropped; // destroyed after the lock
    std::lock_guard<std::mutex> guard{mtx_};
    dropped.swap(kinds_);
  }

private:
  mutable std::mutex mtx_;
  std::map<std::string, kind> kinds_;
};

} // namespace caf_remote
