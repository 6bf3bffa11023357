// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/outbound_consumer.hpp"
#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/known_types.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/outbox.hpp"
#include "caf_remote/endpoint/reconnect_policy.hpp"
#include "caf_remote/endpoint/write_gate.hpp"
#include "caf_remote/transport/stream.hpp"
#include "caf_remote/wire/handshake.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace caf_remote {

/// Where the writer stands with its peer.
struct endpoint_state {
  connection_state connection = connection_state::idle;
  /// The stream in use; null between two attempts.
  transport::stream_ptr stream;
  /// Numbers the streams, so that late events of an old one are known.
  uint64_t epoch = 0;
  /// For the manager: whether the stream of the last handshake is still there.
  std::shared_ptr<std::atomic<bool>> is_current;
  /// The incarnation that was met last.
  std::string member_id;
  /// The one that answered the handshake of this stream, until the manager has
  /// seen to it that others are heard no more.
  std::string meeting;
  /// What the peer said about itself on this stream. It decides what is sent
  /// here; nothing that comes another way does.
  introduction peer;
  /// The types that the incarnation has sent us.
  std::shared_ptr<known_types> peer_types;
  /// The writes in flight, two at most, the ConnectRequest included; of the
  /// stream in use.
  std::shared_ptr<write_gate> gate = std::make_shared<write_gate>();
  /// The handshake is done and the watcher knows: messages may flow.
  bool ready = false;
  /// Leaving: flush, half-close, quit.
  bool draining = false;
  /// Half-closed; nothing more will be written.
  bool half_closed = false;
  /// A request of ours was written, which may still wait for its answer.
  bool has_asked = false;
  /// The address was given up; what still arrives is a dead letter.
  bool over = false;
  /// Why the last attempt failed or the last stream was lost; empty: none was
  /// yet.
  std::string last_loss;
  /// A request of this stream is looked after in case no answer can come.
  bool checks_way_back = false;
  /// When the last attempt without a wait before it began.
  std::optional<caf::actor_clock::time_point> last_instant_retry;
};

/// The EndpointWriter: owns one outgoing stream. Connects when something is
/// wanted, shakes hands, writes batches, reconnects, and gives up. Its mailbox
/// is the queue of the endpoint; admission is counted in `endpoint`.
class endpoint_writer_state : public outbound_taker {
public:
  static inline const char* name = "caf_remote.endpoint_writer";

  explicit endpoint_writer_state(outbound_consumer* self);

  ~endpoint_writer_state() override;

  caf::behavior make_behavior(node_ptr home, endpoint_ptr where,
                              caf::actor watcher);

  void take(outbound_ptr x) override;
  void pause() override;

private:
  // -- connect -----------------------------------------------------------------------------

  void ensure_connected();
  void connect();
  void on_frame(const transport::frame& bytes);
  void on_handshake(const wire::connect_response& x);
  void on_met(uint64_t epoch, const std::string& member_id,
              const std::string& before);
  void on_ready(uint64_t epoch);
  void on_no_handshake(uint64_t epoch);

  // -- write ---------------------------------------------------------------------------------

  void on_written();
  void flush();
  void write_batch();
  void settle(outbox::batch& x);
  void check_way_back(uint32_t request);
  void on_way_back_tick(way_back_tick x);
  void forget_confirmed();
  outbox::limits batch_limits() const;
  errc may_send(const outbound_element& x);
  caf::actor_clock::time_point batch_time();
  std::string target_address() const;

  // -- loss ----------------------------------------------------------------------------------

  void on_closed(const transport::status& why);
  void on_lost(const std::string& reason);
  void drop_stream();
  bool is_wanted() const noexcept;
  void rest();
  void retry_after_failure(const std::string& reason);
  void reconnect();
  void fail_unconfirmed();
  void fail_written(errc code, const std::string& text);
  void on_incarnation_over();
  caf::result<left> on_peer_restarted(const std::string& member_id);

  // -- end ---------------------------------------------------------------------------------

  void on_disconnect_request();
  void give_up(errc code, const std::string& reason);
  void on_drain();
  void half_close();

  // A batch whose write was not seen to end.
  struct batch_in_flight {
    size_t user_messages;
    std::vector<uint32_t> requests;
  };

  outbound_consumer* self_;
  node_ptr node_;
  endpoint_ptr endpoint_;
  caf::actor watcher_;
  endpoint_state st_;
  reconnect_policy policy_;
  outbox box_;
  outbox::filter may_send_;
  outbox::rejecter reject_;
  std::optional<caf::actor_clock::time_point> batch_time_;
  // at most two: the one that the stream writes, and the next one
  std::deque<batch_in_flight> in_flight_;
  // the last place in the control lane that was handed to a stream
  uint64_t written_control_seq_ = 0;
};

using endpoint_writer_actor = caf::stateful_actor<endpoint_writer_state,
                                                  outbound_consumer>;

caf::behavior endpoint_writer(endpoint_writer_actor* self, node_ptr home,
                              endpoint_ptr where, caf::actor watcher);

} // namespace caf_remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::node_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::endpoint_ptr)
