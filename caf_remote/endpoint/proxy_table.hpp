// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/endpoint/dial_budget.hpp"
#include "caf_remote/wire/name_hash.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/node_id.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace caf_remote {

class node;

/// PID -> handle. The same PID, in whatever spelling of its address, gives the
/// same handle as long as anyone holds it. Any thread.
class proxy_table {
public:
  /// Finds or makes the proxy of "address/id", and says in `is_new` whether it
  /// made it. `home` must be the node that the table belongs to. With
  /// `named_by`, the PID stands in a frame of a stream with that budget: unless
  /// we have asked for the handle ourselves, what is sent by it may dial no
  /// more than the stream that named it last may cause, or the host in the
  /// address if a stream from there has named it. For an actor of ours it is
  /// another handle than one that we have asked for, since what is said by it
  /// is bounded. Null after `close`.
  caf::strong_actor_ptr get(node& home, std::string_view spelling,
                            std::string_view id,
                            const dial_budget_ptr& named_by = nullptr,
                            bool* is_new = nullptr);

  /// Null: nobody holds a handle for that PID, which is not ours.
  caf::strong_actor_ptr find(std::string_view spelling, std::string_view id);

  /// The proxies at an address that somebody holds a handle for. Looks at all
  /// proxies.
  std::vector<caf::strong_actor_ptr> at(std::string_view address);

  /// All proxies that somebody holds a handle for.
  std::vector<caf::strong_actor_ptr> all();

  /// Called by a proxy when it is destroyed. Takes no memory.
  void erase(const actor_name& who, caf::actor_id aid,
             bool named_here) noexcept;

  /// Makes no more proxies: the actor system is about to go.
  void close();

  size_t size() const;

private:
  // the address canonical; refers to the name in the entry
  struct key {
    std::string_view address;
    std::string_view id;
    // ours, as peers name it
    bool named_here = false;

    bool operator==(const key& x) const noexcept {
      return id == x.id && address == x.address && named_here == x.named_here;
    }
  };

  // see `wire::name_hash`; a name must not cancel out the same one
  struct key_hash {
    size_t operator()(const key& x) const {
      return wire::hash_name(x.id) + 31 * wire::hash_name(x.address);
    }
  };

  // the name is that of the proxy, and of those before it
  struct entry {
    actor_name_ptr name;
    caf::weak_actor_ptr proxy;
  };

  template <class Predicate>
  std::vector<caf::strong_actor_ptr> select(Predicate pred);

  const caf::node_id& node_id_of(std::string_view address);

  mutable std::mutex mtx_;
  bool closed_ = false;
  // that of the last new proxy: many in a row are at one address, and share it
  std::string last_address_;
  caf::node_id last_node_id_;
  std::unordered_map<key, entry, key_hash> proxies_;
};

} // namespace caf_remote
