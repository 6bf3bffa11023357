// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/config.hpp"
#include "caf_remote/counters.hpp"
#include "caf_remote/error.hpp"
#include "caf_remote/events.hpp"
#include "caf_remote/fwd.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/message_type.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/serializer.hpp"
#include "caf_remote/tracing.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/expected.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace caf_remote {

class node;

/// How a published actor, or the actors of a kind, get messages from outside.
enum class receive_mode : uint8_t {
  /// Registered types decoded, others as `raw_message`.
  decoded,
  /// Every user message as `raw_message`.
  raw,
};

/// How full an endpoint is; see `remoting::load_of`.
struct endpoint_load {
  uint64_t queued_messages = 0;
  uint64_t queued_bytes = 0;
  /// Whether a sender that paces itself may go on.
  bool has_room = true;
};

/// What becomes of the actors that were published, or spawned for a peer, when
/// the module stops.
enum class published_actors : uint8_t {
  /// They are not kept alive any longer, like any other actor. One that has a
  /// handle, a timer or a message of its own goes on, and CAF waits for it.
  let_go,
  /// Those that keep the actor system from ending, so not those of others, are
  /// also sent an exit message (`user_shutdown`), in turn.
  end,
};

/// This module. Load it like any other, and have it stopped before the actor
/// system ends:
///
///     caf_remote::config cfg;
///     cfg.load<caf_remote::remoting>();
///     caf::actor_system sys{cfg};
///     caf_remote::stop_guard guard{sys};
///     auto& rm = caf_remote::get(sys);
///
/// All member functions may be called on any thread. If the module failed to
/// start (a wrong setting, say), each of them that can return an error returns
/// that one, and `status` always does. Blocking calls
/// say so, always end, and must not be made inside actors.
///
/// Actors that a message from the network wakes run on a thread of the module's
/// own, like one more worker of CAF's scheduler, unless `scheduler-only` is
/// set.
class remoting : public caf::actor_system::module {
public:
  // -- CAF's side ------------------------------------------------------------------------

  explicit remoting(caf::actor_system& sys);
  ~remoting() override;

  static caf::actor_system::module* make(caf::actor_system& sys,
                                         caf::detail::type_list<>);

  void init(caf::actor_system_config& cfg) override;
  void start() override;

  /// Leaves gracefully: tells peers, writes out what is queued, gives back all
  /// names. Blocks for at most about `shutdown-timeout`, and as long again if a
  /// handler that a message from the network has started does not return. Later
  /// calls return `errc::not_running`.
  ///
  /// Call it before the actor system ends, or let a `stop_guard` do that. The
  /// system's destructor calls it too, but only after all actors have ended,
  /// and until then the module keeps alive what others can reach: published
  /// actors, event subscribers, and every actor that has sent a message to
  /// another node. If any actor runs for longer than `shutdown-timeout` after
  /// the stop, one log line names those that others could reach.
  ///
  /// Under CAF's scheduler for tests this call, like all that block, runs
  /// actors on the calling thread and lets the scheduler's time pass. Streams
  /// are not heard any more then: what a peer has not confirmed is lost.
  ///
  /// What users hold may outlive the actor system: handles of remote actors,
  /// messages, events, hooks and sinks. A message to such a handle is refused
  /// (`errc::not_running`), observers are told that the actor cannot be
  /// reached. Hooks, sinks, factories and serializers are released with the
  /// actor system.
  void stop() override;

  /// The same, and says what becomes of published actors. May be called after
  /// the other one.
  void stop(published_actors what);

  caf::actor_system::module::id_t id() const override;
  void* subtype_ptr() override;

  /// None if the module runs, else why it does not.
  [[nodiscard]] caf::error status() const;

  // -- where we are ------------------------------------------------------------------------

  /// Listens as configured and returns the advertised address. Only once.
  /// Errors: `caf::sec::cannot_open_port`, `errc::invalid_config` (a wildcard
  /// host without `advertised-host`). Blocks for name look-ups.
  [[nodiscard]] caf::expected<std::string> listen();

  /// The same with another host and port than configured; port 0 lets the
  /// kernel choose.
  [[nodiscard]] caf::expected<std::string> listen(const std::string& host,
                                                  uint16_t port);

  /// Our address in every PID; empty while not listening.
  std::string address() const;

  /// Tells this incarnation of our node from others.
  std::string member_id() const;

  // -- local actors ----------------------------------------------------------------------------

  /// Makes `hdl` reachable under `name` and keeps it alive until it ends or
  /// `unpublish` is called. The actor may belong to another actor system of the
  /// process. Errors: `errc::invalid_name`, `errc::name_taken`;
  /// `errc::not_found` for a handle of an actor elsewhere, this module's or
  /// `caf::io`'s: publish a local actor that passes messages on.
  [[nodiscard]] caf::error publish(const caf::actor& hdl,
                                   const std::string& name,
                                   receive_mode mode = receive_mode::decoded);

  /// Error: `errc::not_found`.
  [[nodiscard]] caf::error unpublish(const std::string& name);

  /// Makes an actor for a peer that asks for a kind. Runs inside an actor: it
  /// must not block. An exception, an invalid handle or that of an actor
  /// elsewhere tells the peer that it failed.
  using kind_factory = std::function<caf::actor(caf::actor_system&)>;

  /// Lets peers spawn actors of `kind`. Error: `errc::name_taken`.
  [[nodiscard]] caf::error
  register_kind(const std::string& kind, kind_factory make,
                receive_mode mode = receive_mode::decoded);

  // -- remote actors ---------------------------------------------------------------------------

  /// Returns the handle for a PID. No I/O: whether there is such an actor shows
  /// when something is sent or when it is watched. The same PID gives the same
  /// handle, also after the peer was lost and came back. Errors:
  /// `errc::invalid_address`, `errc::invalid_name`.
  [[nodiscard]] caf::expected<caf::actor> lookup(const std::string& address,
                                                 const std::string& name);

  /// The same for "address/name".
  [[nodiscard]] caf::expected<caf::actor> lookup(const std::string& pid_text);

  /// Spawns an actor on another node and returns its handle. An empty name lets
  /// the node choose. Blocks until the answer or the end of `timeout`. Errors:
  /// `errc::name_taken` (the text has the holder's PID), `errc::spawn_failed`,
  /// `caf::sec::request_timeout`, those of the endpoint.
  [[nodiscard]] caf::expected<caf::actor>
  spawn(const std::string& address, const std::string& kind,
        const std::string& name = "",
        caf::timespan timeout = std::chrono::seconds(5));

  /// The actor behind `spawn`: `self->request(rm.spawner(), timeout,
  /// remote_spawn{address, kind, name})` is answered with `caf::actor`. Invalid
  /// if the module does not run.
  caf::actor spawner() const;

  /// Asks the actor `name` for a sign of life. Blocks until the answer or the
  /// end of `timeout`. With the default name it asks the node itself.
  [[nodiscard]] caf::expected<touched>
  ping(const std::string& address, const std::string& name = "activator",
       caf::timespan timeout = std::chrono::seconds(5));

  /// The wire identity of a handle: of a remote actor, or of a local one that
  /// was published or has sent a message out; empty, address and id, otherwise,
  /// for the module's own (but the activator), and for local actors while not
  /// listening. It makes no actor reachable:
  /// `publish` does, and keeps it alive.
  pid pid_of(const caf::actor& hdl) const;

  // -- pacing ------------------------------------------------------------------------------------

  /// How full the endpoint behind a remote handle is.
  endpoint_load load_of(const caf::actor& remote) const;

  /// Sends `endpoint_room` to `who`, an actor of this process, once when the
  /// endpoint behind `remote` has room, which may be now. Error:
  /// `errc::not_found`, if `who` is another one or invalid, or if `remote` is
  /// no remote actor or cannot be sent anything now.
  [[nodiscard]] caf::error notify_when_room(const caf::actor& remote,
                                            const caf::actor& who);

  // -- types -------------------------------------------------------------------------------------

  /// Adds a serializer. Error: `errc::name_taken`.
  [[nodiscard]] caf::error
  add_serializer(int32_t id, std::shared_ptr<const serializer> ptr);

  /// Says that every peer which is sent a `raw_message` of this type knows the
  /// type. The same promise as registering it.
  [[nodiscard]] caf::error declare_type(const std::string& type_name);

  // -- observation -------------------------------------------------------------------------------

  /// Sends the events to `who` from now on: `endpoint_connected`,
  /// `endpoint_terminated`, `endpoint_unreachable`, `dead_letter`.
  [[nodiscard]] caf::error subscribe(const caf::actor& who);
  [[nodiscard]] caf::error unsubscribe(const caf::actor& who);

  /// Installs a hook, or removes it (null). The former one may still be called
  /// by threads that were about to. tracing.hpp says what a hook may do.
  [[nodiscard]] caf::error set_hook(std::shared_ptr<tracing_hook> hook);

  /// Where log lines go; null turns them off. Default: stderr. When this
  /// returns the former sink is not called any more, and has returned from its
  /// last call (unless it is the caller): hold no lock that it takes.
  /// tracing.hpp says what a sink may do.
  [[nodiscard]] caf::error set_log_sink(log_sink sink);

  counters snapshot() const;

  /// Waits until nothing is queued for `address` any more, because all of it
  /// was written or dead-lettered, or until `timeout`. Returns whether nothing
  /// is left. Blocks, so it is not for actors.
  [[nodiscard]] bool flush(const std::string& address, caf::timespan timeout);

private:
  struct impl;

  caf::error check_running() const;
  void stop_node(published_actors what);
  bool leave_network();
  void await_ends(const std::vector<caf::actor>& xs, caf::timespan limit);
  void watch_stragglers();

  caf::actor_system& sys_;
  std::unique_ptr<impl> impl_;
};

/// Stops the module at the end of a scope, however that is left. To be made
/// right after the actor system, so that what comes later in the scope ends
/// before it.
class stop_guard {
public:
  /// Does nothing if the module was not loaded.
  explicit stop_guard(caf::actor_system& sys,
                      published_actors what = published_actors::end);

  stop_guard(const stop_guard&) = delete;
  stop_guard& operator=(const stop_guard&) = delete;

  ~stop_guard();

private:
  remoting* const remoting_;
  const published_actors what_;
};

/// The module of `sys`. Throws `std::logic_error` if it was not loaded.
remoting& get(caf::actor_system& sys);

/// Null if the module was not loaded.
remoting* find(caf::actor_system& sys);

} // namespace caf_remote
