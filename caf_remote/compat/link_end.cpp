// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/link_end.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_control_block.hpp>

namespace caf_remote {

namespace {

// Also for an actor without references, which is about to be destroyed: the
// message holds its memory.
bool is_over(caf::actor_control_block& x) {
  return x.get()->getf(caf::abstract_actor::is_cleaned_up_flag);
}

} // namespace

bool is_link_end(const caf::mailbox_element& what, const caf::exit_msg& x) {
  auto source = x.source.get();
  if (source == nullptr)
    return false;
  // an actor that ends with its last handle cannot name itself as a sender
  auto is_sender = what.sender != nullptr ? what.sender.get() == source
                                          : source->strong_refs.load() == 0;
  return is_sender && is_over(*source);
}

bool source_has_ended(const caf::exit_msg& x) {
  return x.source != nullptr && is_over(*x.source.get());
}

} // namespace caf_remote
