// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/inbound_ledger.hpp"
#include "caf_remote/endpoint/peer.hpp"
#include "caf_remote/endpoint/process_registry.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/serializer_registry.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/expected.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

/// Hands the messages of one incoming stream to their targets. What names,
/// types and senders mean is resolved once per batch. Belongs to the stream's
/// reader and is used on its thread only.
class inbound_dispatcher {
public:
  /// `resume` is called, on any thread, when `must_stop` returned true and
  /// there is room again.
  inbound_dispatcher(node_ptr home, peer_ptr from, std::string member_id,
                     std::function<void()> resume);

  ~inbound_dispatcher();

  /// Delivers the content of a MessageBatch. Returns false if it is none;
  /// defects of single envelopes are dealt with here.
  bool dispatch(std::string_view content);

  /// Whether reading must pause for lack of room.
  bool must_stop();

  /// To be called from time to time while reading pauses; whether it may go on
  /// because a target has stalled.
  bool give_up_waiting();

  /// The node leaves: messages become dead letters from now on.
  void discard_from_now_on() noexcept {
    discarding_ = true;
  }

private:
  // What the entries of a batch's tables turned out to mean; resolved on first
  // use.
  struct target_slot {
    bool resolved = false;
    bool ours = false;
    process_registry::process process;
    inbound_ledger::account_ptr account;
  };

  struct type_slot {
    bool resolved = false;
    wire::system_type system = wire::system_type::none;
    const wire::serializer_registry::entry* entry = nullptr;
  };

  struct sender_slot {
    bool checked = false;
    bool usable = false;
    caf::strong_actor_ptr proxy;
  };

  void release_if_large();
  void deliver(const wire::envelope& x);
  void deliver_system(const wire::envelope& x, wire::system_type type);
  void deliver_user(const wire::envelope& x, target_slot& target);
  void deliver_answer(const wire::envelope& x);
  caf::expected<inbound_ptr> decode(const wire::envelope& x,
                                    const target_slot& target);
  caf::expected<caf::message> decode_answer(const wire::envelope& x);

  void on_watch(const wire::envelope& x);
  void on_unwatch(const wire::envelope& x);
  void on_terminated(const wire::envelope& x);
  void on_stop(const wire::envelope& x, bool at_once);
  void on_touch(const wire::envelope& x, target_slot& target);
  void on_touched(const wire::envelope& x);
  void on_dead_letter_response(const wire::envelope& x);
  void on_pid_request(const wire::envelope& x, target_slot& target);
  void on_pid_response(const wire::envelope& x);
  void answer_pending(const wire::envelope& x, caf::message content);

  target_slot& resolve_target(const wire::envelope& x);
  type_slot& resolve_type(const wire::envelope& x);
  bool has_usable_sender(const wire::envelope& x);
  caf::strong_actor_ptr sender_of(const wire::envelope& x);
  caf::message_id message_id_of(const wire::envelope& x) const;
  bool hand_over(inbound_ptr msg, const wire::envelope& x, target_slot& target);
  bool hand_over(inbound_ptr msg, const wire::envelope& x,
                 const target_slot& target,
                 const inbound_ledger::account_ptr& account);

  /// An envelope with something wrong in it: refused, counted, logged.
  void refuse(const wire::envelope& x, const std::string& what);

  /// A sound envelope that finds no taker.
  void dead(const wire::envelope& x, errc reason);
  void tell_sender(const wire::envelope& x);

  std::string peer_address(std::string_view wire_address) const;
  bool is_peer(std::string_view wire_address) const;
  std::vector<endpoint_ptr> endpoints_of_peer() const;
  std::string_view target_id(const wire::envelope& x) const;
  pid target_of(const wire::envelope& x) const;
  pid sender_pid(const wire::envelope& x) const;
  std::string_view type_name(const wire::envelope& x) const;

  const node_ptr node_;
  const peer_ptr peer_;
  const std::string member_id_;
  caf::intrusive_ptr<inbound_ledger> ledger_;
  bool discarding_ = false;
  wire::batch_view batch_;
  wire::header_view header_;
  std::vector<target_slot> targets_;
  std::vector<type_slot> types_;
  std::vector<sender_slot> senders_;
  uint64_t batches_ = 0;
};

} // namespace caf_remote
