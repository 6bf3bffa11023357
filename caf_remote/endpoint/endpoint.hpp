// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/outbound_element.hpp"
#include "caf_remote/counters.hpp"
#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/endpoint/admission.hpp"
#include "caf_remote/endpoint/common_bound.hpp"
#include "caf_remote/endpoint/peer.hpp"
#include "caf_remote/endpoint/purge_mark.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/message.hpp>
#include <caf/ref_counted.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace caf_remote {

class node;

using node_ptr = std::shared_ptr<node>;

/// The data path to one address: what senders' threads need to hand a message
/// to the endpoint's writer, and nothing else. An endpoint is made when the
/// first message, watch or request needs one, and is closed for good when the
/// address was given up; the next message makes another. Any thread, except
/// where said.
class endpoint : public caf::ref_counted {
public:
  /// `serial` tells this endpoint from others of the same address.
  endpoint(node_ptr home, peer_ptr who, uint64_t serial,
           bool for_peers_only = false);

  ~endpoint() override;

  const std::string& address() const noexcept {
    return peer_->address;
  }

  uint64_t serial() const noexcept {
    return serial_;
  }

  peer& remote() noexcept {
    return *peer_;
  }

  /// The id in the PID by which the peer knows our watcher; the same for each
  /// endpoint of the address.
  const std::string& watcher_id() const noexcept {
    return watcher_id_;
  }

  // -- senders -------------------------------------------------------------------------

  /// Whether only peers have named the address, in frames or in handshakes:
  /// then what waits here also counts for the bound that all such endpoints
  /// share, and no connection is kept that nothing needs.
  bool is_for_peers_only() const noexcept {
    return for_peers_only_.load(std::memory_order_relaxed);
  }

  /// The program itself uses the address, from now on.
  void used_by_us() noexcept {
    if (is_for_peers_only())
      for_peers_only_.store(false, std::memory_order_relaxed);
  }

  /// Takes a message: it is queued, or dead-lettered if a bound is exceeded.
  /// `ctx` is where the sender runs; the writer is woken there if it is not
  /// null, which saves waking another thread.
  void push(outbound_ptr x, caf::execution_unit* ctx = nullptr);

  /// Sends `x` to the watcher, in order with earlier ones. If the endpoint was
  /// abandoned before it had a watcher, there is nobody to be told: `abandon`
  /// has answered, or the caller learns it from `watch`.
  void post_to_watcher(caf::mailbox_element_ptr x);

  template <class T>
  void post_to_watcher(T x) {
    post_to_watcher(caf::make_mailbox_element(nullptr, caf::make_message_id(),
                                              {}, std::move(x)));
  }

  /// Starts to watch: tells the watcher, which keeps the table, and queues the
  /// Watch with that number at once, so that it keeps its place among what the
  /// caller sends to the actor before and after. Returns the Watch's place
  /// among what the writer numbers; 0 if the node has ended, so that the
  /// watcher may not have heard it: then the observers are for the caller. Also
  /// 0 if the endpoint was `closed_unused`: then the caller must take the
  /// endpoint that follows.
  uint64_t watch(caf::strong_actor_ptr proxy, const actor_name_ptr& who,
                 uint32_t number);

  /// The observers have gone whose watches have numbers up to this one.
  void unwatch(caf::strong_actor_ptr proxy, const actor_name_ptr& who,
               uint32_t number);

  /// Queues a further Watch of an actor that is watched. Only for peers that
  /// number watches, others would take it for the same. Returns its place; 0 if
  /// there is none, so that what becomes of the last one becomes of it.
  uint64_t watch_again(const actor_name_ptr& who, uint32_t number);

  bool connected() const noexcept {
    return state_.load(std::memory_order_acquire)
           == connection_state::connected;
  }

  /// Whether the node behind the endpoint, by whatever address, has a stream
  /// open to us, over which its answers come.
  bool has_way_back() const noexcept {
    return has_way_back_.load(std::memory_order_relaxed);
  }

  /// Called by the manager.
  void has_way_back(bool x) noexcept {
    has_way_back_.store(x, std::memory_order_relaxed);
  }

  bool closed() const noexcept {
    return closed_.load(std::memory_order_acquire);
  }

  /// Whether senders that pace themselves may go on.
  bool has_room() const noexcept;

  /// Messages that wait, and the memory they hold; as in `read`, but cheap.
  uint64_t queued() const noexcept {
    return user_.queued();
  }

  uint64_t queued_bytes() const noexcept {
    return user_.queued_bytes();
  }

  /// Whether nothing waits, in either lane.
  bool is_empty() const noexcept;

  /// Sends `endpoint_room` to `x` once there is room; at once if there is.
  void notify_when_room(const caf::actor& x);

  /// The same once nothing is queued any more, in either lane.
  void notify_when_empty(const caf::actor& x);

  /// `x` does not wait for an empty queue any more.
  void forget_waiting_for_empty(const caf::actor& x);

  endpoint_counters read() const;

  /// Whether nothing goes this way, and no connection is kept.
  bool is_unused() const noexcept {
    return state_.load(std::memory_order_acquire) == connection_state::idle
           && is_empty();
  }

  /// Whether a Watch, Terminated, or question of the watcher ever went this
  /// way, so that a lost connection may have cost something that must be said
  /// again.
  bool has_watches() const noexcept {
    return control_.read().accepted != 0;
  }

  /// Closes an open endpoint if it is unused, in one step: a sender's message
  /// keeps it open, or goes to the endpoint that follows.
  /// Returns whether it is closed now. Called by the manager.
  bool close_if_unused();

  /// Whether `close_if_unused` has closed it. The address was not given up.
  bool closed_unused() const noexcept {
    return stage_.load() == stage::unused && closed();
  }

  // -- the endpoint's watcher ------------------------------------------------------------

  /// Whether what the watcher says next would not wait for long. What it has to
  /// say takes less memory in its tables.
  bool has_control_room() const noexcept;

  /// Sends `control_room` to `x` once there is that room again, or the endpoint
  /// is over.
  void notify_when_control_room(const caf::actor& x);

  // Each returns the place of its message among those that are numbered.

  /// Queues a Watch again that may have been lost.
  uint64_t renew_watch(const actor_name_ptr& who, uint32_t number);

  /// Queues an Unwatch of an actor that is not in the watcher's table any more.
  uint64_t tell_unwatch(const actor_name_ptr& who, uint32_t number);

  /// Queues a Terminated for a watcher, whose PID has that request id.
  uint64_t tell_terminated(std::string_view watcher, uint32_t request_id,
                           std::string_view payload);

  /// Asks the peer for a sign of life, for our watcher.
  uint64_t ask(std::string_view target, uint32_t request_id);

  // -- the endpoint's own actors ---------------------------------------------------------

  /// Called once, by the manager: from now on messages go to the actors; those
  /// that came before go first.
  void open(caf::actor writer, caf::actor watcher);

  /// Called by the manager when the watcher has ended by an error: what is sent
  /// to it goes to `x` from now on.
  void replace_watcher(caf::actor x);

  /// The node ends, or could not open the endpoint. What the manager did not
  /// open becomes dead letters, and observers are told.
  void abandon();

  /// Called by the manager: senders turn to a new endpoint from now on.
  void close();

  const caf::actor& writer() const noexcept {
    return writer_;
  }

  /// The batch with these messages was handed to the stream.
  void written(size_t user_messages, size_t user_bytes, size_t control_messages,
               size_t control_bytes) noexcept;

  /// A message leaves that was counted in the bound of all endpoints for peers
  /// only.
  void leave_share(size_t bytes) noexcept {
    share_->leave(bytes);
  }

  /// A message that was counted here was destroyed instead of written.
  void lost(outbound_element& x);

  /// A message that was counted here becomes a dead letter for `reason`.
  void discard(outbound_ptr x, errc reason);

  /// The same because this peer cannot take it. The watcher hears of it.
  void reject(outbound_ptr x, errc reason);

  /// Why messages are lost that are found in a closed writer's mailbox, and
  /// what there is to say about it. Only the first call counts.
  void loss_reason(errc x, std::string text = {});

  void state(connection_state x) noexcept {
    state_.store(x, std::memory_order_release);
  }

  void last_error(std::string x);

  /// There will be no more events; what was announced is terminated. If the
  /// endpoint is over in the usual way, that was done before.
  void end_events();

  /// Whether anything was ever to go this way.
  bool wanted() const noexcept {
    return user_.read().accepted + control_.read().accepted != 0;
  }

  std::atomic<uint64_t> unconfirmed{0};
  std::atomic<uint64_t> connects{0};

private:
  /// Who gets the messages.
  enum class stage {
    /// Nobody yet: they are kept.
    early,
    /// The actors.
    open,
    /// The endpoint that follows.
    unused,
  };

  void enqueue(outbound_ptr x, caf::execution_unit* ctx);
  void push_slowly(outbound_ptr x, caf::execution_unit* ctx);
  void pass_on(outbound_ptr x, caf::execution_unit* ctx);
  void push_to_next(outbound_ptr x, caf::execution_unit* ctx);
  bool has_watcher() const noexcept {
    return stage_.load(std::memory_order_acquire) != stage::early;
  }
  void give_way() const;
  outbound_ptr make_watch(const actor_name_ptr& who, std::string_view type_name,
                          uint32_t number) const;
  uint64_t push_control(outbound_ptr x);
  uint64_t push_next(outbound_ptr x);
  admission& gate_of(const outbound_element& x) noexcept;
  /// What somebody waits for.
  enum class event { room, empty, control_room };

  /// Each once, however often it asks.
  struct waiters {
    std::unordered_map<const void*, caf::actor> actors;
    purge_mark purge;
  };

  static std::vector<caf::actor> take_ended(waiters& xs);
  bool is_due(event x) const noexcept;
  void wait_for(event what, const caf::actor& x);
  void tell_waiting();
  void bury(outbound_element& x, errc reason);
  std::string_view loss_text(errc reason) const noexcept;
  void refuse(outbound_ptr x);
  bool hold(outbound_element& x) noexcept;
  void refuse_held(outbound_ptr x);

  const node_ptr node_;
  const peer_ptr peer_;
  const std::string watcher_id_;
  const uint64_t serial_;
  admission user_;
  admission control_;
  const bound_share_ptr share_;
  // what may wait here besides
  const size_t free_bytes_;
  std::atomic<bool> for_peers_only_; // asked for each message
  // changes with the mutex held
  std::atomic<stage> stage_{stage::early};
  std::atomic<bool> closed_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> waiting_{false};
  std::atomic<bool> has_way_back_{false};
  std::atomic<errc> loss_reason_{errc::endpoint_terminated};
  std::atomic<bool> loss_known_{false};
  // constant once `loss_known_` is true
  std::string loss_text_;
  std::atomic<connection_state> state_{connection_state::idle};
  std::atomic<uint64_t> batches_{0};
  // constant once `stage_` is not `early`
  caf::actor writer_;
  // held while something is sent to the watcher
  std::mutex watcher_mtx_;
  caf::actor watcher_;
  // keeps the places of control messages in the order of the queue
  std::mutex control_mtx_;
  uint64_t last_control_seq_ = 0;
  mutable std::mutex mtx_;
  std::vector<outbound_ptr> early_;
  std::vector<caf::mailbox_element_ptr> early_watcher_;
  std::map<event, waiters> waiters_;
  std::string last_error_;
};

} // namespace caf_remote
