// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/time_left.hpp"

#include "caf_remote/compat/annotated_element.hpp"

#include <caf/local_actor.hpp>

#include <algorithm>

namespace caf_remote {

caf::duration time_left(caf::local_actor* self) {
  auto at_hand = self->current_mailbox_element();
  if (at_hand == nullptr)
    return caf::infinite;
  auto deadline = extras_of(*at_hand).deadline;
  if (deadline == caf::actor_clock::time_point::max())
    return caf::infinite;
  caf::timespan left = deadline - self->clock().now();
  return caf::duration{std::max(left, caf::timespan{0})};
}

} // namespace caf_remote
