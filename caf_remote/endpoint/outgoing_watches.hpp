// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

/// The actors of one peer that we watch. Pure.
class outgoing_watches {
public:
  /// Notes a watch, whose message has the place `seq` among the messages that
  /// the writer numbers.
  void add(std::string_view id, caf::strong_actor_ptr proxy, uint64_t seq);

  /// A further Watch for an actor has the place `seq`. Changes nothing if it is
  /// not watched.
  void add_copy(std::string_view id, uint64_t seq);

  /// Null: the actor is not watched.
  caf::strong_actor_ptr find(std::string_view id) const;

  /// Returns whether the actor was watched.
  bool remove(std::string_view id);

  struct lost_watch {
    caf::strong_actor_ptr proxy;
    /// A copy of the Watch was not written, and will be for nobody.
    bool is_queued;
  };

  /// The incarnation is over to which messages up to `seq` were written: takes
  /// out what it had a Watch of.
  std::vector<lost_watch> take_written(uint64_t seq);

  /// Puts one back that others go on with, whose first Watch has the place
  /// `first`. It must be renewed.
  void keep(std::string_view id, caf::strong_actor_ptr proxy, uint64_t first);

  std::vector<caf::strong_actor_ptr> take_all();

  // -- again ---------------------------------------------------------------------------------

  /// The same incarnation is there again: what was written up to `seq` may be
  /// lost. Watches of which no Watch waits behind it must be renewed.
  void lost(uint64_t seq);

  /// All must be renewed.
  void all_lost();

  /// Sends a Watch again, and returns its place.
  using renewer = std::function<uint64_t(const caf::strong_actor_ptr&)>;

  /// Renews one watch. Returns false if there is none that must be.
  bool renew_next(const renewer& renew);

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
    /// The places of the first Watch and of the last one. If the first was
    /// written, the incarnation that it was written to knows of the watch.
    uint64_t first;
    uint64_t last;
    /// The place of the last further Watch. Not every peer is sent these.
    uint64_t copy = 0;
  };

  std::map<std::string, entry, std::less<>> entries_;
  // Those behind this one, up to that place, must be renewed; none: nobody
  // must.
  std::optional<std::string> renewed_;
  uint64_t renew_up_to_ = 0;
};

} // namespace caf_remote
