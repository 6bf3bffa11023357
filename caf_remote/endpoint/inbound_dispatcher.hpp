// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/compat/inbound_shelf.hpp"
#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/inbound_batch.hpp"
#include "caf_remote/endpoint/inbound_ledger.hpp"
#include "caf_remote/endpoint/peer.hpp"
#include "caf_remote/endpoint/pending_requests.hpp"
#include "caf_remote/endpoint/stream_dials.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include <caf/expected.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace caf_remote {

/// Hands the messages of one incoming stream to their targets. What names,
/// types and senders mean is resolved once per batch. Belongs to the stream's
/// reader and is used on its thread only.
class inbound_dispatcher {
public:
  /// `stream` is the number of its reader. `dials` pays for what it makes us
  /// dial. `resume` is called, on any thread, when `must_stop` returned true
  /// and there is room again.
  inbound_dispatcher(node_ptr home, peer_ptr from, std::string member_id,
                     uint64_t stream, const stream_dials& dials,
                     std::function<void()> resume);

  ~inbound_dispatcher();

  /// Delivers the content of a MessageBatch. Returns false if it is none;
  /// defects of single envelopes are dealt with here.
  /// `ctx` is where the reader runs: who gets a message is woken there.
  bool dispatch(std::string_view content, caf::execution_unit* ctx = nullptr);

  /// Why `dispatch` has returned false.
  const char* batch_fault() const noexcept {
    return batch_.fault();
  }

  /// Lets go of memory that is kept for messages to come.
  void rest() noexcept;

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
  using account_stock = inbound_batch::account_stock;
  using target_slot = inbound_batch::target_slot;

  /// A message for a mailbox, and what its content holds in memory.
  struct decoded {
    inbound_ptr element;
    size_t bytes = 0;
  };

  void deliver(const wire::envelope& x);
  void give_up(const wire::envelope& x);
  void on_foreign(const wire::envelope& x);
  void deliver_system(const wire::envelope& x, wire::system_type type);
  void deliver_user(const wire::envelope& x, target_slot& target);
  void hand_over(decoded&& msg, const wire::envelope& x, target_slot& target);
  void hand_over(decoded&& msg, const wire::envelope& x,
                 const target_slot& target, account_stock& account);
  account_stock& account_of(const wire::envelope& x, target_slot& target);

  /// Counts a message; if there is no room it is dead.
  bool charge(const decoded& msg, const wire::envelope& x,
              account_stock& account);

  /// Counts a message if there is room.
  size_t charge_of(const wire::envelope& x, size_t content_bytes);

  caf::error decode(const wire::envelope& x, const target_slot& target,
                    decoded& result);
  caf::error decode_content(const wire::envelope& x, const target_slot& target,
                            decoded& result);
  caf::error decode_object(const wire::envelope& x,
                           inbound_batch::type_slot& type, decoded& result);
  caf::error check_header(const wire::envelope& x) const;
  inbound_shelf& shelf_of(inbound_batch::type_slot& type);

  std::optional<pending_requests::taken> take_pending(const wire::envelope& x);
  void deliver_answer(const wire::envelope& x);
  void answer_pending(const wire::envelope& x, inbound_ptr msg);
  void answer_with(pending_requests::taken entry, decoded msg,
                   const wire::envelope& x);
  account_stock& answer_account_of(const wire::envelope& x);

  /// The same as `charge` for an answer to a blocking actor.
  bool charge_kept(const decoded& msg, const wire::envelope& x);
  caf::expected<decoded> decode_answer(const wire::envelope& x);
  bool is_empty_result(const wire::envelope& x);
  /// What a caf_remote peer says about a failure; empty: nothing.
  std::string reason_in(const wire::envelope& x);

  void on_watch(const wire::envelope& x);
  bool has_watcher(const wire::envelope& x, wire::watch& msg) const;
  void on_unwatch(const wire::envelope& x);
  void on_terminated(const wire::envelope& x);
  void tell_watcher(const wire::envelope& x, endpoint& where, inbound_ptr news);
  void end_streams(const std::string& why);
  void on_stop(const wire::envelope& x, bool at_once);
  void on_touch(const wire::envelope& x, target_slot& target);
  void on_touched(const wire::envelope& x);
  void on_dead_letter_response(const wire::envelope& x);
  void on_pid_request(const wire::envelope& x, target_slot& target);
  void on_pid_response(const wire::envelope& x);

  /// An envelope with something wrong in it: refused, counted, logged. If it is
  /// a Watch for a watcher of the peer, its streams end.
  void refuse(const wire::envelope& x, const std::string& what);

  /// A sound envelope that finds no taker.
  void dead(const wire::envelope& x, errc reason, std::string_view detail);
  void tell_sender(const wire::envelope& x, std::string_view why);
  bool may_tell(const pid& who, const pid& about) noexcept;

  bool is_peer(std::string_view wire_address) const;
  bool calls_itself_as_here(endpoint& x) const;
  endpoint_ptr endpoint_of_watcher(const wire::envelope& x) const;
  bool tell_watcher_of_answer(const wire::envelope& x);

  const node_ptr node_;
  const peer_ptr peer_;
  const std::string member_id_;
  const uint64_t stream_;
  const stream_dials dials_;
  caf::intrusive_ptr<inbound_ledger> ledger_;
  // answers in the mailboxes of blocking actors; made for the first one
  caf::intrusive_ptr<inbound_ledger> kept_answers_;
  caf::execution_unit* ctx_ = nullptr;
  bool discarding_ = false;
  // the manager was asked to end the peer's streams, this one among them
  bool ending_ = false;
  // whether the watchers take what the frame has for them
  std::optional<bool> watchers_take_;
  // by type; kept by the ledger as long as elements of theirs are under way
  using shelves = std::unordered_map<const message_codec*, inbound_shelf>;
  const std::shared_ptr<shelves> shelves_;
  inbound_batch batch_;
  account_stock watchers_account_;
  wire::header_view header_;
  // what long names in answers to the batch may still cost
  size_t answer_bytes_ = 0;
};

} // namespace caf_remote
