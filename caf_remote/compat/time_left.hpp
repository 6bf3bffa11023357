// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/duration.hpp>
#include <caf/fwd.hpp>

namespace caf_remote {

/// What is left of the time limit of the request that `self` is handling;
/// infinite if it is not known, which it is for requests of
/// `caf_remote::request` from actors of this node.
caf::duration time_left(caf::local_actor* self);

} // namespace caf_remote
