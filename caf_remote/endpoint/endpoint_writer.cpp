// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_writer.hpp"

#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/stream_events.hpp"
#include "caf_remote/endpoint/supervision.hpp"
#include "caf_remote/transport/frame_pool.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace caf_remote {

endpoint_writer_state::endpoint_writer_state(outbound_consumer* self)
  : self_(self), policy_(1, caf::timespan{0}) {
  // nop
}

endpoint_writer_state::~endpoint_writer_state() {
  self_->taker(nullptr);
  // nothing is left unless an error has ended the actor
  forget_confirmed();
  for (auto& batch : in_flight_)
    endpoint_->unconfirmed.fetch_add(batch.user_messages);
  if (st_.stream != nullptr)
    node_->attempt([this] { drop_stream(); });
}

caf::behavior endpoint_writer_state::make_behavior(node_ptr home,
                                                   endpoint_ptr where,
                                                   caf::actor watcher) {
  self_->set_exception_handler(end_by_exception{});
  node_ = std::move(home);
  endpoint_ = std::move(where);
  watcher_ = std::move(watcher);
  policy_ = reconnect_policy{node_->opts.max_retry_count,
                             node_->opts.retry_wait};
  self_->taker(this);
  self_->keep(endpoint_);
  may_send_ = [this](const outbound_element& x) { return may_send(x); };
  reject_ = [this](outbound_ptr x, errc why) {
    endpoint_->reject(std::move(x), why);
  };
  auto current = [this](uint64_t epoch) { return epoch == st_.epoch; };
  return {
    [this, current](connect_tick x) {
      if (current(x.epoch))
        connect();
    },
    [this](handshake_tick x) { on_no_handshake(x.epoch); },
    [this](way_back_tick x) { on_way_back_tick(x); },
    [this, current](stream_metadata& x) {
      if (current(x.epoch))
        st_.peer = read_introduction(x.values);
    },
    [this, current](const stream_frame& x) {
      if (current(x.epoch))
        on_frame(x.bytes);
    },
    [this, current](stream_written x) {
      if (current(x.epoch))
        on_written();
    },
    [this, current](const stream_closed& x) {
      if (current(x.epoch))
        on_closed(x.why);
    },
    [](stream_half_closed) { /* only listeners see it */ },
    [this](const peer_restarted& x) { return on_peer_restarted(x.member_id); },
    [this](const end_endpoint& x) { give_up(x.code, x.reason); },
    [this](drain) { on_drain(); },
  };
}

// -- connect -----------------------------------------------------------------------------------

void endpoint_writer_state::ensure_connected() {
  if (st_.connection != connection_state::idle)
    return;
  if (st_.last_loss.empty()) {
    connect();
    return;
  }
  // it has rested, and must not dial more often for that
  st_.connection = connection_state::reconnecting;
  endpoint_->state(st_.connection);
  reconnect();
}

void endpoint_writer_state::connect() {
  if (st_.over)
    return;
  auto first = st_.member_id.empty();
  st_.connection = first ? connection_state::connecting
                         : connection_state::reconnecting;
  endpoint_->state(st_.connection);
  auto attempt = policy_.begin_attempt();
  node_->on_attempt(endpoint_->address(), attempt, policy_.max_attempts(),
                    st_.last_loss);
  st_.checks_way_back = false;
  transport::dial_options opts;
  using std::chrono::milliseconds;
  opts.connect_timeout = std::chrono::duration_cast<milliseconds>(
    node_->opts.connect_timeout);
  opts.max_receive_bytes = node_->opts.max_receive_bytes;
  opts.call_metadata = node_->introduction();
  st_.peer = introduction{};
  st_.gate = std::make_shared<write_gate>();
  auto events = make_stream_events(caf::actor{self_}, ++st_.epoch,
                                   node_->streams, node_->wake_on, st_.gate);
  st_.stream = node_->connector->dial(endpoint_->address(), std::move(opts),
                                      std::move(events));
  node_->streams->track(st_.stream);
  // the request goes out as soon as the connection is there; that it was
  // written says that the connection is open
  st_.gate->begin();
  st_.gate->ask(1);
  st_.stream->write(wire::encode(
    wire::server_connection{node_->member_id, node_->own().advertised()}));
  st_.stream->read();
  // a peer may open the connection and then let nothing through
  self_->delayed_send(
    self_, node_->opts.connect_timeout + node_->opts.handshake_timeout,
    handshake_tick{st_.epoch});
}

void endpoint_writer_state::on_frame(const transport::frame& bytes) {
  auto content = wire::decode_frame(bytes);
  auto shaking_hands = st_.connection != connection_state::connected;
  if (auto x = std::get_if<wire::connect_response>(&content);
      x != nullptr && shaking_hands) {
    on_handshake(*x);
    return;
  }
  if (std::holds_alternative<wire::disconnect_request>(content)) {
    on_disconnect_request();
    return;
  }
  node_->on_protocol_error(endpoint_->address(),
                           "a listener may send only one ConnectResponse and a "
                           "DisconnectRequest");
  drop_stream();
  on_lost("the peer broke the protocol");
}

void endpoint_writer_state::on_handshake(const wire::connect_response& x) {
  if (x.member_id == node_->member_id) {
    give_up(errc::invalid_address,
            endpoint_->address() + " leads back to this node: use its address "
              + node_->own().advertised() + ", or add that one to aliases");
    return;
  }
  if (x.blocked) {
    give_up(errc::blocked, "the peer blocks us");
    return;
  }
  if (x.member_id.empty()) {
    drop_stream();
    on_lost("the peer has no member id");
    return;
  }
  // stays open for the peer's DisconnectRequest
  st_.stream->read();
  st_.connection = connection_state::connected;
  policy_.reset();
  st_.meeting = x.member_id;
  st_.is_current = std::make_shared<std::atomic<bool>>(true);
  self_
    ->request(node_->manager(), caf::infinite,
              member_met{endpoint_, x.member_id, st_.is_current})
    .then(
      [this, epoch = st_.epoch,
       member = x.member_id](const member_met_result& res) {
        if (!res.too_late)
          on_met(epoch, member, res.before);
      },
      [this](const caf::error&) {
        give_up(errc::not_running, "the module has failed");
      });
}

void endpoint_writer_state::on_met(uint64_t epoch, const std::string& member_id,
                                   const std::string& before) {
  if (st_.over)
    return;
  // the old incarnation may have been heard only, on its stream to us
  auto known = st_.member_id.empty() ? before : st_.member_id;
  auto same = known.empty() || known == member_id;
  if (!same)
    on_incarnation_over();
  st_.member_id = member_id;
  auto seq = written_control_seq_;
  if (epoch != st_.epoch || st_.stream == nullptr) {
    // the stream has ended, but not the news
    if (!same)
      caf::anon_send(watcher_, incarnation_over{seq, true});
    return;
  }
  st_.meeting.clear();
  // the downs of an old incarnation come before anything goes to the new one
  self_->request(watcher_, caf::infinite, peer_connected{seq, same})
    .then([this, epoch](left) { on_ready(epoch); },
          [this](const caf::error&) {
            give_up(errc::endpoint_terminated,
                    "the endpoint's watcher has failed");
          });
}

void endpoint_writer_state::on_ready(uint64_t epoch) {
  if (epoch != st_.epoch || st_.over || st_.stream == nullptr)
    return;
  auto& member_id = st_.member_id;
  endpoint_->remote().introduced(member_id, st_.peer.max_receive_bytes,
                                 st_.peer.address);
  st_.peer_types = node_->endpoints.types_of(member_id);
  node_->endpoints.set_member(endpoint_, member_id);
  endpoint_->connects.fetch_add(1);
  endpoint_->last_error("");
  endpoint_->state(connection_state::connected);
  node_->on_connected(*endpoint_, member_id);
  caf::anon_send(node_->manager(), endpoint_up{endpoint_, member_id});
  st_.ready = true;
  flush();
}

void endpoint_writer_state::on_no_handshake(uint64_t epoch) {
  if (epoch != st_.epoch || st_.stream == nullptr
      || st_.connection == connection_state::connected)
    return;
  drop_stream();
  on_lost("the peer did not answer the handshake in time: is it "
          "a Proto.Actor node?");
}

// -- write -------------------------------------------------------------------------------------

void endpoint_writer_state::take(outbound_ptr x) {
  if (st_.over || st_.half_closed) {
    endpoint_->discard(std::move(x), st_.over ? errc::endpoint_terminated
                                              : errc::not_running);
    return;
  }
  box_.push(std::move(x));
  if (!st_.ready)
    ensure_connected();
  else if (box_.size() >= node_->opts.batch_size)
    flush();
}

// Messages that come together travel together; nothing waits for more to come.
void endpoint_writer_state::pause() {
  if (!box_.empty())
    flush();
}

void endpoint_writer_state::on_written() {
  if (st_.over)
    return;
  if (!st_.ready) {
    // the ConnectRequest is out
    if (st_.connection != connection_state::connected)
      self_->delayed_send(self_, node_->opts.handshake_timeout,
                          handshake_tick{st_.epoch});
    return;
  }
  flush();
}

outbox::limits endpoint_writer_state::batch_limits() const {
  auto& opts = node_->opts;
  auto said = st_.peer.max_receive_bytes;
  auto frame = said != 0 ? said : opts.max_batch_bytes;
  return {opts.batch_size, std::min(opts.max_batch_bytes, frame), frame,
          st_.peer.is_caf_remote};
}

errc endpoint_writer_state::may_send(const outbound_element& x) {
  if (!x.expires.never() && x.expires.is_over(batch_time()))
    return errc::expired;
  if (x.need == peer_need::none || x.need == peer_need::caf_remote_for_header)
    return errc::none;
  auto ok = st_.peer.is_caf_remote
            || (x.need == peer_need::knows_type
                && st_.peer_types->contains(x.type_name()));
  return ok ? errc::none : errc::peer_cannot_take;
}

// One look at the clock per batch, and none if nothing in it expires.
caf::actor_clock::time_point endpoint_writer_state::batch_time() {
  if (!batch_time_)
    batch_time_ = self_->clock().now();
  return *batch_time_;
}

std::string endpoint_writer_state::target_address() const {
  return st_.peer.address.empty() ? std::string{nonhost} : st_.peer.address;
}

// Writes while there is something to write and no write is under way, as many
// messages as a batch may have also beside one; else asks for the end of what
// is in the way.
void endpoint_writer_state::flush() {
  while (st_.ready && st_.stream != nullptr && !st_.half_closed
         && (!box_.empty() || st_.draining)) {
    // a full batch need not wait for what else may come with it
    auto full = box_.size() >= node_->opts.batch_size;
    if (st_.gate->ask(full ? 2 : 1))
      return;
    forget_confirmed();
    write_batch();
  }
}

void endpoint_writer_state::write_batch() {
  // small frames are not worth the pool's large ones
  if (box_.size() >= 16)
    box_.provide(transport::frame_pool::take());
  batch_time_.reset();
  auto next = box_.next(batch_limits(), target_address(),
                        node_->own().advertised(), may_send_, reject_);
  written_control_seq_ = std::max(written_control_seq_, next.control_seq);
  if (next.messages.empty()) {
    if (st_.draining)
      half_close();
    return;
  }
  st_.gate->begin();
  // first, so that what the peer has got is counted
  settle(next);
  st_.stream->write(std::move(next.frame));
}

void endpoint_writer_state::settle(outbox::batch& x) {
  for (auto id : x.requests)
    node_->pending.mark_written(id);
  st_.has_asked = st_.has_asked || !x.requests.empty();
  if (!x.requests.empty() && !st_.checks_way_back)
    check_way_back(x.requests.front());
  in_flight_.push_back({x.user_messages, std::move(x.requests)});
  for (auto& msg : x.messages)
    msg->settle();
  endpoint_->written(x.user_messages, x.user_bytes, x.control_messages,
                     x.control_bytes);
}

// Peers answer over a stream that they open to us. That one cannot do so shows
// by nothing but a request without an answer.
void endpoint_writer_state::check_way_back(uint32_t request) {
  st_.checks_way_back = true;
  self_->delayed_send(
    self_, node_->opts.connect_timeout + node_->opts.handshake_timeout,
    way_back_tick{st_.epoch, request});
}

void endpoint_writer_state::on_way_back_tick(way_back_tick x) {
  if (x.epoch != st_.epoch || st_.over)
    return;
  // once said it need not be said again for this stream
  st_.checks_way_back = node_->pending.contains(x.request)
                        && !endpoint_->has_way_back();
  if (st_.checks_way_back)
    node_->on_no_way_back(endpoint_->address(),
                          node_->opts.connect_timeout
                            + node_->opts.handshake_timeout);
}

// -- loss --------------------------------------------------------------------------------------

void endpoint_writer_state::on_closed(const transport::status& why) {
  if (why.peer_fault)
    node_->on_protocol_error(endpoint_->address(), why.message);
  st_.stream.reset();
  on_lost(why.code == transport::status_code::ok ? "the peer ended the stream"
                                                 : to_string(why));
}

void endpoint_writer_state::drop_stream() {
  if (st_.stream == nullptr)
    return;
  st_.stream->cancel();
  st_.stream.reset();
}

void endpoint_writer_state::on_lost(const std::string& reason) {
  ++st_.epoch; // whatever the old stream still says is of no interest
  if (st_.is_current != nullptr)
    st_.is_current->store(false);
  auto was_connected = st_.connection == connection_state::connected;
  if (was_connected) {
    st_.connection = connection_state::reconnecting;
    endpoint_->state(st_.connection);
  }
  st_.ready = false;
  st_.meeting.clear();
  st_.last_loss = reason;
  fail_unconfirmed();
  if (st_.over) {
    self_->quit();
    return;
  }
  if (was_connected)
    node_->on_disconnected(endpoint_->address(), reason);
  if (st_.draining)
    give_up(errc::not_running, "we leave");
  else if (was_connected && !is_wanted())
    rest();
  else if (was_connected)
    reconnect();
  else
    retry_after_failure(reason);
}

// Whether anybody here would miss the peer. Those that only peers have named,
// with one message, could be as many as there may be endpoints, and a listener
// that hangs up after each handshake would have each of them dial for ever.
bool endpoint_writer_state::is_wanted() const noexcept {
  return !endpoint_->is_for_peers_only() || st_.has_asked
         || endpoint_->has_watches() || !endpoint_->is_empty();
}

// Until there is something to say; the manager looks whether that may be.
void endpoint_writer_state::rest() {
  st_.connection = connection_state::idle;
  endpoint_->state(st_.connection);
  caf::anon_send(node_->manager(), endpoint_rests{endpoint_->address()});
}

void endpoint_writer_state::retry_after_failure(const std::string& reason) {
  endpoint_->last_error(reason);
  auto delay = policy_.next_delay();
  if (!delay) {
    give_up(errc::endpoint_terminated, std::to_string(policy_.attempts())
                                         + " attempts failed, last: " + reason);
    return;
  }
  self_->delayed_send(self_, *delay, connect_tick{st_.epoch});
}

void endpoint_writer_state::reconnect() {
  auto now = self_->clock().now();
  if (!st_.last_instant_retry
      || now - *st_.last_instant_retry >= policy_.wait()) {
    st_.last_instant_retry = now;
    connect();
    return;
  }
  // a peer that hangs up after each handshake must not keep us busy
  self_->delayed_send(self_, policy_.wait(), connect_tick{st_.epoch});
}

void endpoint_writer_state::forget_confirmed() {
  auto under_way = st_.gate->under_way();
  while (in_flight_.size() > under_way)
    in_flight_.pop_front();
}

void endpoint_writer_state::fail_unconfirmed() {
  forget_confirmed();
  if (in_flight_.empty())
    return;
  auto text = "the connection to " + endpoint_->address()
              + " ended while the request was written; it may have arrived or "
                "not";
  for (auto& batch : std::exchange(in_flight_, {})) {
    endpoint_->unconfirmed.fetch_add(batch.user_messages);
    for (auto id : batch.requests)
      if (auto entry = node_->pending.take(id))
        answer(std::move(*entry), errc::unconfirmed, text);
  }
}

void endpoint_writer_state::fail_written(errc code, const std::string& text) {
  for (auto& entry : node_->pending.take_endpoint(endpoint_->serial(), true))
    answer(std::move(entry), code, text);
}

void endpoint_writer_state::on_incarnation_over() {
  fail_written(errc::incarnation_over,
               endpoint_->address()
                 + " has restarted since the request was written; it may have "
                   "been handled or not");
  node_->on_incarnation_over(*endpoint_);
}

caf::result<left>
endpoint_writer_state::on_peer_restarted(const std::string& member_id) {
  auto news = !st_.over && member_id != st_.member_id;
  auto seq = written_control_seq_;
  if (news && !st_.member_id.empty()) {
    on_incarnation_over();
    st_.member_id = member_id;
    if (st_.connection == connection_state::connected
        && st_.meeting != member_id) {
      drop_stream();
      on_lost("the peer restarted");
    }
  }
  self_->delegate(watcher_, incarnation_over{seq, news});
  return caf::delegated<left>{};
}

// -- end ---------------------------------------------------------------------------------------

void endpoint_writer_state::on_disconnect_request() {
  if (st_.over)
    return;
  // the peer waits for our half-close; the stream may outlive the endpoint
  half_close();
  give_up(errc::endpoint_terminated, "the peer disconnects");
}

void endpoint_writer_state::half_close() {
  if (st_.half_closed || st_.stream == nullptr)
    return;
  st_.half_closed = true;
  st_.stream->close_writes();
}

void endpoint_writer_state::give_up(errc code, const std::string& reason) {
  if (st_.over)
    return;
  st_.over = true;
  // not reached or lost for good; what someone has decided is `closed`
  auto decided = st_.half_closed || code == errc::not_running
                 || code == errc::blocked;
  st_.connection = decided ? connection_state::closed
                           : connection_state::terminated;
  endpoint_->state(st_.connection);
  endpoint_->loss_reason(code, reason);
  // from here on the next message to the address starts anew
  node_->endpoints.remove(endpoint_);
  for (auto& x : box_.drain())
    endpoint_->discard(std::move(x), code);
  fail_unconfirmed();
  fail_written(code, reason);
  endpoint_->close();
  node_->on_endpoint_over(*endpoint_, code, reason);
  caf::anon_send(node_->manager(), endpoint_over{endpoint_, code, reason});
  st_.ready = false;
  if (st_.stream != nullptr && st_.half_closed) {
    // lingers until the peer ends the stream, but not for ever
    self_->delayed_send(self_, node_->opts.shutdown_timeout, drain{});
    return;
  }
  drop_stream();
  self_->quit();
}

void endpoint_writer_state::on_drain() {
  if (st_.over) {
    drop_stream();
    self_->quit();
    return;
  }
  st_.draining = true;
  if (!st_.ready)
    give_up(errc::not_running, "we leave");
  else
    flush();
}

caf::behavior endpoint_writer(endpoint_writer_actor* self, node_ptr home,
                              endpoint_ptr where, caf::actor watcher) {
  return self->state.make_behavior(std::move(home), std::move(where),
                                   std::move(watcher));
}

} // namespace caf_remote
