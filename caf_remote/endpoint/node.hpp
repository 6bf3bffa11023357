// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/outbound_element.hpp"
#include "caf_remote/config.hpp"
#include "caf_remote/counters.hpp"
#include "caf_remote/endpoint/common_bound.hpp"
#include "caf_remote/endpoint/endpoint_directory.hpp"
#include "caf_remote/endpoint/event_hub.hpp"
#include "caf_remote/endpoint/kind_table.hpp"
#include "caf_remote/endpoint/link_orders.hpp"
#include "caf_remote/endpoint/log.hpp"
#include "caf_remote/endpoint/module_actors.hpp"
#include "caf_remote/endpoint/own_addresses.hpp"
#include "caf_remote/endpoint/pending_requests.hpp"
#include "caf_remote/endpoint/process_registry.hpp"
#include "caf_remote/endpoint/proxy_table.hpp"
#include "caf_remote/endpoint/stream_events.hpp"
#include "caf_remote/tracing.hpp"
#include "caf_remote/transport/stream.hpp"
#include "caf_remote/wire/serializer_registry.hpp"

#include <caf/actor.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

/// Everything that the rooms of one actor system share. Lives as long as the
/// module or a proxy, which may be longer than the actor system: nothing that a
/// proxy does may reach for that after `detach`. Any thread, except where said.
class node : public std::enable_shared_from_this<node> {
public:
  node(caf::actor_system& home, options settings,
       std::shared_ptr<transport::connector> dialler);

  ~node();

  /// Valid until `detach`.
  caf::actor_system& sys;
  const options opts;
  /// Tells this incarnation of the node from all others.
  const std::string member_id;
  /// The same in short, for names of actors. A namesake in another run of the
  /// program is somebody else.
  const std::string run;
  const std::shared_ptr<transport::connector> connector;

  const std::shared_ptr<process_registry> processes;
  const std::shared_ptr<event_hub> events;
  const std::shared_ptr<open_streams> streams;
  wire::serializer_registry types;
  pending_requests pending;
  endpoint_directory endpoints;
  proxy_table proxies;
  kind_table kinds;
  module_actors actors;
  link_orders links;
  caf_remote::log log;

  // -- what peers can make us keep beside what their streams are charged with ------------

  /// What waits at endpoints that only peers have named.
  const caf::intrusive_ptr<common_bound> named_queues;

  /// What our actors say to others of ours because a peer has given these as
  /// senders, and those have not looked at yet.
  const caf::intrusive_ptr<common_bound> named_mailboxes;

  // -- start and stop --------------------------------------------------------------------

  /// Where actors are woken that the network has news for; null: CAF's
  /// scheduler wakes them. Set once at start, before any message; outlives the
  /// streams.
  caf::execution_unit* wake_on = nullptr;

  /// Called once at start, before any message. If the manager ends by an error,
  /// the node gives up all it has and takes nothing more; see `failure`.
  void manager(caf::actor x);

  const caf::actor& manager() const noexcept {
    return manager_;
  }

  /// Breaks the cycles; messages sent afterwards become dead letters. Returns
  /// the actors that had a name until now.
  std::vector<process_registry::holding> shut_down();

  /// The actor system is about to go, after `shut_down`: lets go of it and of
  /// what users have installed, which may hold handles that hold the node.
  void detach();

  /// The time by the clock of the actor system, also after `detach`, when that
  /// is gone: a handle may be used from another system while its own one ends.
  caf::actor_clock::time_point now() const {
    return has_steady_time_ ? caf::actor_clock::clock_type::now()
                            : time_of_system();
  }

  /// None, or why the node is out of order although nobody has stopped it.
  caf::error failure() const;

  // -- where we are ------------------------------------------------------------------------

  /// Our addresses; the reference stays valid as long as the node.
  const own_addresses& own() const noexcept {
    return *own_.load(std::memory_order_acquire);
  }

  void own(own_addresses x);

  bool listening() const noexcept {
    return !own().advertised().empty();
  }

  /// The handle for a PID: the local actor itself if the address is ours and
  /// one is published under the id, else a proxy.
  caf::strong_actor_ptr resolve(const std::string& address,
                                const std::string& id);

  /// What to do about a node that has opened no stream to us.
  std::string explain_no_way_back() const;

  /// Says why there is no endpoint to send to.
  std::string explain_no_endpoint(errc why) const;

  /// What we tell peers about ourselves in gRPC metadata.
  transport::metadata introduction() const;

  /// The number of the next watch, never 0.
  uint32_t next_watch() noexcept {
    return next_number(last_watch_);
  }

  /// The number of the next question to a peer, never 0: of all endpoints
  /// together, so that an answer that comes late is none to another one's.
  uint32_t next_question() noexcept {
    return next_number(last_question_);
  }

  // -- dead letters ------------------------------------------------------------------------

  // Whatever becomes of a message is counted first, then observers are told,
  // and then those who wait for it: figures never lag behind what someone
  // knows. Never throws, since messages are lost in destructors as well.

  /// A message of ours to an actor at `address` did not reach the stream.
  /// Counts it, tells hook, subscribers and log, and answers the requester.
  /// `detail` says more about the reason; without it, `explain` does.
  void dead_letter(outbound_element& x, const std::string& address, errc reason,
                   std::string_view detail = {}) noexcept;

  /// A message did not even become an `outbound`, or came from a peer and found
  /// no taker. The requester is the caller's business, afterwards.
  /// `event` may be null if nobody wanted it.
  void dead_letter(const pid& target, const lost_message_ptr& event,
                   std::string_view type_name, errc reason,
                   std::string_view detail = {}) noexcept;

  /// Whether somebody wants to see the content of dead letters.
  bool wants_dead_letters() const noexcept {
    return events->has_subscribers();
  }

  /// Tells a remote requester that its message reached nobody, and why if its
  /// node is caf_remote; also the sender of a message without a request, if its
  /// node can make use of that. `named_by` pays if that takes a dial; null: all
  /// streams do.
  void tell_dead(const pid& requester, const pid& target,
                 std::string_view why = {}, dial_budget_ptr named_by = nullptr);

  /// The header that tells a peer why; empty if it is known to be one that may
  /// not be sent it. The writer decides when it has met the peer
  /// (`peer_need::caf_remote_for_header`).
  std::string reason_for(const std::string& address, std::string_view why);

  uint64_t dead_letters(errc reason) const noexcept;

  // -- observation ---------------------------------------------------------------------------

  void hook(std::shared_ptr<tracing_hook> x);
  std::shared_ptr<tracing_hook> hook() const;

  // For each incarnation that an endpoint reaches `endpoint_connected` is
  // published once, and `endpoint_terminated` once after it: `announcements`.

  /// A handshake worked; the first one with an incarnation is an event.
  void on_connected(endpoint& where, const std::string& member);
  void on_disconnected(const std::string& address, const std::string& reason);
  /// An attempt to connect begins; `cause` is why the one before failed, or the
  /// stream was lost. Empty: there was none before.
  void on_attempt(const std::string& address, size_t attempt, size_t max,
                  const std::string& cause);

  /// A request to the node at `address` has stayed without an answer for
  /// `waited`, and the node has opened no stream to us.
  void on_no_way_back(const std::string& address, caf::timespan waited);

  /// The incarnation is over that was reached, the endpoint goes on.
  void on_incarnation_over(endpoint& where);

  /// The endpoint is over.
  void on_endpoint_over(endpoint& where, errc code, const std::string& reason);

  /// Nobody may come to say that of the endpoint.
  void on_events_over(endpoint& where);

  /// Watches of a peer's actors end, because it does not connect to us
  /// (`no_stream`), or because it ends our streams when it gets them.
  void on_watches_in_vain(const std::string& address, size_t watches,
                          bool no_stream);

  /// Something that came from a peer was refused.
  void on_bad_envelope(std::string_view from, std::string_view what);
  void on_protocol_error(std::string_view from, std::string_view what);

  /// Connections have to wait or are closed for want of descriptors or of room,
  /// or something cannot be done for want of memory.
  void on_shortage(std::string_view what);

  /// Code of the user's, called for `whom`, threw.
  void on_callback_exception(std::string_view whom, std::string_view what);

  /// An actor of ours ended by an error, which costs what `what` says.
  void on_actor_failure(std::string_view what, const caf::error& reason);

  /// Tells of the failure of an actor that nothing depends on.
  void look_after(const caf::actor& x, const char* name);

  /// Runs what must not stop its caller; an exception counts as a shortage.
  template <class F>
  void attempt(F f) noexcept {
    try {
      f();
    } catch (...) {
      shortages_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  counters snapshot() const;

  std::atomic<uint64_t> received_messages{0};
  std::atomic<uint64_t> received_batches{0};

private:
  static uint32_t next_number(std::atomic<uint32_t>& last) noexcept;
  announcements::teller tells_subscribers() const;
  void count(errc reason) noexcept;
  void tell_observers(const pid& target, const lost_message_ptr& event,
                      std::string_view type_name, errc reason,
                      std::string_view detail);
  caf::actor_clock::time_point time_of_system() const;
  void on_manager_gone(const caf::error& reason);

  template <class F>
  void tell_hook(F f);

  const bool has_steady_time_;
  caf::actor manager_;
  std::atomic<const own_addresses*> own_;
  mutable std::mutex mtx_;
  std::vector<std::unique_ptr<const own_addresses>> addresses_;
  // another clock than the steady one; null after `detach`
  const caf::actor_clock* clock_;
  std::shared_ptr<tracing_hook> hook_;
  std::atomic<bool> has_hook_{false};
  std::array<std::atomic<uint64_t>, 256> dead_by_reason_{};
  std::atomic<uint32_t> last_watch_{0};
  std::atomic<uint32_t> last_question_{0};
  std::atomic<uint64_t> refused_envelopes_{0};
  std::atomic<uint64_t> protocol_errors_{0};
  std::atomic<uint64_t> shortages_{0};
  std::atomic<uint64_t> callback_exceptions_{0};
  std::atomic<uint64_t> actor_failures_{0};
  std::atomic<bool> failed_{false};
};

/// Keys of the gRPC metadata by which nodes say that they are caf_remote.
namespace introduction_key {

constexpr const char* version = "caf-remote-version";
constexpr const char* max_receive = "caf-remote-max-receive-bytes";
constexpr const char* address = "caf-remote-address";
// of a stream that only asks who lives there
constexpr const char* question = "caf-remote-question";

} // namespace introduction_key

/// What a peer's metadata say.
struct introduction {
  bool is_caf_remote = false;
  size_t max_receive_bytes = 0;
  std::string address;
  bool only_asks = false;
};

/// Reads a peer's metadata; values out of range are ignored.
introduction read_introduction(const transport::metadata& xs);

} // namespace caf_remote
