// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_reader.hpp"

#include "caf_remote/compat/post.hpp"
#include "caf_remote/endpoint/stream_events.hpp"
#include "caf_remote/endpoint/supervision.hpp"
#include "caf_remote/transport/frame_pool.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace caf_remote {

namespace {

// One batch is decoded while the next one is on its way.
constexpr int reads_ahead = 2;

// A stream without a batch for so long keeps no memory for the next ones.
constexpr auto idle_time = std::chrono::seconds{5};

} // namespace

endpoint_reader_state::endpoint_reader_state(caf::event_based_actor* self)
  : self_(self) {
  // nop
}

endpoint_reader_state::~endpoint_reader_state() {
  if (phase_ == phase::ending || in_.str == nullptr)
    return;
  // an error has ended the actor: the peer must not take its stream for a sound
  // one
  count_out();
  node_->attempt([this] {
    in_.str->finish(
      {transport::status_code::internal, "the stream's reader has failed"});
  });
}

caf::behavior endpoint_reader_state::make_behavior(node_ptr home, uint64_t id,
                                                   transport::incoming in) {
  self_->set_exception_handler(end_by_exception{});
  node_ = std::move(home);
  id_ = id;
  in_ = std::move(in);
  from_ = in_.str->peer();
  intro_ = read_introduction(in_.call_metadata);
  in_.str->attach(
    make_stream_events(caf::actor{self_}, id_, node_->streams, node_->wake_on));
  node_->streams->track(in_.str);
  in_.str->read();
  self_->delayed_send(self_, node_->opts.handshake_timeout,
                      handshake_tick{id_});
  return {
    [this](stream_frame& x) {
      on_frame(x.bytes);
      transport::frame_pool::give(std::move(x.bytes));
    },
    [this](resume_reading) { on_resume(); },
    [this](stall_tick x) { on_stall_tick(x.pause); },
    [this](rest_tick) { on_rest_tick(); },
    [this](stream_written) { on_written(); },
    [this](stream_half_closed) { on_half_closed(); },
    [this](const stream_closed& x) { on_closed(x.why); },
    [](const stream_metadata&) { /* only diallers see it */ },
    [this](handshake_tick) { on_handshake_tick(); },
    [this](disconnect_peer) { on_disconnect_peer(); },
    [this](const end_stream& x) {
      finish(x.why.code, x.why.message);
      return left{};
    },
  };
}

void endpoint_reader_state::on_frame(const transport::frame& bytes) {
  switch (phase_) {
    case phase::handshake:
      on_first_frame(bytes);
      break;
    case phase::deciding:
      protocol_error("a message before the end of the handshake");
      break;
    case phase::open: {
      auto content = wire::decode_frame(bytes);
      if (auto batch = std::get_if<wire::batch_bytes>(&content))
        on_batch(batch->content);
      else if (std::holds_alternative<wire::disconnect_request>(content))
        read_on(); // the dialler leaves; its half-close follows
      else if (auto bad = std::get_if<wire::bad_frame>(&content))
        protocol_error(bad->reason);
      else
        protocol_error("a handshake message on an open stream");
      break;
    }
    case phase::ending:
      break;
  }
}

void endpoint_reader_state::on_first_frame(const transport::frame& bytes) {
  auto content = wire::decode_frame(bytes);
  if (auto x = std::get_if<wire::server_connection>(&content)) {
    on_server_connection(*x);
    return;
  }
  if (std::holds_alternative<wire::client_connection>(content)) {
    node_->on_protocol_error(from_, "a client connection is not supported");
    finish(transport::status_code::unimplemented,
           "client connections are not supported");
    return;
  }
  if (auto bad = std::get_if<wire::bad_frame>(&content))
    protocol_error(bad->reason);
  else
    protocol_error("the first message must be a ConnectRequest");
}

void endpoint_reader_state::on_handshake_tick() {
  if (phase_ == phase::handshake || phase_ == phase::deciding)
    protocol_error("no handshake within the time limit");
  else if (phase_ != phase::open || answered_)
    return;
  else if (std::exchange(late_, true))
    protocol_error("the answer to the handshake is not read");
  else // it may just have been written
    self_->delayed_send(self_, node_->opts.handshake_timeout,
                        handshake_tick{id_});
}

void endpoint_reader_state::on_server_connection(
  const wire::server_connection& x) {
  if (x.member_id.empty()) {
    protocol_error("a ConnectRequest without a system id");
    return;
  }
  if (auto err = check_address(x.address)) {
    protocol_error("a ConnectRequest with an unusable address: " + render(err));
    return;
  }
  phase_ = phase::deciding;
  auto address = canonical_address(x.address);
  dials_ = node_->endpoints.dials_of_stream(address, host());
  self_
    ->request(node_->manager(), caf::infinite,
              client_connection{id_, x.member_id, std::move(address), x.address,
                                host(), intro_.is_caf_remote, intro_.only_asks,
                                dials_})
    .then(
      [this, x](const client_connection_result& res) { on_decision(res, x); });
}

void endpoint_reader_state::on_decision(const client_connection_result& x,
                                        const wire::server_connection& peer) {
  if (phase_ != phase::deciding)
    return;
  if (x.accepted) {
    accept(peer);
    return;
  }
  // others who are not let in get no answer to the handshake: they may come
  // again
  if (x.is_us)
    write(wire::encode(wire::connect_response{node_->member_id, true}));
  finish(transport::status_code::unavailable, x.reason);
}

// Where the connection comes from, without its port.
std::string endpoint_reader_state::host() const {
  auto result = canonical_address(in_.str->peer());
  result.resize(std::min(result.rfind(':'), result.size()));
  return result;
}

void endpoint_reader_state::accept(const wire::server_connection& peer) {
  from_ = peer.address;
  peer_ = node_->endpoints.peer_of(canonical_address(peer.address));
  // a question says nothing about the address that it gives
  if (!intro_.only_asks)
    node_->endpoints.stream_opened(*peer_, dials_.is_near());
  phase_ = phase::open; // counted from here on
  auto resume = [weak = caf::actor_cast<caf::weak_actor_ptr>(self_),
                 where = node_->wake_on] {
    if (auto hdl = caf::actor_cast<caf::actor>(weak))
      post(hdl, resume_reading{}, where);
  };
  dispatcher_ = std::make_unique<inbound_dispatcher>(
    node_, peer_, peer.member_id, id_, dials_, std::move(resume));
  write(wire::encode(wire::connect_response{node_->member_id, false}));
  for (int i = 0; i < reads_ahead; ++i)
    in_.str->read();
}

void endpoint_reader_state::on_batch(std::string_view content) {
  if (intro_.only_asks) {
    protocol_error("a message on a stream that only asks who lives here");
    return;
  }
  if (!dispatcher_->dispatch(content, self_->context())) {
    protocol_error(dispatcher_->batch_fault());
    return;
  }
  busy_ = true;
  if (!std::exchange(rest_pending_, true))
    self_->delayed_send(self_, idle_time, rest_tick{});
  read_on();
}

void endpoint_reader_state::read_on() {
  // if there is no room, the ledger says when there is
  if (!dispatcher_->must_stop()) {
    in_.str->read();
    return;
  }
  if (held_back_++ == 0)
    self_->delayed_send(self_, node_->opts.inbound_stall_timeout,
                        stall_tick{++pause_});
}

void endpoint_reader_state::on_stall_tick(uint64_t pause) {
  if (held_back_ == 0 || pause != pause_)
    return;
  if (dispatcher_->give_up_waiting())
    on_resume();
  else
    self_->delayed_send(self_, node_->opts.inbound_stall_timeout,
                        stall_tick{pause});
}

void endpoint_reader_state::on_rest_tick() {
  rest_pending_ = std::exchange(busy_, false);
  if (rest_pending_)
    self_->delayed_send(self_, idle_time, rest_tick{});
  else if (dispatcher_ != nullptr)
    dispatcher_->rest();
}

void endpoint_reader_state::on_resume() {
  for (; held_back_ > 0; --held_back_)
    in_.str->read();
}

void endpoint_reader_state::write(std::string bytes) {
  if (writing_) {
    next_write_ = std::move(bytes);
    return;
  }
  writing_ = true;
  in_.str->write(std::move(bytes));
}

void endpoint_reader_state::on_written() {
  writing_ = false;
  answered_ = true;
  if (next_write_.empty() || phase_ == phase::ending)
    return;
  write(std::move(next_write_));
  next_write_.clear();
}

void endpoint_reader_state::protocol_error(const std::string& what) {
  if (phase_ == phase::ending)
    return;
  node_->on_protocol_error(from_, what);
  finish(transport::status_code::invalid_argument, what);
}

void endpoint_reader_state::finish(transport::status_code code,
                                   std::string text) {
  if (phase_ == phase::ending)
    return;
  count_out();
  in_.str->finish({code, std::move(text)});
}

// The stream is over or about to be.
void endpoint_reader_state::count_out() {
  if (phase_ == phase::open && !intro_.only_asks)
    node_->endpoints.stream_over(*peer_, dials_.is_near());
  phase_ = phase::ending;
}

void endpoint_reader_state::on_disconnect_peer() {
  if (phase_ != phase::open) {
    finish(transport::status_code::unavailable, "the node leaves");
    return;
  }
  dispatcher_->discard_from_now_on();
  on_resume(); // or the half-close would not be heard
  write(wire::encode(wire::disconnect_request{}));
}

void endpoint_reader_state::on_half_closed() {
  if (phase_ == phase::open)
    finish(transport::status_code::ok, "");
  else
    finish(transport::status_code::failed_precondition,
           "half-closed before the handshake");
}

void endpoint_reader_state::on_closed(const transport::status& why) {
  if (why.peer_fault)
    node_->on_protocol_error(from_, why.message);
  auto was_open = phase_ == phase::open;
  count_out();
  if (was_open)
    node_->on_disconnected(from_, "its stream to us ended: " + to_string(why));
  caf::anon_send(node_->manager(), reader_over{id_});
  self_->quit();
}

caf::behavior endpoint_reader(endpoint_reader_actor* self, node_ptr home,
                              uint64_t id, transport::incoming in) {
  return self->state.make_behavior(std::move(home), id, std::move(in));
}

} // namespace caf_remote
