// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/undelivered_messages.hpp"

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"

#include <caf/make_counted.hpp>

namespace caf_remote {

undelivered_messages::undelivered_messages(node_ptr home)
  : node_(std::move(home)) {
  // nop
}

void undelivered_messages::undelivered(inbound_element& x) {
  node_->attempt([&] {
    auto& name = x.target();
    pid target{name->address, name->id, 0};
    auto proxy = x.sender != nullptr ? as_remote_proxy(x.sender) : nullptr;
    auto type_name = std::string{x.type_name()};
    caf::intrusive_ptr<lost_message> event;
    if (node_->wants_dead_letters()) {
      event = caf::make_counted<lost_message>();
      event->target = name;
      if (proxy != nullptr)
        event->sender = proxy->target();
      x.release(*event);
    }
    node_->dead_letter(target, event, type_name, errc::dead_letter,
                       "the actor has ended, or has no handler for it");
    // CAF answers requests itself when it drops them
    if (proxy != nullptr && !x.mid.is_request())
      node_->tell_dead(proxy->who(), target);
  });
}

} // namespace caf_remote
