// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/node_id.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace caf_remote {

class node;

/// PID -> handle. The same PID gives the same handle as long as anyone holds
/// it. Any thread.
class proxy_table {
public:
  /// Finds or makes the proxy of "address/id". `home` must be the node that the
  /// table belongs to. Null after `close`.
  caf::strong_actor_ptr get(node& home, std::string_view address,
                            std::string_view id);

  /// Null: nobody holds a handle for that PID.
  caf::strong_actor_ptr find(std::string_view address, std::string_view id);

  /// Called by a proxy when it is destroyed.
  void erase(std::string_view address, std::string_view id, caf::actor_id aid);

  /// Makes no more proxies: the actor system is about to go.
  void close();

  size_t size() const;

private:
  // "address\0id" as key
  static std::string key(std::string_view address, std::string_view id);

  mutable std::mutex mtx_;
  bool closed_ = false;
  std::unordered_map<std::string, caf::weak_actor_ptr> proxies_;
};

} // namespace caf_remote
