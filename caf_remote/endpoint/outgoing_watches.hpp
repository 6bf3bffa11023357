// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

/// The actors of one peer that we watch. Pure.
class outgoing_watches {
public:
  /// Notes a watch, whose message has the place `seq` among the messages that
  /// the writer numbers. Of an actor that is watched already, the earlier place
  /// stays: what was written there counts.
  void add(std::string_view id, caf::strong_actor_ptr proxy, uint64_t seq);

  /// Null: the actor is not watched.
  caf::strong_actor_ptr find(std::string_view id) const;

  /// Returns whether the actor was watched.
  bool remove(std::string_view id);

  /// The incarnation is over to which the watches up to `seq` were written:
  /// takes them out.
  std::vector<caf::strong_actor_ptr> take_written(uint64_t seq);

  std::vector<caf::strong_actor_ptr> take_all();

  /// Sends a Watch again, and returns its place.
  using renewer = std::function<uint64_t(const caf::strong_actor_ptr&)>;

  /// Renews the watches up to `seq`.
  void renew_written(uint64_t seq, const renewer& renew);

  void renew_all(const renewer& renew);

  bool empty() const noexcept {
    return entries_.empty();
  }

  size_t size() const noexcept {
    return entries_.size();
  }

private:
  struct entry {
    /// Keeps the proxy alive, so that its observers can be told.
    caf::strong_actor_ptr proxy;
    /// The place of the Watch that was sent last.
    uint64_t seq;
  };

  std::map<std::string, entry, std::less<>> entries_;
};

} // namespace caf_remote
