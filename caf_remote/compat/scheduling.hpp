// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/actor_system.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/timespan.hpp>

namespace caf_remote {

/// Whether the actors of a system run only when somebody says so, as under
/// CAF's scheduler for tests. Its jobs have no lock: they belong to the thread
/// that drives the system.
bool runs_by_hand(caf::actor_system& sys);

/// Whether the time of a system is that of the steady clock, and can be told
/// without the system.
bool has_steady_time(caf::actor_system& sys);

/// To be called before `self` blocks for a message, for `limit` at most. In a
/// system that runs by hand, runs jobs on this thread until the message is
/// there, and when none is left lets the system's time pass, so that a time
/// limit that `self` has set ends the wait. Does nothing in other systems.
void run_until_mail(caf::blocking_actor& self, caf::timespan limit);

} // namespace caf_remote
