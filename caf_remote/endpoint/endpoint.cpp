// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint.hpp"

#include "caf_remote/compat/context_for.hpp"
#include "caf_remote/endpoint/message_encoder.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/events.hpp"

#include <caf/make_counted.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace caf_remote {

namespace {

// Senders on other threads are faster than the writer, and what waits for long
// has left the CPU's cache when the writer comes to it. A thread that sends
// looks now and then whether that is so, and then lets others have the CPU that
// want it, first of all the writer. It does not wait: if nobody wants the CPU,
// it goes on at once.
constexpr uint32_t look_every = 128;
constexpr uint64_t far_ahead = 4096;

// As much as the watcher says ahead of the writer.
constexpr uint64_t control_ahead = 64u << 10;

} // namespace

endpoint::endpoint(node_ptr home, peer_ptr who, uint64_t serial,
                   bool for_peers_only)
  : node_(std::move(home)), peer_(std::move(who)),
    watcher_id_(std::string{watcher_prefix} + node_->run + '@'
                + peer_->address),
    serial_(serial),
    user_({node_->opts.queue_messages, node_->opts.queue_bytes}),
    control_({node_->opts.control_messages, node_->opts.control_bytes}),
    share_(caf::make_counted<bound_share>(node_->named_queues)),
    free_bytes_(node_->opts.queue_bytes / node_->opts.max_endpoints),
    for_peers_only_(for_peers_only) {
  peer_->events.begin(serial_);
}

endpoint::~endpoint() {
  // what was never given to a writer becomes dead letters, which need the rest
  early_.clear();
  node_->attempt([this] { end_events(); });
}

admission& endpoint::gate_of(const outbound_element& x) noexcept {
  return x.which == lane::user ? user_ : control_;
}

void endpoint::push(outbound_ptr x, caf::execution_unit* ctx) {
  if (!gate_of(*x).enter(x->charge())) {
    refuse(std::move(x));
    return;
  }
  x->admitted(*this);
  if (is_for_peers_only() && !hold(*x)) {
    refuse_held(std::move(x));
    return;
  }
  // in the order of all such, like `enter`: see `close_if_unused`
  if (stage_.load() == stage::open)
    enqueue(std::move(x), ctx);
  else
    push_slowly(std::move(x), ctx);
}

// What a watch needs is not refused: it is bounded by itself, and its loss
// would cost the endpoint. A little may wait anywhere, so that who is read as
// fast as it is written to meets nobody else here, whatever others let wait.
bool endpoint::hold(outbound_element& x) noexcept {
  if (x.which != lane::user || user_.queued_bytes() <= free_bytes_)
    return true;
  if (!share_->enter(x.charge()))
    return false;
  x.in_common = true;
  return true;
}

void endpoint::refuse_held(outbound_ptr x) {
  x->settle();
  user_.dead(x->charge());
  node_->dead_letter(*x, address(), errc::queue_full,
                     "too much waits for nodes that only their own messages "
                     "have made known: in sum it may be queue-messages and "
                     "queue-bytes");
  if (waiting_.load())
    tell_waiting();
}

void endpoint::push_slowly(outbound_ptr x, caf::execution_unit* ctx) {
  std::unique_lock<std::mutex> guard{mtx_};
  auto now = stage_.load(std::memory_order_relaxed);
  if (now == stage::early && !closed()) {
    early_.push_back(std::move(x));
    return;
  }
  guard.unlock();
  if (now == stage::open)
    enqueue(std::move(x), ctx);
  else if (now == stage::unused)
    pass_on(std::move(x), ctx);
  else
    discard(std::move(x), errc::not_running);
}

// The address was not given up, so what comes late goes to the endpoint that
// follows. A control message was for the watcher of this one.
void endpoint::pass_on(outbound_ptr x, caf::execution_unit* ctx) {
  x->settle();
  auto& gate = gate_of(*x);
  auto charge = x->charge();
  if (x->which == lane::user)
    push_to_next(std::move(x), ctx);
  // in this order: it is queued somewhere all the time
  gate.withdraw(charge);
  if (waiting_.load())
    tell_waiting();
}

void endpoint::push_to_next(outbound_ptr x, caf::execution_unit* ctx) {
  errc why = errc::none;
  auto next = node_->endpoints.successor_of(*this, why);
  if (next == nullptr) {
    node_->dead_letter(*x, address(), why, node_->explain_no_endpoint(why));
    return;
  }
  if (x->request != 0)
    node_->pending.move_to(x->request, next->serial());
  next->push(std::move(x), ctx);
}

bool endpoint::close_if_unused() {
  std::unique_lock<std::mutex> guard{mtx_};
  if (stage_.load(std::memory_order_relaxed) != stage::open || closed())
    return false;
  // A sender enters before it looks at the stage, and here it is the other way
  // around: one of the two sees the other.
  stage_.store(stage::unused);
  // in this order: what has left the queue was seen by the writer before
  auto unused = is_empty()
                && state_.load(std::memory_order_acquire)
                     == connection_state::idle;
  if (!unused) {
    stage_.store(stage::open);
    return false;
  }
  closed_.store(true, std::memory_order_release);
  guard.unlock();
  tell_waiting();
  return true;
}

void endpoint::refuse(outbound_ptr x) {
  gate_of(*x).refused();
  if (x->which == lane::user) {
    node_->dead_letter(*x, address(), errc::queue_full);
    return;
  }
  // to drop a watch silently would be worse than to give the peer up
  caf::anon_send(node_->manager(),
                 end_endpoint{endpoint_ptr{this}, errc::queue_full,
                              "too many watches wait for the peer"});
}

void endpoint::enqueue(outbound_ptr x, caf::execution_unit* ctx) {
  writer_->enqueue(caf::mailbox_element_ptr{x.release()},
                   context_for(writer_, ctx));
  thread_local uint32_t sent = 0;
  if (++sent % look_every == 0)
    give_way();
}

void endpoint::give_way() const {
  if (queued() > far_ahead
      && state_.load(std::memory_order_relaxed) == connection_state::connected)
    std::this_thread::yield();
}

void endpoint::post_to_watcher(caf::mailbox_element_ptr x) {
  if (!has_watcher()) {
    std::lock_guard<std::mutex> guard{mtx_};
    if (!has_watcher()) {
      // what comes after the end would keep the endpoint, and be kept by it
      if (!abandoned_.load())
        early_watcher_.push_back(std::move(x));
      return;
    }
  }
  std::lock_guard<std::mutex> guard{watcher_mtx_};
  watcher_->enqueue(std::move(x), nullptr);
}

// -- watches -------------------------------------------------------------------

uint64_t endpoint::watch(caf::strong_actor_ptr proxy, const actor_name_ptr& who,
                         uint32_t number) {
  auto msg = make_watch(who, wire::watch::type_name, number);
  std::lock_guard<std::mutex> guard{control_mtx_};
  // the watcher must know before an answer can come
  post_to_watcher(watch_actor{std::move(proxy), last_control_seq_ + 1});
  auto seq = push_next(std::move(msg));
  // what was posted before the endpoint was abandoned comes before the end of
  // the watcher
  return abandoned_.load() || closed_unused() ? 0 : seq;
}

void endpoint::unwatch(caf::strong_actor_ptr proxy, const actor_name_ptr& who,
                       uint32_t number) {
  auto msg = make_watch(who, wire::unwatch::type_name, number);
  std::lock_guard<std::mutex> guard{control_mtx_};
  post_to_watcher(unwatch_actor{std::move(proxy)});
  push_next(std::move(msg));
}

uint64_t endpoint::watch_again(const actor_name_ptr& who, uint32_t number) {
  auto& peer = remote();
  if (!peer.is_caf_remote() && connected())
    return 0;
  auto msg = make_watch(who, wire::watch::type_name, number);
  msg->need = peer_need::caf_remote;
  std::lock_guard<std::mutex> guard{control_mtx_};
  post_to_watcher(watch_copied{who, last_control_seq_ + 1});
  return push_next(std::move(msg));
}

uint64_t endpoint::renew_watch(const actor_name_ptr& who, uint32_t number) {
  return push_control(make_watch(who, wire::watch::type_name, number));
}

uint64_t endpoint::tell_unwatch(const actor_name_ptr& who, uint32_t number) {
  return push_control(make_watch(who, wire::unwatch::type_name, number));
}

uint64_t endpoint::tell_terminated(std::string_view watcher,
                                   uint32_t request_id,
                                   std::string_view payload) {
  auto msg = make_outbound({watcher, {}, {}}, wire::terminated::type_name,
                           false, payload);
  msg->target_request_id = request_id;
  return push_control(std::move(msg));
}

uint64_t endpoint::ask(std::string_view target, uint32_t request_id) {
  auto msg = make_outbound({target, watcher_id_, {}}, wire::touch::type_name,
                           false, {});
  msg->sender_request_id = request_id;
  return push_control(std::move(msg));
}

// Watch and Unwatch have the same content.
outbound_ptr endpoint::make_watch(const actor_name_ptr& who,
                                  std::string_view type_name,
                                  uint32_t number) const {
  wire::watch content{{node_->own().advertised(), watcher_id_, number}};
  return make_outbound({who->id, {}, {}}, type_name, false,
                       wire::encode(content));
}

uint64_t endpoint::push_control(outbound_ptr x) {
  std::lock_guard<std::mutex> guard{control_mtx_};
  return push_next(std::move(x));
}

// With the mutex held.
uint64_t endpoint::push_next(outbound_ptr x) {
  auto seq = ++last_control_seq_;
  x->which = lane::control;
  x->control_seq = seq;
  push(std::move(x));
  return seq;
}

// -- the actors ----------------------------------------------------------------

void endpoint::open(caf::actor writer, caf::actor watcher) {
  writer_ = std::move(writer);
  watcher_ = std::move(watcher);
  // Senders add to the early lists until nothing is left in them, so that no
  // message overtakes an earlier one. Nothing is enqueued under the lock, since
  // a message that is lost may lead back here.
  for (;;) {
    std::vector<outbound_ptr> msgs;
    std::vector<caf::mailbox_element_ptr> watches;
    std::unique_lock<std::mutex> guard{mtx_};
    if (early_.empty() && early_watcher_.empty()) {
      stage_.store(stage::open, std::memory_order_release);
      return;
    }
    msgs.swap(early_);
    watches.swap(early_watcher_);
    guard.unlock();
    for (auto& x : watches)
      watcher_->enqueue(std::move(x), nullptr);
    for (auto& x : msgs)
      enqueue(std::move(x), nullptr);
  }
}

void endpoint::replace_watcher(caf::actor x) {
  std::lock_guard<std::mutex> guard{watcher_mtx_};
  watcher_.swap(x);
}

void endpoint::abandon() {
  abandoned_.store(true);
  close();
  std::vector<outbound_ptr> msgs;
  std::vector<caf::mailbox_element_ptr> watches;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    msgs.swap(early_);
    watches.swap(early_watcher_);
  }
  for (auto& x : msgs)
    discard(std::move(x), errc::not_running);
  for (auto& x : watches)
    if (auto watch = only_element<watch_actor>(std::as_const(*x).content()))
      if (auto proxy = as_remote_proxy(watch->who))
        proxy->fire({wire::terminated_reason::address_terminated}, serial_);
  if (has_watcher())
    post_to_watcher(address_over{});
  else
    end_events(); // there is no writer that would
}

void endpoint::close() {
  closed_.store(true, std::memory_order_release);
  tell_waiting();
}

bool endpoint::has_room() const noexcept {
  return user_.queued() < node_->opts.pause_messages
         && user_.queued_bytes() < node_->opts.pause_bytes;
}

bool endpoint::is_empty() const noexcept {
  return user_.queued() == 0 && control_.queued() == 0;
}

void endpoint::notify_when_room(const caf::actor& x) {
  if (has_room())
    caf::anon_send(x, endpoint_room{address()});
  else
    wait_for(event::room, x);
}

void endpoint::notify_when_empty(const caf::actor& x) {
  wait_for(event::empty, x);
}

bool endpoint::has_control_room() const noexcept {
  auto& opts = node_->opts;
  return control_.queued_bytes()
           < std::min(control_ahead, opts.control_bytes / 2)
         && control_.queued() <= opts.control_messages / 2;
}

void endpoint::notify_when_control_room(const caf::actor& x) {
  wait_for(event::control_room, x);
}

void endpoint::forget_waiting_for_empty(const caf::actor& x) {
  caf::actor dropped; // after the lock
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = waiters_.find(event::empty);
  if (i == waiters_.end())
    return;
  auto& xs = i->second.actors;
  auto j = xs.find(caf::actor_cast<caf::actor_control_block*>(x));
  if (j == xs.end())
    return;
  dropped = std::move(j->second);
  xs.erase(j);
  if (xs.empty())
    waiters_.erase(i);
  waiting_.store(!waiters_.empty());
}

void endpoint::wait_for(event what, const caf::actor& x) {
  std::vector<caf::actor> ended; // destroyed after the lock
  {
    std::lock_guard<std::mutex> guard{mtx_};
    auto& xs = waiters_[what];
    if (xs.purge.due(xs.actors.size()))
      ended = take_ended(xs);
    xs.actors.emplace(caf::actor_cast<caf::actor_control_block*>(x), x);
    waiting_.store(true);
  }
  // what was written meanwhile may not have seen anyone waiting
  tell_waiting();
}

// A peer may stand still for long, while actors come that wait for it, and end.
std::vector<caf::actor> endpoint::take_ended(waiters& xs) {
  std::vector<caf::actor> result;
  for (auto i = xs.actors.begin(); i != xs.actors.end();) {
    if (i->second->getf(caf::abstract_actor::is_cleaned_up_flag)) {
      result.push_back(std::move(i->second));
      i = xs.actors.erase(i);
    } else {
      ++i;
    }
  }
  xs.purge.looked(xs.actors.size());
  return result;
}

bool endpoint::is_due(event x) const noexcept {
  if (x == event::empty)
    return is_empty();
  if (closed())
    return true;
  if (x == event::control_room)
    return has_control_room();
  return user_.queued() <= node_->opts.pause_messages / 2
         && user_.queued_bytes() <= node_->opts.pause_bytes / 2;
}

// Called for each batch: looks at what is waited for, not at who waits.
void endpoint::tell_waiting() {
  std::vector<std::pair<event, waiters>> due;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    for (auto i = waiters_.begin(); i != waiters_.end();) {
      if (!is_due(i->first)) {
        ++i;
        continue;
      }
      due.emplace_back(i->first, std::move(i->second));
      i = waiters_.erase(i);
    }
    waiting_.store(!waiters_.empty());
  }
  for (auto& [what, xs] : due)
    for (auto& x : xs.actors)
      if (what == event::control_room)
        caf::anon_send(x.second, control_room{});
      else
        caf::anon_send(x.second, endpoint_room{address()});
}

void endpoint::written(size_t user_messages, size_t user_bytes,
                       size_t control_messages, size_t control_bytes) noexcept {
  batches_.fetch_add(1, std::memory_order_relaxed);
  if (control_messages != 0)
    control_.written(control_messages, control_bytes);
  if (user_messages != 0)
    user_.written(user_messages, user_bytes);
  if (waiting_.load())
    tell_waiting();
}

void endpoint::lost(outbound_element& x) {
  bury(x, loss_reason_.load(std::memory_order_acquire));
}

void endpoint::discard(outbound_ptr x, errc reason) {
  x->settle();
  bury(*x, reason);
}

void endpoint::reject(outbound_ptr x, errc reason) {
  auto type = x->type_name();
  if (x->which == lane::control && reason != errc::peer_cannot_take) {
    if (type == wire::watch::type_name)
      post_to_watcher(watch_refused{std::string{x->who().target}});
    else if (type == wire::terminated::type_name)
      post_to_watcher(terminated_refused{});
  }
  discard(std::move(x), reason);
}

void endpoint::loss_reason(errc x, std::string text) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (loss_known_.load(std::memory_order_relaxed))
    return;
  loss_text_ = std::move(text);
  loss_reason_.store(x, std::memory_order_release);
  loss_known_.store(true, std::memory_order_release);
}

std::string_view endpoint::loss_text(errc reason) const noexcept {
  auto known = loss_known_.load(std::memory_order_acquire)
               && reason == loss_reason_.load(std::memory_order_relaxed);
  return known ? std::string_view{loss_text_} : std::string_view{};
}

void endpoint::bury(outbound_element& x, errc reason) {
  gate_of(x).dead(x.charge());
  // what a control message was for ends with the address, or was told to the
  // watcher
  if (x.which == lane::user)
    node_->dead_letter(x, address(), reason, loss_text(reason));
  if (waiting_.load())
    node_->attempt([this] { tell_waiting(); });
}

void endpoint::last_error(std::string x) {
  std::lock_guard<std::mutex> guard{mtx_};
  last_error_ = std::move(x);
}

void endpoint::end_events() {
  node_->on_events_over(*this);
}

endpoint_counters endpoint::read() const {
  auto user = user_.read();
  auto control = control_.read();
  endpoint_counters result;
  result.address = peer_->address;
  result.member_id = peer_->member_id();
  result.state = state_.load(std::memory_order_acquire);
  result.accepted = user.accepted;
  result.written = user.written;
  result.dead_lettered = user.dead;
  result.queued = user.queued;
  result.queued_bytes = user_.queued_bytes();
  result.unconfirmed = unconfirmed.load();
  result.batches = batches_.load();
  result.control_written = control.written;
  result.control_queued = control.queued;
  result.connects = connects.load();
  result.inbound_streams = peer_->inbound_streams.load();
  std::lock_guard<std::mutex> guard{mtx_};
  result.last_error = last_error_;
  return result;
}

} // namespace caf_remote
