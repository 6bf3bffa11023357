// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>

#include <caf/actor.hpp>

#include "caf_remote/transport/stream.hpp"

namespace caf_remote {

/// Turns the events of a stream into messages to the actor that owns it. They
/// have high priority, so that the end of a write is not heard only behind the
/// messages that wait for it. `epoch` tells the actor which of its streams
/// speaks.
transport::listener_ptr make_stream_events(caf::actor owner, uint64_t epoch);

} // namespace caf_remote
