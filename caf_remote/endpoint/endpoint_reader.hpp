// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/turn_taking_actor.hpp"
#include "caf_remote/endpoint/inbound_dispatcher.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/transport/stream.hpp"
#include "caf_remote/wire/handshake.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <memory>
#include <string>

namespace caf_remote {

/// The EndpointReader: one incoming stream's loop. Shakes hands, with the
/// manager's consent, then takes batch after batch; the next read starts only
/// when the last batch was handed out and there is room for more.
class endpoint_reader_state {
public:
  static inline const char* name = "caf_remote.endpoint_reader";

  explicit endpoint_reader_state(caf::event_based_actor* self);

  ~endpoint_reader_state();

  caf::behavior make_behavior(node_ptr home, uint64_t id,
                              transport::incoming in);

private:
  void on_frame(const transport::frame& bytes);
  void on_first_frame(const transport::frame& bytes);
  void on_server_connection(const wire::server_connection& x);
  void on_decision(const client_connection_result& x,
                   const wire::server_connection& peer);
  void accept(const wire::server_connection& peer);
  std::string host() const;
  void on_batch(std::string_view content);
  void read_on();
  void on_resume();
  void on_stall_tick(uint64_t pause);
  void on_rest_tick();
  void write(std::string bytes);
  void on_written();
  void on_handshake_tick();
  void protocol_error(const std::string& what);
  void finish(transport::status_code code, std::string text);
  void on_disconnect_peer();
  void on_half_closed();
  void on_closed(const transport::status& why);
  void count_out();

  enum class phase { handshake, deciding, open, ending };

  caf::event_based_actor* self_;
  node_ptr node_;
  uint64_t id_ = 0;
  transport::incoming in_;
  introduction intro_;
  phase phase_ = phase::handshake;
  bool writing_ = false;
  // whether the answer to the handshake was written, and whether it should have
  // been
  bool answered_ = false;
  bool late_ = false;
  // a write that waits for the one in flight
  std::string next_write_;
  // reads that wait until there is room
  int held_back_ = 0;
  // the pause that was begun last
  uint64_t pause_ = 0;
  // whether a batch came since the last `rest_tick`, and whether one is to come
  bool busy_ = false;
  bool rest_pending_ = false;
  // who the peer is, for log lines
  std::string from_;
  peer_ptr peer_;
  stream_dials dials_;
  std::unique_ptr<inbound_dispatcher> dispatcher_;
};

using endpoint_reader_actor = caf::stateful_actor<endpoint_reader_state,
                                                  turn_taking_actor>;

caf::behavior endpoint_reader(endpoint_reader_actor* self, node_ptr home,
                              uint64_t id, transport::incoming in);

} // namespace caf_remote
