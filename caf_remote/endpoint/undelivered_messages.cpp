// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/undelivered_messages.hpp"

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"

namespace caf_remote {

undelivered_messages::undelivered_messages(node_ptr home)
  : node_(std::move(home)) {
  // nop
}

void undelivered_messages::undelivered(inbound_element& x) {
  pid target{node_->own().advertised(), x.target(), 0};
  pid sender;
  if (x.sender != nullptr)
    if (auto proxy = as_remote_proxy(x.sender))
      sender = proxy->who();
  // CAF answers requests itself when it drops them
  if (!sender.id.empty() && !x.mid.is_request())
    node_->tell_dead(sender, target);
  auto name = std::string{x.type_name()};
  caf::message content;
  if (node_->wants_dead_letters())
    content = x.release();
  node_->dead_letter(target, std::move(content), sender, name,
                     errc::dead_letter);
}

} // namespace caf_remote
