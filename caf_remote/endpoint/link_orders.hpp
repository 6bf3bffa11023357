// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/own_link.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/attachable.hpp>

#include <mutex>
#include <vector>

namespace caf_remote {

/// Links to actors of ours that handles for own addresses have taken on, or
/// given up. CAF holds the mutexes of two actors then, so a third one is
/// attached to, or detached from, by somebody else: the manager, as long as it
/// lives. Any thread.
class link_orders {
public:
  /// Attach `link` to `host`, or tell it that the host is gone. Returns false
  /// after `close`: nobody would do it. Holds no host: the caller has mutexes
  /// locked, and the last reference to an actor runs its destructor.
  bool add(caf::weak_actor_ptr host, caf::attachable_ptr link);

  /// Take the link off again. Saves memory only, since the link knows that it
  /// is over.
  void remove(const caf::weak_actor_ptr& host, own_link::over_flag link);

  /// Does what was ordered. Hold no mutex.
  void perform();

  /// The same for the last time: takes nothing in any more.
  void close();

private:
  struct order {
    caf::weak_actor_ptr host;
    caf::attachable_ptr link;
    // null: to attach; else this one is over
    own_link::over_flag former_link;
  };

  std::mutex mtx_;
  bool closed_ = false;
  std::vector<order> orders_;
};

} // namespace caf_remote
