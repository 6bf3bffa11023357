// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_watcher.hpp"

#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"

#include <caf/send.hpp>

namespace caf_remote {

namespace {

constexpr auto unreachable = wire::terminated_reason::address_terminated;

void fire(const caf::strong_actor_ptr& proxy, wire::terminated_reason why,
          uint64_t endpoint) {
  if (auto ptr = as_remote_proxy(proxy))
    ptr->fire(why, endpoint);
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
  self_->set_down_handler([this](caf::down_msg& x) { on_down(x); });
  return {
    [this](const watch_actor& x) { on_watch(x); },
    [this](const unwatch_actor& x) { on_unwatch(x); },
    [this](const remote_terminated& x) { on_terminated(x); },
    [this](const remote_watch& x) { on_remote_watch(x); },
    [this](const remote_unwatch& x) { on_remote_unwatch(x); },
    [this](const peer_connected& x) { return on_peer_connected(x); },
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
}

void endpoint_watcher_state::on_unwatch(const unwatch_actor& x) {
  if (auto proxy = as_remote_proxy(x.who))
    outgoing_.remove(proxy->target()->id);
}

void endpoint_watcher_state::on_terminated(const remote_terminated& x) {
  if (auto proxy = outgoing_.take(x.who))
    fire(proxy, x.why, serial_);
}

left endpoint_watcher_state::on_peer_connected(const peer_connected& x) {
  if (endpoint_ == nullptr)
    return {};
  if (!x.same_incarnation)
    return on_incarnation_over(x.written_seq);
  outgoing_.renew_written(x.written_seq,
                          [this](const caf::strong_actor_ptr& who) {
                            auto proxy = as_remote_proxy(who);
                            return endpoint_->renew_watch(proxy->target());
                          });
  return {};
}

// -- the peer watches --------------------------------------------------------------------------

void endpoint_watcher_state::on_remote_watch(const remote_watch& x) {
  if (silent_)
    return;
  if (endpoint_ == nullptr) {
    end_streams();
    return;
  }
  if (x.local == nullptr) {
    send_terminated(x.watcher, x.target, wire::terminated_reason::not_found);
    return;
  }
  if (incoming_.add(x.local->address(), x.target, x.watcher))
    self_->monitor(caf::actor_cast<caf::actor>(x.local));
  check_bounds();
}

void endpoint_watcher_state::on_remote_unwatch(const remote_unwatch& x) {
  caf::actor_addr local;
  if (incoming_.remove(x.target, x.watcher, local))
    self_->demonitor(local);
}

void endpoint_watcher_state::on_down(const caf::down_msg& x) {
  for (auto& y : incoming_.take(x.source))
    send_terminated(y.watcher, y.id, wire::terminated_reason::stopped);
}

void endpoint_watcher_state::send_terminated(const pid& watcher,
                                             const std::string& id,
                                             wire::terminated_reason why) {
  wire::terminated msg{{node_->own().advertised(), id, 0}, why};
  push(wire::terminated::type_name, watcher.id, wire::encode(msg));
}

void endpoint_watcher_state::forget_remote_watches() {
  for (auto& addr : incoming_.clear())
    self_->demonitor(addr);
}

// -- ends --------------------------------------------------------------------------------------

left endpoint_watcher_state::on_incarnation_over(uint64_t written_seq) {
  for (auto& proxy : outgoing_.take_written(written_seq))
    fire(proxy, unreachable, serial_);
  forget_remote_watches();
  return {};
}

void endpoint_watcher_state::end_streams() {
  caf::anon_send(node_->manager(), end_streams_of{address_});
}

void endpoint_watcher_state::on_address_over() {
  if (incoming_.size() > 0 && !silent_)
    end_streams();
  forget_remote_watches();
  // ends the cycle between the endpoint and its watcher; watches that are still
  // on their way are answered at once
  endpoint_ = nullptr;
  for (auto& proxy : outgoing_.take_all())
    fire(proxy, unreachable, serial_);
}

void endpoint_watcher_state::on_fall_silent() {
  silent_ = true;
  forget_remote_watches();
}

void endpoint_watcher_state::push(std::string_view type_name,
                                  const std::string& target,
                                  std::string_view payload) {
  if (endpoint_ == nullptr || silent_)
    return;
  auto msg = make_outbound({target, {}, {}}, type_name, false, payload);
  msg->which = lane::control;
  endpoint_->push(std::move(msg));
}

void endpoint_watcher_state::check_bounds() {
  auto limit = node_->opts.control_messages;
  if (endpoint_ == nullptr
      || (outgoing_.size() <= limit && incoming_.size() <= limit))
    return;
  caf::anon_send(node_->manager(),
                 end_endpoint{endpoint_, errc::queue_full,
                              "more than " + std::to_string(limit)
                                + " watches for one peer"});
}

caf::behavior
endpoint_watcher(caf::stateful_actor<endpoint_watcher_state>* self,
                 node_ptr home, endpoint_ptr where) {
  return self->state.make_behavior(std::move(home), std::move(where));
}

} // namespace caf_remote
