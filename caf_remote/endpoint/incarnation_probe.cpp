// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incarnation_probe.hpp"

#include "caf_remote/endpoint/stream_events.hpp"
#include "caf_remote/endpoint/supervision.hpp"
#include "caf_remote/wire/handshake.hpp"

#include <chrono>
#include <utility>

namespace caf_remote {

incarnation_probe_state::incarnation_probe_state(caf::event_based_actor* self)
  : self_(self) {
  // nop
}

incarnation_probe_state::~incarnation_probe_state() {
  if (stream_ != nullptr)
    stream_->cancel();
}

caf::behavior incarnation_probe_state::make_behavior(node_ptr home,
                                                     std::string address) {
  node_ = std::move(home);
  address_ = std::move(address);
  self_->set_exception_handler(end_by_exception{});
  return {
    [this](who_lives_there) { return on_question(); },
    [this](const stream_frame& x) { on_frame(x.bytes); },
    [this](const stream_closed&) {
      stream_.reset();
      answer({});
      self_->quit();
    },
    [this](handshake_tick) {
      answer({});
      self_->quit();
    },
    [](const stream_metadata&) { /* says nothing that is asked for */ },
    [](stream_written) { /* the answer follows */ },
    [](stream_half_closed) { /* only listeners see it */ },
  };
}

caf::result<resident> incarnation_probe_state::on_question() {
  using std::chrono::milliseconds;
  promise_ = self_->make_response_promise();
  transport::dial_options opts;
  opts.connect_timeout = std::chrono::duration_cast<milliseconds>(
    node_->opts.connect_timeout);
  opts.max_receive_bytes = node_->opts.max_receive_bytes;
  opts.call_metadata = node_->introduction();
  opts.call_metadata.emplace(introduction_key::question, "1");
  stream_ = node_->connector->dial(
    address_, std::move(opts),
    make_stream_events(caf::actor{self_}, 0, node_->streams, node_->wake_on));
  node_->streams->track(stream_);
  stream_->write(wire::encode(
    wire::server_connection{node_->member_id, node_->own().advertised()}));
  stream_->read();
  self_->delayed_send(self_, node_->opts.connect_timeout, handshake_tick{0});
  return promise_;
}

void incarnation_probe_state::on_frame(const transport::frame& bytes) {
  if (!promise_.pending())
    return;
  auto content = wire::decode_frame(bytes);
  auto x = std::get_if<wire::connect_response>(&content);
  answer(x != nullptr ? x->member_id : std::string{});
  // goodbye, and the credit to hear that it was understood
  stream_->close_writes();
  stream_->read();
}

void incarnation_probe_state::answer(std::string member_id) {
  if (promise_.pending())
    promise_.deliver(resident{std::move(member_id)});
}

caf::behavior
incarnation_probe(caf::stateful_actor<incarnation_probe_state>* self,
                  node_ptr home, std::string address) {
  return self->state.make_behavior(std::move(home), std::move(address));
}

} // namespace caf_remote
