// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message.hpp"
#include "caf_remote/pid.hpp"

#include <caf/message.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include <string>

namespace caf_remote {

/// The node at `address` was reached: a first handshake with this incarnation
/// of it. A later one, after a lost connection, is no event (but a call of the
/// hook and a log line).
///
/// Exactly one `endpoint_terminated` with the same address and member id
/// follows in time, so that a count of nodes up and down by these two events is
/// right.
struct endpoint_connected {
  std::string address;
  /// The node's incarnation: another id at the same address is another node.
  std::string member_id;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, endpoint_connected& x) {
  return f(caf::meta::type_name("endpoint_connected"), x.address,
           detail::shown(f, x.member_id));
}

/// An incarnation that `endpoint_connected` had announced is over for us: it
/// could not be reached again within the retries, has disconnected, blocks us,
/// or another incarnation was met in its place; or nobody needs it any more, or
/// we leave. The reason says if the endpoint goes on.
struct endpoint_terminated {
  std::string address;
  std::string member_id;
  /// For a person; not meant to be parsed.
  std::string reason;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, endpoint_terminated& x) {
  return f(caf::meta::type_name("endpoint_terminated"), x.address,
           detail::shown(f, x.member_id), detail::shown(f, x.reason));
}

/// Nobody was reached at `address` within the retries, or it refuses us; what
/// was queued has become dead letters. The next message tries again. (Own
/// decision: protoactor-go says EndpointTerminated here, too, which makes a
/// count of nodes wrong.)
struct endpoint_unreachable {
  std::string address;
  /// For a person; not meant to be parsed.
  std::string reason;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, endpoint_unreachable& x) {
  return f(caf::meta::type_name("endpoint_unreachable"), x.address,
           detail::shown(f, x.reason));
}

/// A message that could not be delivered. Nothing more than the receiver, the
/// message and the sender (seed: as in protoactor-go); the reason goes to the
/// counters, the log and the tracing hook.
struct dead_letter {
  caf_remote::pid pid;
  /// The message itself, or a `raw_message` if it was already encoded and its
  /// type is not registered.
  caf::message message;
  /// Empty id: no sender.
  caf_remote::pid sender;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, dead_letter& x) {
  return f(caf::meta::type_name("dead_letter"), detail::shown(f, x.pid),
           x.message, detail::shown(f, x.sender));
}

/// The answer to `remoting::notify_when_room`: the endpoint has room again, or
/// is over (then the next message starts a new one).
struct endpoint_room {
  std::string address;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, endpoint_room& x) {
  return f(caf::meta::type_name("endpoint_room"), x.address);
}

/// Asks `remoting::spawner` to spawn an actor of `kind` on the node at
/// `address`; answered with `caf::actor` or an error. An empty name lets the
/// node choose.
struct remote_spawn {
  std::string address;
  std::string kind;
  std::string name;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, remote_spawn& x) {
  return f(caf::meta::type_name("remote_spawn"), x.address, x.kind, x.name);
}

} // namespace caf_remote

/// This module's message types. The block starts far above CAF's own and the
/// usual blocks of users, because type ids of one program must not overlap.
CAF_BEGIN_TYPE_ID_BLOCK(caf_remote, 61440)
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::pid))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::raw_message))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::touch))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::touched))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::poison_pill))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::endpoint_connected))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::endpoint_terminated))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::dead_letter))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::endpoint_room))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::remote_spawn))
  CAF_ADD_TYPE_ID(caf_remote, (caf_remote::endpoint_unreachable))
CAF_END_TYPE_ID_BLOCK(caf_remote)
