// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
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
#include <string_view>
#include <tuple>
#include <unordered_map>
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
    /// The name under which the actor was watched, with the address by which
    /// the peer is to know it.
    actor_name_ptr name;
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
    /// The actor is new here: it must be monitored, until its end or `clear`.
    bool monitor = false;
    /// There is no actor of that name, or no room.
    std::optional<ending> answer;
    /// It was for an endpoint that is over, it or others that it stands for.
    std::optional<ending> forgotten;
  };

  /// Notes a Watch with a number. `local` is who has the name now, null if
  /// nobody has it. A Watch that is known already changes nothing. One that
  /// is not, and for which there is no room, ends as if the node were out of
  /// reach. So do those up to `forgotten`, if that is not 0: whom they were for
  /// is not known any more.
  outcome add(const caf::actor_addr& local, const actor_name_ptr& name,
              const std::string& watcher, uint32_t number,
              uint32_t forgotten = 0, bool has_room = true);

  /// The watcher does not care any more, as far as its watches up to `number`
  /// are concerned; 0: all. An Unwatch may come after a later Watch, by an
  /// older stream.
  void remove(const actor_name& name, std::string_view watcher,
              uint32_t number);

  /// The actor has ended: takes out its watches and returns what the peer must
  /// be told.
  std::vector<ending> take(const caf::actor_addr& local);

  /// Takes out everything, and returns the actors that are monitored.
  std::vector<caf::actor_addr> clear();

  // -- until the peer has got it -------------------------------------------------------------

  /// The peer must be told `x`.
  void tell(const ending& x);

  /// Sends a Terminated and returns its place among the messages that the
  /// writer numbers.
  using sender = std::function<uint64_t(const ending&)>;

  /// Sends what the peer must be told next. Returns false if there is nothing.
  bool tell_next(const sender& send);

  /// The peer has got everything before `seq`.
  void proven(uint64_t seq);

  /// What was sent up to `seq` may be lost with its stream: the peer must be
  /// told again.
  void lost(uint64_t seq);

  /// Whether the peer may not know of an end.
  bool has_unproven() const noexcept {
    return !told_.empty() || !waiting_.empty();
  }

  // -- bounds ----------------------------------------------------------------------------------

  /// Watches, and ends that the peer may not have heard of.
  size_t size() const noexcept {
    return bound_ + told_.size() + waiting_.size();
  }

  /// The names in them.
  size_t name_bytes() const noexcept {
    return name_bytes_;
  }

private:
  using actor_key = const caf::actor_control_block*;

  /// All records of a name share it.
  struct key {
    actor_name_ptr name;
    std::string watcher;
  };

  /// Id, address, watcher.
  using key_view = std::tuple<std::string_view, std::string_view,
                              std::string_view>;

  struct by_text {
    using is_transparent = void;

    static key_view view(const key& x) noexcept {
      return {x.name->id, x.name->address, x.watcher};
    }

    static key_view view(const key_view& x) noexcept {
      return x;
    }

    template <class T, class U>
    bool operator()(const T& x, const U& y) const noexcept {
      return view(x) < view(y);
    }
  };

  /// Watches from `first` to `last` are for this actor.
  struct binding {
    actor_key local;
    uint32_t first;
    uint32_t last;
  };

  struct record {
    std::vector<binding> bindings;
    /// In `told_` and in `waiting_`.
    std::set<uint64_t> told;
    std::set<uint64_t> waiting;
    /// The last number that was seen.
    uint32_t last = 0;
  };

  using records = std::map<key, record, by_text>;

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

  records::iterator get(const actor_name_ptr& name, const std::string& watcher);
  void drop_if_empty(records::iterator i);
  static size_t bytes_of(const key& x) noexcept;
  static bool is_bound(actor_key local, const record& x) noexcept;
  void wait(const unproven& x);
  void forget_told(record& x);
  bool bind(const caf::actor_addr& local, records::iterator i, uint32_t first,
            uint32_t last);

  records records_;
  std::unordered_map<actor_key, watched> by_actor_;
  // by the place of the Terminated
  std::map<uint64_t, unproven> told_;
  // in the order in which they will be sent
  std::map<uint64_t, unproven> waiting_;
  uint64_t last_waiting_ = 0;
  size_t bound_ = 0;
  size_t name_bytes_ = 0;
};

} // namespace caf_remote
