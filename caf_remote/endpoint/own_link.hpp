// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/attachable.hpp>
#include <caf/default_attachable.hpp>
#include <caf/make_message.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace caf_remote {

/// Attached to an actor of ours: another one has linked itself to it through a
/// handle for our own address. Like CAF's own attachable for links, but it
/// keeps the handle alive, which the other direction of the link needs, and
/// does not take actors of two systems with the same id for one.
class own_link final : public caf::attachable {
public:
  own_link(caf::strong_actor_ptr proxy, caf::actor_addr observer)
    : proxy_(std::move(proxy)), observer_(std::move(observer)) {
    // nop
  }

  void actor_exited(const caf::error& reason, caf::execution_unit*) override {
    if (auto hdl = caf::actor_cast<caf::strong_actor_ptr>(observer_))
      hdl->enqueue(
        nullptr, caf::make_message_id(),
        caf::make_message(caf::exit_msg{proxy_->get()->address(), reason}),
        nullptr);
  }

  bool matches(const token& what) override {
    using caf::default_attachable;
    if (what.subtype != token::observer)
      return false;
    auto& x = *static_cast<const default_attachable::observe_token*>(what.ptr);
    return x.type == default_attachable::link
           && x.observer.get() == observer_.get();
  }

private:
  const caf::strong_actor_ptr proxy_;
  const caf::actor_addr observer_;
};

} // namespace caf_remote
