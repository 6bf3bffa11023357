// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/endpoint/linked_list.hpp"
#include "caf_remote/error.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace caf_remote {

/// The requests that wait for an answer from another node: translates between
/// CAF's 60-bit message ids and the wire's 32-bit request ids. Each entry ends
/// by exactly one of: `take` (answer or error), `drop_requester`,
/// `take_endpoint`, `take_expired`, `take_stale`. CAF does not tell when a
/// request has timed out at its requester; such an entry waits for one of the
/// others. None of them looks at entries that it does not take: who sends waits
/// for the same locks. Want of memory leaves the table as it is, and what was
/// taken out by then is answered. Any thread.
class pending_requests {
public:
  using clock = std::chrono::steady_clock;

  /// Whom to answer.
  struct entry {
    caf::strong_actor_ptr requester;
    caf::message_id mid;
    /// Actors that the answer passes before the requester.
    std::vector<caf::strong_actor_ptr> stages;
    /// The name under which the requester is answered.
    actor_name_ptr name;
    /// Identifies the endpoint that the request was sent to.
    uint64_t endpoint = 0;
    /// The request was handed to a stream.
    bool written = false;
    clock::time_point since;
  };

  /// An entry that was taken out. Whoever has it owes the answer; where that
  /// throws, the requester gets an error all the same, by its code alone.
  struct taken : entry {
    explicit taken(entry&& x) noexcept : entry(std::move(x)) {
      // nop
    }

    taken(taken&&) noexcept = default;

    ~taken() {
      if (requester != nullptr)
        fail();
    }

    /// The requester was answered, or needs no answer any more.
    void settle() noexcept {
      requester.reset();
    }

    /// What the requester is told if nothing else reaches it.
    errc otherwise = errc::unconfirmed;

  private:
    void fail() noexcept;
  };

  explicit pending_requests(size_t max_entries);

  /// Adds an entry and returns its id, never 0; nothing if the table is full.
  std::optional<uint32_t> add(entry x);

  bool full() const noexcept {
    return size() >= max_entries_;
  }

  /// Marks that the request was handed to a stream.
  void mark_written(uint32_t id);

  /// The request goes to another endpoint than it was added for.
  void move_to(uint32_t id, uint64_t endpoint);

  bool contains(uint32_t id) const;

  /// Removes and returns the entry.
  std::optional<taken> take(uint32_t id);

  /// The same for an answer that is addressed to `name`: nothing if the
  /// requester has another name.
  std::optional<taken> take(uint32_t id, std::string_view name);

  /// Removes and returns the entries of an endpoint; with `only_written` those
  /// handed to a stream.
  std::vector<taken> take_endpoint(uint64_t endpoint, bool only_written);

  /// Removes and returns everything.
  std::vector<taken> take_all();

  /// Removes and returns the entries older than `age`.
  std::vector<taken> take_expired(clock::time_point now, clock::duration age);

  /// Removes and returns the entries that a full table need not keep for new
  /// ones: those that have waited for longer than requesters usually do. Looks
  /// at most once a second.
  std::vector<taken> take_stale(clock::time_point now);

  /// Removes the entries of an actor that ended. Takes no memory.
  void drop_requester(const caf::actor_control_block* requester);

  size_t size() const noexcept {
    return size_.load(std::memory_order_relaxed);
  }

private:
  /// An entry and its places in the lists of those that may end together.
  struct slot {
    uint32_t id = 0;
    entry what;
    list_links<slot> by_age;
    list_links<slot> by_requester;
    list_links<slot> by_endpoint;
    linked_list<slot, &slot::by_requester>* of_requester = nullptr;
    linked_list<slot, &slot::by_endpoint>* of_endpoint = nullptr;
  };

  // Entries of one requester share a shard, whose number is part of the id.
  static constexpr uint32_t shard_bits = 4;
  static constexpr size_t shard_count = size_t{1} << shard_bits;

  struct shard {
    mutable std::mutex mtx;
    uint32_t last_id = 0;
    std::unordered_map<uint32_t, slot> slots;
    linked_list<slot, &slot::by_age> by_age;
    std::unordered_map<const caf::actor_control_block*,
                       linked_list<slot, &slot::by_requester>>
      by_requester;
    std::unordered_map<uint64_t, linked_list<slot, &slot::by_endpoint>>
      by_endpoint;

    void add(uint32_t id, entry&& x);
    taken take(slot& x) noexcept;
    void take_from_endpoint(slot& x) noexcept;
  };

  static size_t shard_of(caf::actor_id requester) noexcept {
    return static_cast<size_t>(requester) & (shard_count - 1);
  }

  shard& shard_by_id(uint32_t id) noexcept {
    return shards_[id & (shard_count - 1)];
  }

  template <class Predicate>
  std::optional<taken> take_one(uint32_t id, Predicate pred);

  std::optional<taken> take_one_of(const caf::actor_control_block* requester);

  taken take_out(shard& from, slot& x) noexcept;

  template <class List, class Predicate>
  void take_from(shard& from, const List& list, std::vector<taken>& to,
                 Predicate pred);

  const size_t max_entries_;
  std::atomic<size_t> size_{0};
  std::atomic<clock::rep> last_look_{0};
  std::array<shard, shard_count> shards_;
};

/// Passes an answer on to the requester of `x` or, before that, the actors that
/// the answer has to pass. Sets where `content` comes from and goes to. `ctx`
/// is where the caller runs, may be null.
void answer(pending_requests::taken x, caf::strong_actor_ptr responder,
            caf::mailbox_element_ptr content,
            caf::execution_unit* ctx = nullptr);

/// Answers the requester of `x` itself with an error.
void answer(pending_requests::taken x, caf::error reason);

/// The same, with a text if there is memory for it. Whatever the requester's
/// `enqueue` throws is its own affair.
void answer(pending_requests::taken x, errc code,
            const std::string& text) noexcept;

} // namespace caf_remote
