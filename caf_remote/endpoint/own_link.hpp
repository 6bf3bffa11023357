// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/attachable.hpp>
#include <caf/make_message.hpp>
#include <caf/system_messages.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace caf_remote {

/// Attached to an actor of ours: another one has linked itself to it through a
/// handle for our own address. Like the attachable of CAF for links, but it
/// keeps the handle alive, which the other direction of the link needs, and has
/// nothing to do with a link that the same two actors have without the handle.
class own_link final : public caf::attachable {
public:
  /// Set when the link is over. Shared with the handle.
  using over_flag = std::shared_ptr<std::atomic<bool>>;

  /// Selects one link.
  struct token {
    // far from the tokens of CAF
    static constexpr size_t token_type = 0xCAF2;

    const over_flag& over;
  };

  own_link(caf::strong_actor_ptr proxy, caf::actor_addr observer,
           over_flag over)
    : proxy_(std::move(proxy)), observer_(std::move(observer)),
      over_(std::move(over)) {
    // nop
  }

  void actor_exited(const caf::error& reason, caf::execution_unit*) override {
    if (over_->exchange(true))
      return;
    if (auto hdl = caf::actor_cast<caf::strong_actor_ptr>(observer_))
      hdl->enqueue(
        nullptr, caf::make_message_id(),
        caf::make_message(caf::exit_msg{proxy_->get()->address(), reason}),
        nullptr);
  }

  bool matches(const caf::attachable::token& what) override {
    return what.subtype == token::token_type
           && static_cast<const token*>(what.ptr)->over == over_;
  }

private:
  const caf::strong_actor_ptr proxy_;
  const caf::actor_addr observer_;
  const over_flag over_;
};

} // namespace caf_remote
