// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/outbound_element.hpp"

#include <caf/event_based_actor.hpp>

namespace caf_remote {

/// Takes the outbound messages of an `outbound_consumer`, on the actor's
/// thread.
class outbound_taker {
public:
  virtual ~outbound_taker();

  /// Takes the next message.
  virtual void take(outbound_ptr x) = 0;

  /// The mailbox is empty.
  virtual void pause() = 0;
};

/// An actor that gets its `outbound_element`s straight from the mailbox, in
/// order with all other messages, which go to its behavior as usual. CAF's own
/// way gives the same result (an `outbound` is a message like any other) but
/// costs more per message than encoding it: it matches types and reads the
/// clock, and it does not tell when the mailbox is empty.
class outbound_consumer : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;

  /// Sets who takes the messages; null: the behavior, as in any other actor. An
  /// exception of the taker ends the actor, like one of a handler.
  void taker(outbound_taker* x) noexcept {
    taker_ = x;
  }

  /// Keeps the endpoint that counts the messages until the mailbox is empty for
  /// good, which is after the end of the actor's state.
  void keep(endpoint_ptr x);

  resume_result resume(caf::execution_unit* ctx,
                       size_t max_throughput) override;

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;

private:
  template <class F>
  void run(F f);

  outbound_taker* taker_ = nullptr;
  endpoint_ptr endpoint_;
};

} // namespace caf_remote
