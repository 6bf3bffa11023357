// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_watcher.hpp"

#include "caf_remote/endpoint/activator.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/own_watch.hpp"
#include "caf_remote/endpoint/reconnect_policy.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/supervision.hpp"
#include "caf_remote/printable.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace caf_remote {

namespace {

constexpr auto unreachable = wire::terminated_reason::address_terminated;

constexpr const char* address_is_over = "its address was given up";

// After so many looks without an answer the peer is asked again.
constexpr size_t patience = 5;

// No watch is given up before it was looked so often, and asked in between,
// however short the attempts to connect may be.
constexpr int fewest_looks = 3;

// Between two times that all watches are written again there are so many.
constexpr int renewal_rest = 10;

// So many questions may be open: a peer may answer late, and each time.
constexpr size_t max_questions = 64;

// How often it is looked whether news gets through.
caf::timespan look_interval(const options& opts) {
  return std::clamp<caf::timespan>(
    opts.retry_wait, std::chrono::milliseconds(100), std::chrono::seconds(5));
}

// Tells all observers of a proxy.
void fire(const caf::strong_actor_ptr& proxy, wire::terminated_reason why,
          uint64_t endpoint) {
  if (auto ptr = as_remote_proxy(proxy))
    ptr->fire({why}, endpoint);
}

} // namespace

endpoint_watcher_state::endpoint_watcher_state(caf::event_based_actor* self)
  : self_(self) {
  // nop
}

caf::behavior endpoint_watcher_state::make_behavior(node_ptr home,
                                                    endpoint_ptr where) {
  node_ = std::move(home);
  endpoint_ = std::move(where);
  address_ = endpoint_->address();
  serial_ = endpoint_->serial();
  auto look = look_interval(node_->opts);
  return_path_ = return_path{
    std::max(dial_limit(node_->opts), fewest_looks * look),
    renewal_rest * look};
  self_->set_exception_handler(end_by_exception{});
  self_->set_down_handler([this](caf::down_msg& x) { on_down(x); });
  return {
    [this](const watch_actor& x) { on_watch(x); },
    [this](const watch_copied& x) { outgoing_.add_copy(x.who->id, x.seq); },
    [this](const unwatch_actor& x) { on_unwatch(x); },
    [this](const remote_terminated& x) { on_terminated(x); },
    [this](const watch_refused& x) { on_watch_refused(x); },
    [this](terminated_refused) {
      end_streams("the name of an actor that has ended does not fit a frame: "
                  "see max-receive-bytes of the peer");
    },
    [this](const remote_watch& x) { on_remote_watch(x); },
    [this](const remote_unwatch& x) { on_remote_unwatch(x); },
    [this](const peer_connected& x) { return on_peer_connected(x); },
    [this](peer_streams x) { on_peer_streams(x); },
    [this](peer_touched x) { on_touched(x); },
    [this](watch_tick) { on_tick(); },
    [this](control_room) {
      waits_for_room_ = false;
      speak();
    },
    [this](incarnation_over x) {
      return x.news ? on_incarnation_over(x.written_seq) : left{};
    },
    [this](address_over) { on_address_over(); },
    [this](fall_silent) { on_fall_silent(); },
  };
}

// -- we watch ----------------------------------------------------------------------------------

void endpoint_watcher_state::on_watch(const watch_actor& x) {
  if (endpoint_ == nullptr) {
    fire(x.who, unreachable, serial_);
    return;
  }
  if (auto proxy = as_remote_proxy(x.who))
    outgoing_.add(proxy->target()->id, x.who, x.seq);
  check_bounds();
  look_after();
}

void endpoint_watcher_state::on_unwatch(const unwatch_actor& x) {
  if (auto proxy = as_remote_proxy(x.who))
    outgoing_.remove(proxy->target()->id);
}

void endpoint_watcher_state::on_terminated(const remote_terminated& x) {
  auto hdl = outgoing_.find(x.who);
  if (hdl == nullptr)
    return;
  auto proxy = as_remote_proxy(hdl);
  if (proxy == nullptr || !proxy->fire({x.why, x.first, x.last}, serial_))
    outgoing_.remove(x.who);
}

// The Watch does not fit a frame of this peer.
void endpoint_watcher_state::on_watch_refused(const watch_refused& x) {
  on_terminated({x.who, unreachable, 0, 0});
}

left endpoint_watcher_state::on_peer_connected(const peer_connected& x) {
  if (endpoint_ == nullptr)
    return {};
  asked_.clear(); // on a stream that is over
  if (endpoint_->connects.load() > 0)
    return_path_.written_again();
  if (!x.same_incarnation)
    return on_incarnation_over(x.written_seq);
  outgoing_.lost(x.written_seq);
  incoming_.lost(x.written_seq);
  speak();
  look_after();
  return {};
}

// -- the peer watches --------------------------------------------------------------------------

void endpoint_watcher_state::on_remote_watch(const remote_watch& x) {
  if (silent_)
    return;
  last_stream_ = std::max(last_stream_, x.stream);
  if (endpoint_ == nullptr) {
    end_streams(address_is_over);
    return;
  }
  auto local = x.local != nullptr ? x.local->address() : caf::actor_addr{};
  auto full = incoming_.size() >= node_->opts.control_messages
              || incoming_.name_bytes() >= node_->opts.control_bytes;
  auto res = incoming_.add(local, x.target, x.watcher, x.number, x.forgotten,
                           !full);
  if (res.monitor)
    x.local->get()->attach(
      std::make_unique<own_watch>(local, self_->address()));
  if (res.forgotten)
    tell_or_refuse(*res.forgotten, full);
  if (res.answer)
    tell_or_refuse(*res.answer, full);
}

void endpoint_watcher_state::tell_or_refuse(const incoming_watches::ending& x,
                                            bool full) {
  if (full)
    refuse(x);
  else
    tell(x);
}

// Without room to note what was told. If it is lost, the peer watches again;
// but one that does not number its watches does not repeat them either.
void endpoint_watcher_state::refuse(const incoming_watches::ending& x) {
  node_->on_shortage("more than control-messages or control-bytes allow are "
                     "watched by "
                     + printable(address_)
                     + ", or were told of ends without a sign that it knows: "
                       "further watches are refused");
  if (x.last != 0 && endpoint_->has_control_room())
    push(x);
  else
    end_streams("there are more of them than control-messages or control-bytes "
                "allow");
}

void endpoint_watcher_state::on_remote_unwatch(const remote_unwatch& x) {
  incoming_.remove(*x.target, x.watcher, x.number);
}

// CAF looks through all that is attached to an actor. Of ours that is one for
// each endpoint, however many watchers the peer has: with 10,000 endpoints such
// a look takes 35 us.
void endpoint_watcher_state::forget_incoming() {
  for (auto& x : incoming_.clear())
    if (auto hdl = caf::actor_cast<caf::strong_actor_ptr>(x))
      hdl->get()->detach(own_watch::token{self_->address()});
}

void endpoint_watcher_state::on_down(const caf::down_msg& x) {
  for (auto& y : incoming_.take(x.source))
    tell(y);
}

// The peer does not acknowledge. So what it was told is kept until it has
// answered a question that was written behind it on the same stream. If the
// stream ends before, it is told again on the next one, and if there is none to
// be had, its own streams are ended, from which it learns that we are out of
// reach.
void endpoint_watcher_state::tell(const incoming_watches::ending& x) {
  if (endpoint_ == nullptr || silent_)
    return;
  incoming_.tell(x);
  speak();
  look_after();
}

// -- what we say -------------------------------------------------------------------------------

// No more than the writer can take soon: a peer may watch by short messages
// what takes long ones to answer, and a reconnect makes all watches due at
// once.
void endpoint_watcher_state::speak() {
  if (waits_for_room_ || endpoint_ == nullptr || silent_)
    return;
  while (endpoint_->has_control_room())
    if (!say_next())
      return;
  waits_for_room_ = true;
  endpoint_->notify_when_control_room(self_);
}

bool endpoint_watcher_state::say_next() {
  return outgoing_.renew_next([this](const auto& x) { return renew(x); })
         || incoming_.tell_next([this](const auto& x) { return push(x); });
}

uint64_t endpoint_watcher_state::renew(const caf::strong_actor_ptr& who) {
  auto proxy = as_remote_proxy(who);
  return endpoint_->renew_watch(proxy->target(), proxy->last_watch());
}

uint64_t endpoint_watcher_state::push(const incoming_watches::ending& x) {
  wire::terminated msg{{x.name->address, x.name->id, x.last}, x.why};
  return endpoint_->tell_terminated(x.watcher, x.first, wire::encode(msg));
}

// -- whether news gets through -----------------------------------------------------------------

void endpoint_watcher_state::on_peer_streams(peer_streams x) {
  return_path_.streams(x.open, endpoint_ == nullptr
                                 || endpoint_->remote().seems_caf_remote());
  asked_.clear(); // the answer may be lost
  look_after();
}

void endpoint_watcher_state::on_touched(peer_touched x) {
  auto is_asked = [&](const question& y) { return y.number == x.number; };
  auto i = std::find_if(asked_.begin(), asked_.end(), is_asked);
  if (i == asked_.end())
    return;
  return_path_.taken();
  incoming_.proven(i->seq);
  asked_.erase(asked_.begin(), i + 1);
  look_after();
}

void endpoint_watcher_state::look_after() {
  auto in_vain = watches_in_vain();
  if (!in_vain)
    return_path_.stop_waiting();
  if (tick_pending_ || endpoint_ == nullptr || silent_
      || (!in_vain && !return_path_.renewal_due() && !incoming_.has_unproven()))
    return;
  tick_pending_ = true;
  self_->delayed_send(self_, look_interval(node_->opts), watch_tick{});
}

// Whether the peer could not tell us of an end, or is not known to have taken
// what we watch.
bool endpoint_watcher_state::watches_in_vain() const {
  return !outgoing_.empty()
         && (return_path_.missing() || return_path_.refused());
}

void endpoint_watcher_state::on_tick() {
  tick_pending_ = false;
  if (endpoint_ == nullptr || silent_)
    return;
  // Without a stream of ours, the attempts to get one decide. Those that
  // succeed are no sign that the peer can reach us.
  auto connected = endpoint_->connected();
  auto connects = endpoint_->connects.load();
  auto reached = connected || connects != last_connects_;
  last_connects_ = connects;
  auto in_vain = watches_in_vain();
  if (in_vain && reached && return_path_.wait(look_interval(node_->opts)))
    give_up_watches();
  else if (connected)
    ask(in_vain);
  look_after();
}

void endpoint_watcher_state::ask(bool in_vain) {
  auto now = self_->clock().now();
  if (return_path_.renewal_due() && return_path_.has_rested(now)) {
    return_path_.renewed(now);
    outgoing_.all_lost();
    speak();
  }
  // a bound at the peer may have cost the question or its answer
  if (in_vain
      || (incoming_.has_unproven() && (asked_.empty() || ++looks_ == patience)))
    probe();
}

// An answer takes a stream from the peer, and comes after the peer has seen
// what we wrote before.
void endpoint_watcher_state::probe() {
  if (asked_.size() == max_questions)
    asked_.pop_front();
  auto number = node_->next_question();
  asked_.push_back({number, endpoint_->ask(activator_id, number)});
  looks_ = 0;
}

void endpoint_watcher_state::give_up_watches() {
  return_path_.stop_waiting();
  node_->on_watches_in_vain(address_, outgoing_.size(), return_path_.missing());
  for (auto& hdl : outgoing_.take_all()) {
    // saves the peer the attempts to tell us, and no more than that
    if (auto proxy = as_remote_proxy(hdl); endpoint_->has_control_room())
      endpoint_->tell_unwatch(proxy->target(), proxy->last_watch());
    fire(hdl, unreachable, serial_);
  }
}

// -- ends --------------------------------------------------------------------------------------

left endpoint_watcher_state::on_incarnation_over(uint64_t written_seq) {
  for (auto& x : outgoing_.take_written(written_seq)) {
    auto proxy = as_remote_proxy(x.proxy);
    auto rest = proxy->fire_written(written_seq, *endpoint_, x.is_queued);
    // their own Watches are not for peers that do not number
    if (rest != 0)
      outgoing_.keep(proxy->target()->id, x.proxy, rest);
  }
  speak();
  look_after();
  forget_incoming();
  return {};
}

// Once the address is over, nobody comes here whose stream was not there then:
// the first time ends them all.
void endpoint_watcher_state::end_streams(const char* why) {
  if (endpoint_ == nullptr
      && std::exchange(ended_up_to_, last_stream_) == last_stream_)
    return;
  caf::anon_send(node_->manager(), end_streams_of{address_, why, last_stream_});
}

void endpoint_watcher_state::on_address_over() {
  // ends the cycle between the endpoint and its watcher; watches that are still
  // on their way are answered at once
  endpoint_ = nullptr;
  if (incoming_.size() > 0 && !silent_)
    end_streams(address_is_over);
  forget_incoming();
  for (auto& proxy : outgoing_.take_all())
    fire(proxy, unreachable, serial_);
}

void endpoint_watcher_state::on_fall_silent() {
  silent_ = true;
  forget_incoming();
}

void endpoint_watcher_state::check_bounds() {
  auto limit = node_->opts.control_messages;
  if (endpoint_ == nullptr || outgoing_.size() <= limit
      || std::exchange(too_many_, true))
    return;
  caf::anon_send(node_->manager(),
                 end_endpoint{endpoint_, errc::queue_full,
                              "more than " + std::to_string(limit)
                                + " of its actors are watched: see "
                                  "control-messages"});
}

caf::behavior
endpoint_watcher(caf::stateful_actor<endpoint_watcher_state>* self,
                 node_ptr home, endpoint_ptr where) {
  return self->state.make_behavior(std::move(home), std::move(where));
}

} // namespace caf_remote
