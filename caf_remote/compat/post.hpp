// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/message_priority.hpp>

#include <utility>

namespace caf_remote {

/// Sends `x` from outside of any actor, like `caf::anon_send`, and wakes a
/// receiver that sleeps on `where`; null: CAF's scheduler wakes it.
template <class T>
void post(const caf::actor& to, T x, caf::execution_unit* where,
          caf::message_priority priority = caf::message_priority::normal) {
  if (to == nullptr)
    return;
  auto id = caf::make_message_id(priority);
  to->enqueue(caf::make_mailbox_element(nullptr, id, {}, std::move(x)), where);
}

} // namespace caf_remote
