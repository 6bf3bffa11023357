// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/common_bound.hpp"
#include "caf_remote/message.hpp"

#include <caf/actor_clock.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace caf_remote {

/// A message with a header: CAF's own elements have no place for one. It stays
/// with the element, also if an actor that only passes messages on (a pool, a
/// composed actor) gets that first.
class annotated_element : public caf::mailbox_element {
public:
  ~annotated_element() override;

  /// Empty for most messages from other nodes. Called by who handles the
  /// message.
  const message_header& header() const;

  void header(message_header x);

  /// The same in encoded form: the content of remote.MessageHeader, checked. It
  /// is taken apart when somebody reads it, since a header of many short parts
  /// takes far more memory than its encoded form.
  void encoded_header(std::string_view bytes);

protected:
  using caf::mailbox_element::mailbox_element;

  void drop_header() noexcept {
    header_.reset();
  }

private:
  struct header_block {
    // empty: there is nothing to be taken apart any more
    std::string encoded;
    message_header parts;
  };

  std::unique_ptr<header_block> header_;
};

/// What an actor of this node sends with more than its content. Actors of this
/// node get the content like that of any other message, and a `remote_proxy`
/// finds the rest with `extras_of`.
class sent_element final : public annotated_element {
public:
  sent_element(caf::strong_actor_ptr from, caf::message_id id,
               forwarding_stack path, caf::message content);

  /// Which serializer encodes the content if it leaves the node.
  int32_t serializer_id = 0;

  /// When the sender of a request ceases to wait for the answer.
  caf::actor_clock::time_point deadline = caf::actor_clock::time_point::max();

  ~sent_element() override;

  const caf::message& message() const noexcept {
    return content_;
  }

  /// The element has been counted there, until it is destroyed. So long it
  /// keeps `owner`, to whom the share belongs.
  void held_by(bound_share_ptr x, size_t bytes,
               caf::strong_actor_ptr owner) noexcept;

  caf::type_erased_tuple& content() override;
  const caf::type_erased_tuple& content() const override;
  caf::message move_content_to_message() override;
  caf::message copy_content_to_message() const override;

private:
  caf::message content_;
  // null for nearly all
  bound_share_ptr held_by_;
  size_t held_bytes_ = 0;
  caf::strong_actor_ptr owner_;
};

using sent_ptr = std::unique_ptr<sent_element, caf::detail::disposer>;

/// Makes such an element of any other one.
sent_ptr to_sent(caf::mailbox_element_ptr x);

/// What a message takes along besides its content.
struct message_extras {
  /// Null: none. Valid as long as the element.
  const message_header* header = nullptr;
  int32_t serializer_id = 0;
  caf::actor_clock::time_point deadline = caf::actor_clock::time_point::max();
};

/// Cheap: it is asked for each message to another node.
message_extras extras_of(const caf::mailbox_element& x) noexcept;

} // namespace caf_remote
