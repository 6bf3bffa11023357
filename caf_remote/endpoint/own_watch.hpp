// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/attachable.hpp>
#include <caf/make_message.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace caf_remote {

/// Attached to an actor of ours: an endpoint's watcher gets a down message when
/// it ends. Like CAF's own attachable for monitors, but it can be taken off
/// again for one observer: CAF takes actors of two systems with the same id for
/// one.
class own_watch final : public caf::attachable {
public:
  /// Selects the watch of one observer.
  struct token {
    // far from CAF's own
    static constexpr size_t token_type = 0xCAF0;

    caf::actor_addr observer;
  };

  own_watch(caf::actor_addr observed, caf::actor_addr observer)
    : observed_(std::move(observed)), observer_(std::move(observer)) {
    // nop
  }

  void actor_exited(const caf::error& reason, caf::execution_unit*) override {
    if (auto hdl = caf::actor_cast<caf::strong_actor_ptr>(observer_))
      hdl->enqueue(nullptr, caf::make_message_id(),
                   caf::make_message(caf::down_msg{observed_, reason}),
                   nullptr);
  }

  bool matches(const caf::attachable::token& what) override {
    return what.subtype == token::token_type
           && static_cast<const token*>(what.ptr)->observer.get()
                == observer_.get();
  }

private:
  const caf::actor_addr observed_;
  const caf::actor_addr observer_;
};

} // namespace caf_remote
