// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/annotated_element.hpp"
#include "caf_remote/endpoint/encoded_message.hpp"
#include "caf_remote/endpoint/inbound_ledger.hpp"
#include "caf_remote/endpoint/lost_message.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/events.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/message_type.hpp"

#include <caf/type_erased_tuple.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>

namespace caf_remote {

/// A message from another node in the mailbox of a local actor. Gives back its
/// place in the ledger when destroyed, and tells the ledger's sink if no
/// handler took it: CAF drops what is left in the mailbox of an ending actor
/// without a word.
///
/// A message counts as taken as soon as somebody reads its content, which CAF
/// does only for a handler that matches.
class inbound_element : public annotated_element {
public:
  ~inbound_element() override;

  /// Whose ledger holds the message, from now on.
  void charge(inbound_ledger::account_ptr where, size_t bytes) noexcept;

  virtual std::string_view type_name() const noexcept = 0;

  /// Moves the content out, for a dead letter.
  virtual void release(lost_message& to) = 0;

  /// The actor that the message was for.
  const actor_name_ptr& target() const noexcept {
    return account_->target();
  }

  /// What the message is charged with.
  size_t bytes() const noexcept {
    return bytes_;
  }

protected:
  inbound_element(caf::strong_actor_ptr source, caf::message_id id);

  /// To be called first in the destructor of the subclass. Returns where the
  /// message was charged.
  inbound_ledger::account_ptr finish() noexcept;

  /// Makes the element look new.
  void reset(caf::strong_actor_ptr source, caf::message_id id) noexcept;

  /// The sink need not hear of it if nobody takes the message.
  void mark_unimportant() noexcept {
    taken_ = true;
  }

  void mark_taken() const noexcept {
    taken_ = true;
  }

private:
  mutable bool taken_ = false;
  inbound_ledger::account_ptr account_;
  size_t bytes_ = 0;
};

using inbound_ptr = std::unique_ptr<inbound_element, caf::detail::disposer>;

class inbound_shelf;

/// An element and the empty object in it, into which its message is decoded.
struct inbound_message {
  inbound_ptr element;
  google::protobuf::Message& object;
};

/// Makes an element for a message of a registered type, from a shelf.
inbound_message make_inbound(caf::strong_actor_ptr sender, caf::message_id mid,
                             inbound_shelf& shelf);

/// Makes an element for a message in encoded form, which arrives as a
/// `raw_message`.
inbound_ptr make_inbound(caf::strong_actor_ptr sender, caf::message_id mid,
                         encoded_message content);

/// Whether the elements of a type are made by one of the two above.
bool is_user_message(const std::type_info& element) noexcept;

/// Makes elements for answers of the module's own kinds and for the answer of
/// an actor that has nothing to say.
inbound_ptr make_inbound_answer(touched content);
inbound_ptr make_inbound_answer(pid_response content);
inbound_ptr make_inbound_empty_result();

/// Makes an element that CAF itself answers, in order with the messages before
/// it and without a handler seeing it; see `remote_proxy` for the answer. CAF's
/// own inspection message does that, for the actors that `answers_touch` names.
/// `request_id` is the wire's, 0: none.
inbound_ptr make_inbound_touch(caf::strong_actor_ptr sender,
                               uint32_t request_id);

/// Whether a response is one to such an element. Users' actors may answer with
/// the same values, so the message id tells; the wire's request id is in its
/// lower half.
bool is_touch_answer(caf::message_id response) noexcept;

/// Whether CAF itself answers `make_inbound_touch` for an actor: blocking
/// actors and proxies of other modules show it to their users instead.
bool answers_touch(const caf::strong_actor_ptr& x);

/// Whether an answer that comes after the time limit of its request stays in
/// the mailbox of an actor until that ends, as in blocking actors. Others drop
/// it.
bool leaves_late_answers(const caf::strong_actor_ptr& x);

/// Makes an element that ends an actor: at once, or after the messages before
/// it.
inbound_ptr make_inbound_exit(bool at_once);

/// Makes an element for the activator.
inbound_ptr make_inbound_spawn(spawn_for_peer content);

/// Makes an element that tells a subscriber of a node.
inbound_ptr make_inbound_event(endpoint_connected content);
inbound_ptr make_inbound_event(endpoint_unreachable content);

/// Makes elements for an endpoint's watcher.
inbound_ptr make_inbound_news(remote_watch content);
inbound_ptr make_inbound_news(remote_unwatch content);
inbound_ptr make_inbound_news(remote_terminated content);
inbound_ptr make_inbound_news(peer_touched content);

/// Makes an element for an event, a `dead_letter`, counted like a message.
inbound_ptr make_inbound_event(lost_message_ptr content);

} // namespace caf_remote
