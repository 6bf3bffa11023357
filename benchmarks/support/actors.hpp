// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/figures.hpp"
#include "support/schedule.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

/// The actors of the benchmarks. They know nothing of what carries their
/// messages.

namespace caf_remote::bench {

// -- serving ------------------------------------------------------------------

struct counter_state {
  uint64_t count = 0;
};

/// Counts BytesValue and answers Empty with the count.
caf::behavior counter(caf::stateful_actor<counter_state>* self);

/// Answers BytesValue with itself.
caf::behavior echo(caf::event_based_actor* self);

// -- sending ------------------------------------------------------------------

/// Messages between two looks at the room.
constexpr uint64_t burst = 100;

/// The same where many endpoints take turns: long enough for several batches,
/// short enough for a thousand queues.
constexpr uint64_t burst_of_many = 400;

/// How a sender paces itself. Without functions it does not.
struct pacer {
  /// Whether there is room for more messages to a target.
  std::function<bool(const caf::actor& target)> has_room;
  /// Sends `endpoint_room` to `who` when there is room.
  std::function<void(const caf::actor& target, const caf::actor& who)> notify;
};

struct sender_state {
  uint64_t sent = 0;
  uint64_t pauses = 0;
  /// Whose turn it is.
  size_t turn = 0;
};

/// What a sender is to do.
struct sender_task {
  /// Take turns, a burst each.
  std::vector<caf::actor> targets;
  uint64_t count;
  size_t size;
  uint64_t burst;
  pacer pace;
  /// Is told when everything was sent.
  caf::actor boss;
};

/// Sends numbered messages without waiting for anything but room. Starts with
/// `caf::tick_atom`, ends with `caf::ok_atom` and its count of pauses to the
/// boss.
caf::behavior sender(caf::stateful_actor<sender_state>* self, sender_task task);

struct requester_state {
  uint64_t sent = 0;
  uint64_t replies = 0;
  std::chrono::steady_clock::time_point sent_at;
};

struct requester_task {
  caf::actor target;
  uint64_t count;
  size_t size;
  uint64_t window;
  /// Times of round trips; null: not measured. The window must be 1 then.
  std::shared_ptr<latencies> times;
  caf::actor boss;
};

/// Keeps `window` messages in flight and sends the next one for each reply.
/// Starts and ends like `sender`.
caf::behavior requester(caf::stateful_actor<requester_state>* self,
                        requester_task task);

struct listener_state {
  uint64_t replies = 0;
};

struct listener_task {
  schedule plan;
  uint64_t count;
  /// How long after they were due the replies came.
  std::shared_ptr<latencies> times;
  caf::actor boss;
};

/// Takes the replies to what somebody else sends in its name, by a schedule.
/// Ends like `sender`.
caf::behavior listener(caf::stateful_actor<listener_state>* self,
                       listener_task task);

} // namespace caf_remote::bench
