// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/mailbox_element.hpp>
#include <caf/system_messages.hpp>

namespace caf_remote {

/// Whether an exit message comes from a link whose other end, its source, has
/// ended; `what` carries it. CAF tells that end also if the link is over by
/// then, and nothing in the message says so. But only there an actor that has
/// ended is both source and sender: `send_exit` names no sender.
bool is_link_end(const caf::mailbox_element& what, const caf::exit_msg& x);

/// Whether the actor that an exit message names as its source has ended.
bool source_has_ended(const caf::exit_msg& x);

} // namespace caf_remote
