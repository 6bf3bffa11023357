// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf_remote {

/// The actors of one peer that we watch. Pure.
class outgoing_watches {
public:
  struct entry {
    /// Keeps the proxy alive, so that its observers can be told.
    caf::strong_actor_ptr proxy;
    /// The number of the Watch that was sent last.
    uint64_t seq;
  };

  /// Notes a watch, whose Watch message has the number `seq`.
  void add(const std::string& id, caf::strong_actor_ptr proxy, uint64_t seq);

  /// Returns whether the actor was watched.
  bool remove(const std::string& id);

  /// The actor has ended: takes it out. Null: it was not watched.
  caf::strong_actor_ptr take(const std::string& id);

  /// The incarnation is over to which the watches up to `seq` were written:
  /// takes them out.
  std::vector<caf::strong_actor_ptr> take_written(uint64_t seq);

  std::vector<caf::strong_actor_ptr> take_all();

  /// Sends a Watch again, and takes the number that it returns.
  using renewer = std::function<uint64_t(const caf::strong_actor_ptr&)>;

  /// Renews the watches up to `seq`, which were written to an earlier stream.
  void renew_written(uint64_t seq, const renewer& renew);

  size_t size() const noexcept {
    return entries_.size();
  }

private:
  std::unordered_map<std::string, entry> entries_;
};

/// Which actors of one peer watch our actors. Pure.
class incoming_watches {
public:
  /// Notes a watch. Returns true if `local` was not watched by the peer before,
  /// so that it must be monitored now.
  bool add(const caf::actor_addr& local, const std::string& id,
           const pid& watcher);

  /// Returns true if nobody at the peer watches the actor any more; then
  /// `local` is set, and it needs no monitor any more.
  bool remove(const std::string& id, const pid& watcher,
              caf::actor_addr& local);

  struct observer {
    pid watcher;
    /// The id under which the actor was watched.
    std::string id;
  };

  /// The actor has ended: takes out who has to be told.
  std::vector<observer> take(const caf::actor_addr& local);

  /// Takes out everything; the result needs no monitors any more.
  std::vector<caf::actor_addr> clear();

  size_t size() const noexcept {
    return count_;
  }

private:
  size_t count_ = 0;
  std::unordered_map<caf::actor_addr, std::set<std::pair<std::string, pid>>>
    entries_;
  // id -> the actor that was watched under it
  std::unordered_map<std::string, caf::actor_addr> by_id_;
};

} // namespace caf_remote
