// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/reference_stock.hpp"
#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/inbound_ledger.hpp"
#include "caf_remote/endpoint/known_types.hpp"
#include "caf_remote/endpoint/lost_message.hpp"
#include "caf_remote/endpoint/peer.hpp"
#include "caf_remote/endpoint/process_registry.hpp"
#include "caf_remote/endpoint/stream_dials.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/serializer_registry.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/message_id.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

class inbound_shelf;

/// A MessageBatch from a peer together with what its names mean here: each
/// entry of its tables is looked up when first used, once per batch. One object
/// serves one batch after another. Belongs to the stream's reader and is used
/// on its thread only.
class inbound_batch {
public:
  /// `types` learns what the peer sends. `dials` pays for answers.
  inbound_batch(node_ptr home, peer_ptr from,
                std::shared_ptr<known_types> types, stream_dials dials);

  using account_stock = reference_stock<inbound_ledger::account>;

  /// A target: a process of ours, if the address is ours and the name is known.
  struct target_slot {
    bool resolved = false;
    bool ours = false;
    process_registry::process process;
    // for dead letters
    actor_name_ptr name;
    /// For the dispatcher to keep.
    account_stock account;
    account_stock answer_account;
  };

  /// A type: one of Proto.Actor's own, a registered one (`entry`), or neither.
  struct type_slot {
    bool resolved = false;
    wire::system_type system = wire::system_type::none;
    const wire::serializer_registry::entry* entry = nullptr;
    /// For the dispatcher to set.
    inbound_shelf* shelf = nullptr;
    // for messages in encoded form
    reference_stock<const shared_text> name;
  };

  /// Takes the content of a MessageBatch, which must stay valid until `clear`.
  /// Returns false if it is none.
  bool decode(std::string_view content);

  /// Why `decode` has returned false.
  const char* fault() const noexcept;

  /// Lets go of the batch.
  void clear();

  /// Lets go of memory that is kept for batches to come.
  void rest();

  const std::vector<wire::envelope>& envelopes() const noexcept {
    return batch_.envelopes;
  }

  // -- sound envelopes only (`fault` is none) --------------------------------------------

  target_slot& target(const wire::envelope& x);
  type_slot& type(const wire::envelope& x);
  std::string_view target_id(const wire::envelope& x) const;

  /// Shared by all envelopes with that target.
  actor_name_ptr target_name(const wire::envelope& x);

  /// False: the sender cannot be answered, its name or address is no good.
  bool has_usable_sender(const wire::envelope& x);

  /// The handle of the sender; null if the envelope has none.
  caf::strong_actor_ptr sender(const wire::envelope& x);

  /// What a handle costs that `sender` has made, once.
  size_t take_handle_bytes(const wire::envelope& x) noexcept;

  /// The message id under which a local actor answers the sender.
  caf::message_id message_id(const wire::envelope& x) const;

  // -- all envelopes, for dead letters and refusals --------------------------------------

  /// Empty if the envelope has no such part or an unusable one.
  std::string_view type_name(const wire::envelope& x) const;
  pid target_pid(const wire::envelope& x) const;
  pid sender_pid(const wire::envelope& x) const;

  /// The message as its bytes; shares the name of the type.
  encoded_message encoded(const wire::envelope& x);

  /// The envelope for events; shares all its names.
  lost_message_ptr lost(const wire::envelope& x);

  /// An address in `sender`, `Watcher` or `who`, as the peer means it, in its
  /// canonical spelling.
  std::string peer_address(std::string_view wire_address) const;

private:
  struct sender_slot {
    bool checked = false;
    bool usable = false;
    bool is_new = false;
    // for dead letters
    actor_name_ptr name;
    reference_stock<caf::actor_control_block> proxy;
  };

  bool is_large() const noexcept;

  const node_ptr node_;
  const peer_ptr peer_;
  const std::shared_ptr<known_types> sent_types_;
  const stream_dials dials_;
  wire::batch_view batch_;
  std::vector<target_slot> targets_;
  std::vector<type_slot> types_;
  std::vector<sender_slot> senders_;
};

} // namespace caf_remote
