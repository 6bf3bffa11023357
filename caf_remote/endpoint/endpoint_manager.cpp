// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_manager.hpp"

#include "caf_remote/endpoint/endpoint_reader.hpp"
#include "caf_remote/endpoint/endpoint_watcher.hpp"
#include "caf_remote/endpoint/endpoint_writer.hpp"

#include <caf/default_attachable.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace caf_remote {

namespace {

struct expiry_tick {};

struct leave_tick {};

struct all_known {};

// Requests are looked through this often; one may live a little longer.
caf::timespan expiry_interval(caf::timespan expiry) {
  return std::clamp<caf::timespan>(expiry / 4, std::chrono::milliseconds(10),
                                   std::chrono::minutes(1));
}

} // namespace

} // namespace caf_remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::expiry_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::leave_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::all_known)

namespace caf_remote {

namespace {

/// Asks each of `xs` and goes on when all have answered or are gone.
template <class T>
void ask_all(caf::event_based_actor* self, const std::vector<caf::actor>& xs,
             const T& what, const std::function<void()>& next) {
  if (xs.empty()) {
    next();
    return;
  }
  auto left_over = std::make_shared<size_t>(xs.size());
  auto one_less = [left_over, next] {
    if (--*left_over == 0)
      next();
  };
  for (auto& x : xs)
    self->request(x, caf::infinite, what)
      .then([one_less](left) { one_less(); },
            [one_less](const caf::error&) { one_less(); });
}

} // namespace

endpoint_manager_state::endpoint_manager_state(caf::event_based_actor* self)
  : self_(self) {
  // nop
}

caf::behavior endpoint_manager_state::make_behavior(node_ptr home) {
  node_ = std::move(home);
  self_->delayed_send(self_, expiry_interval(node_->opts.request_expiry),
                      expiry_tick{});
  return {
    [this](const open_endpoint& x) { on_open_endpoint(x.where); },
    [this](const end_endpoint& x) { on_end_endpoint(x); },
    [this](const endpoint_up& x) { on_endpoint_up(x); },
    [this](const endpoint_over& x) { on_endpoint_over(x); },
    [this](listening& x) { server_ = std::move(x.srv); },
    [this](incoming_stream& x) { on_incoming_stream(x); },
    [this](const client_connection& x) { return handle_client_connection(x); },
    [this](reader_over x) { on_reader_over(x.reader); },
    [this](const end_streams_of& x) { on_end_streams_of(x.address); },
    [this](const local_link& x) { on_local_link(x); },
    [this](leave) { return on_leave(); },
    [this](leave_tick) { on_leave_timeout(); },
    [this](all_known) {
      all_known_ = true;
      check_left();
    },
    [this](expiry_tick) { expire_requests(); },
  };
}

// -- endpoints ---------------------------------------------------------------------------------

void endpoint_manager_state::on_open_endpoint(const endpoint_ptr& where) {
  endpoints_.emplace(where->serial(), where);
  auto watcher = self_->spawn<caf::hidden>(endpoint_watcher, node_, where);
  auto writer = self_->spawn<caf::hidden>(endpoint_writer, node_, where,
                                          watcher);
  node_->actors.add(watcher);
  node_->actors.add(writer);
  where->open(std::move(writer), std::move(watcher));
  if (leaving_)
    caf::anon_send(where->writer(), drain{});
}

void endpoint_manager_state::on_end_endpoint(const end_endpoint& x) {
  if (endpoints_.count(x.where->serial()) != 0)
    caf::anon_send<caf::message_priority::high>(x.where->writer(), x);
}

void endpoint_manager_state::on_endpoint_up(const endpoint_up& x) {
  auto i = addresses_.find(x.member_id);
  if (i != addresses_.end())
    x.where->remote().own_address(i->second);
  x.where->post_to_watcher(
    caf::make_message(peer_streams{streams_of(x.member_id)}));
}

void endpoint_manager_state::on_endpoint_over(const endpoint_over& x) {
  if (endpoints_.erase(x.where->serial()) == 0)
    return;
  x.where->post_to_watcher(caf::make_message(address_over{}));
  node_->on_terminated(x.where->address(), x.where->remote().member_id(),
                       x.reason);
  check_left();
}

// -- streams -----------------------------------------------------------------------------------

void endpoint_manager_state::on_incoming_stream(incoming_stream& x) {
  using transport::status_code;
  if (leaving_) {
    x.stream.str->finish({status_code::unavailable, "the node leaves"});
    return;
  }
  if (readers_.size() >= node_->opts.max_streams) {
    node_->on_protocol_error(x.stream.str->peer(), "too many streams");
    x.stream.str->finish({status_code::resource_exhausted, "too many streams"});
    return;
  }
  auto id = ++last_reader_;
  auto hdl = self_->spawn<caf::hidden>(endpoint_reader, node_, id,
                                       std::move(x.stream));
  node_->actors.add(hdl);
  readers_.emplace(id, reader{std::move(hdl), {}, {}});
}

caf::result<client_connection_result>
endpoint_manager_state::handle_client_connection(const client_connection& x) {
  if (leaving_)
    return client_connection_result{false, "the node leaves"};
  if (node_->own().contains(x.address))
    return client_connection_result{false, "that address is ours"};
  auto promise = self_->make_response_promise<client_connection_result>();
  auto go_on = [this, promise, x]() mutable { promise.deliver(let_in(x)); };
  // another incarnation: nothing more is heard of the old one, then its
  // observers are told (unless our stream to it has met the new one before),
  // and only then the new one may speak
  end_older_streams(x, [this, x, go_on]() mutable {
    auto known = node_->endpoints.peer_of(x.address)->member_id();
    if (known.empty() || known == x.member_id)
      go_on();
    else
      end_incarnation(x, go_on);
  });
  return promise;
}

void endpoint_manager_state::end_older_streams(
  const client_connection& x, const std::function<void()>& next) {
  std::vector<caf::actor> olds;
  for (auto& kvp : readers_)
    if (kvp.second.address == x.address && kvp.second.member_id != x.member_id)
      olds.push_back(kvp.second.hdl);
  transport::status why{transport::status_code::unavailable,
                        "another incarnation of the node has connected"};
  ask_all(self_, olds, end_stream{why}, next);
}

void endpoint_manager_state::end_incarnation(
  const client_connection& x, const std::function<void()>& next) {
  // under whatever address we dialled it
  auto known = node_->endpoints.peer_of(x.address)->member_id();
  auto affected = node_->endpoints.by_member(known);
  affected.push_back(node_->endpoints.find(x.address));
  std::set<caf::actor> writers;
  for (auto& where : affected)
    if (where != nullptr && endpoints_.count(where->serial()) != 0)
      writers.insert(where->writer());
  ask_all(self_, {writers.begin(), writers.end()}, peer_restarted{x.member_id},
          next);
}

client_connection_result
endpoint_manager_state::let_in(const client_connection& x) {
  auto who = node_->endpoints.peer_of(x.address);
  who->meet(x.member_id);
  who->own_address(x.address);
  if (x.is_caf_remote)
    who->declare_caf_remote(x.max_receive_bytes);
  auto i = readers_.find(x.reader);
  if (i == readers_.end())
    return {false, "the stream is over"};
  i->second.address = x.address;
  i->second.member_id = x.member_id;
  // now we know how the node calls itself that we may have dialled otherwise
  addresses_[x.member_id] = x.address;
  for (auto& where : node_->endpoints.by_member(x.member_id))
    where->remote().own_address(x.address);
  tell_watchers(x.address, x.member_id);
  return {true, {}};
}

size_t endpoint_manager_state::streams_of(const std::string& member_id) const {
  auto is_same = [&](const auto& kvp) {
    return kvp.second.member_id == member_id;
  };
  return static_cast<size_t>(
    std::count_if(readers_.begin(), readers_.end(), is_same));
}

// Those who watch actors of the node, under whatever address we dialled it.
void endpoint_manager_state::tell_watchers(const std::string& address,
                                           const std::string& member_id) {
  auto msg = caf::make_message(peer_streams{streams_of(member_id)});
  auto direct = node_->endpoints.find(address);
  for (auto& where : node_->endpoints.by_member(member_id)) {
    where->post_to_watcher(msg);
    if (where == direct)
      direct = nullptr;
  }
  if (direct != nullptr)
    direct->post_to_watcher(msg);
}

void endpoint_manager_state::end_if_unused(const std::string& address) {
  // only the peer's watches needed the endpoint, and they went with its streams
  auto same = [&](const auto& kvp) { return kvp.second.address == address; };
  auto where = node_->endpoints.find(address);
  if (where == nullptr || !where->unused()
      || std::any_of(readers_.begin(), readers_.end(), same))
    return;
  on_end_endpoint({where, errc::endpoint_terminated, "the peer is gone"});
}

void endpoint_manager_state::on_end_streams_of(const std::string& address) {
  transport::status why{transport::status_code::unavailable,
                        "the node cannot be reached for an answer"};
  for (auto& kvp : readers_)
    if (kvp.second.address == address)
      caf::anon_send(kvp.second.hdl, end_stream{why});
}

void endpoint_manager_state::on_reader_over(uint64_t id) {
  auto i = readers_.find(id);
  if (i == readers_.end())
    return;
  auto member = i->second.member_id;
  auto address = i->second.address;
  readers_.erase(i);
  if (!member.empty())
    tell_watchers(address, member);
  end_if_unused(address);
  auto is_same = [&member](const auto& kvp) {
    return kvp.second.member_id == member;
  };
  if (std::none_of(readers_.begin(), readers_.end(), is_same))
    addresses_.erase(member);
  check_left();
}

// -- end ---------------------------------------------------------------------------------------

caf::result<left> endpoint_manager_state::on_leave() {
  left_ = self_->make_response_promise();
  leaving_ = true;
  node_->endpoints.stop();
  if (server_ != nullptr)
    server_->stop_accepting();
  for (auto& kvp : endpoints_) {
    kvp.second->post_to_watcher(caf::make_message(fall_silent{}));
    caf::anon_send(kvp.second->writer(), drain{});
  }
  for (auto& kvp : readers_)
    caf::anon_send(kvp.second.hdl, disconnect_peer{});
  // what is still open then has the rest of the time to be cancelled in
  self_->delayed_send(self_, node_->opts.shutdown_timeout * 4 / 5,
                      leave_tick{});
  // the last endpoints may have been announced while this message waited: they
  // come before the next one, and must be told that they are over
  self_->send(self_, all_known{});
  return left_;
}

void endpoint_manager_state::on_leave_timeout() {
  transport::status why{transport::status_code::unavailable,
                        "the node has left"};
  for (auto& kvp : readers_)
    caf::anon_send<caf::message_priority::high>(kvp.second.hdl,
                                                end_stream{why});
  for (auto& kvp : endpoints_)
    caf::anon_send<caf::message_priority::high>(
      kvp.second->writer(),
      end_endpoint{kvp.second, errc::not_running, "the node has left"});
}

void endpoint_manager_state::check_left() {
  if (!all_known_ || !left_.pending() || !readers_.empty()
      || !endpoints_.empty())
    return;
  left_.deliver(left{});
}

void endpoint_manager_state::on_local_link(const local_link& x) {
  using caf::default_attachable;
  auto host = x.host->get();
  if (x.add)
    host->attach(default_attachable::make_link(x.proxy, x.observer));
  else
    host->detach(
      default_attachable::observe_token{x.observer, default_attachable::link});
}

void endpoint_manager_state::expire_requests() {
  auto age = node_->opts.request_expiry;
  for (auto& entry : node_->pending.take_expired(self_->clock().now(), age))
    answer(std::move(entry), caf::make_error(caf::sec::request_timeout));
  self_->delayed_send(self_, expiry_interval(age), expiry_tick{});
}

caf::behavior
endpoint_manager(caf::stateful_actor<endpoint_manager_state>* self,
                 node_ptr home) {
  return self->state.make_behavior(std::move(home));
}

} // namespace caf_remote
