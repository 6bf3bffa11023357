// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/system_messages.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf_remote {

/// Which actors of ours one peer watches, and what it was told of their ends
/// without a sign that it arrived. Pure.
///
/// A peer that is caf_remote numbers its watches, because a name may change
/// hands while it is watched: watches of one watcher are bound to whoever had
/// the name when they came, and each end concerns a range of them. Other peers
/// do not number (0), and any Terminated ends all they have.
class incoming_watches {
public:
  /// What the peer must be told: the watches from `first` to `last` of
  /// `watcher` are over.
  struct ending {
    /// The name under which the actor was watched.
    std::string id;
    /// The id of the watcher's PID.
    std::string watcher;
    /// 0: from the first one on.
    uint32_t first = 0;
    /// 0: the peer does not number its watches.
    uint32_t last = 0;
    wire::terminated_reason why = wire::terminated_reason::stopped;
  };

  /// What follows from a Watch.
  struct outcome {
    /// The actor is new here: it must be monitored, until its end. (CAF takes
    /// actors of two systems for equal when it ends monitors.)
    bool monitor = false;
    /// There is no actor of that name.
    std::optional<ending> answer;
  };

  /// Notes a Watch with a number. `local` is who has the name `id` now, null if
  /// nobody has it. A Watch that is known already changes nothing.
  outcome add(const caf::actor_addr& local, const std::string& id,
              const std::string& watcher, uint32_t number);

  /// The watcher does not care any more.
  void remove(const std::string& id, const std::string& watcher);

  /// The actor has ended: takes out its watches and returns what the peer must
  /// be told.
  std::vector<ending> take(const caf::actor_addr& local);

  /// Takes out everything.
  void clear();

  // -- until the peer has got it -------------------------------------------------------------

  /// A Terminated for `x` is on its way; `seq` is its place among the messages
  /// that the writer numbers.
  void told(const ending& x, uint64_t seq);

  /// The peer has got everything before `seq`.
  void proven(uint64_t seq);

  /// Sends a Terminated and returns its place.
  using sender = std::function<uint64_t(const ending&)>;

  /// What was written up to `seq` may be lost with its stream: sends it again.
  void tell_again(uint64_t seq, const sender& send);

  /// Whether something was told without a sign that it arrived.
  bool has_unproven() const noexcept {
    return !told_.empty();
  }

  // -- bounds ----------------------------------------------------------------------------------

  /// Watches, and ends that the peer may not have heard of.
  size_t size() const noexcept {
    return bound_ + told_.size();
  }

  /// The names in them.
  size_t name_bytes() const noexcept {
    return name_bytes_;
  }

private:
  using actor_key = const caf::actor_control_block*;

  /// Id and watcher.
  using key = std::pair<std::string, std::string>;

  /// Watches from `first` to `last` are for this actor.
  struct binding {
    actor_key local;
    uint32_t first;
    uint32_t last;
  };

  struct record {
    std::vector<binding> bindings;
    /// Places of what was told.
    std::set<uint64_t> told;
    /// The last number that was seen.
    uint32_t last = 0;
  };

  using records = std::map<key, record>;

  /// Stays until the actor ends. The address keeps the key from being used for
  /// another actor.
  struct watched {
    caf::actor_addr addr;
    std::set<const key*> keys;
  };

  /// The names stand in the record.
  struct unproven {
    records::iterator where;
    uint32_t first;
    uint32_t last;
    wire::terminated_reason why;
  };

  records::iterator get(const std::string& id, const std::string& watcher);
  void drop_if_empty(records::iterator i);
  void forget_told(record& x);
  bool bind(const caf::actor_addr& local, records::iterator i, uint32_t first,
            uint32_t last);

  records records_;
  std::unordered_map<actor_key, watched> by_actor_;
  std::map<uint64_t, unproven> told_;
  size_t bound_ = 0;
  size_t name_bytes_ = 0;
};

} // namespace caf_remote
