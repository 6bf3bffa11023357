// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/annotated_element.hpp"

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/wire/batch_codec.hpp"

#include <caf/local_actor.hpp>
#include <caf/message_builder.hpp>

#include <typeinfo>
#include <utility>

namespace caf_remote {

annotated_element::~annotated_element() {
  // nop
}

const message_header& annotated_element::header() const {
  static const message_header none;
  if (header_ == nullptr)
    return none;
  auto& [encoded, parts] = *header_;
  if (!encoded.empty()) {
    wire::header_view views;
    wire::decode_header(encoded, views);
    parts.assign(views.begin(), views.end());
    encoded = std::string{};
  }
  return parts;
}

void annotated_element::header(message_header x) {
  if (!x.empty())
    header_ = std::make_unique<header_block>(header_block{{}, std::move(x)});
}

void annotated_element::encoded_header(std::string_view bytes) {
  header_ = std::make_unique<header_block>(
    header_block{std::string{bytes}, {}});
}

sent_element::sent_element(caf::strong_actor_ptr from, caf::message_id id,
                           forwarding_stack path, caf::message content)
  : annotated_element(std::move(from), id, std::move(path)),
    content_(std::move(content)) {
  // CAF reads what it gets from here without asking whether there is something
  if (content_.vals() == nullptr)
    content_ = caf::message_builder{}.to_message();
}

sent_element::~sent_element() {
  if (held_by_ != nullptr)
    held_by_->leave(held_bytes_);
}

void sent_element::held_by(bound_share_ptr x, size_t bytes,
                           caf::strong_actor_ptr owner) noexcept {
  // a pool may have passed it on
  if (held_by_ != nullptr)
    held_by_->leave(held_bytes_);
  held_by_ = std::move(x);
  held_bytes_ = bytes;
  owner_ = std::move(owner);
}

sent_ptr to_sent(caf::mailbox_element_ptr x) {
  const auto& elem = *x;
  if (typeid(elem) == typeid(sent_element))
    return sent_ptr{static_cast<sent_element*>(x.release())};
  return sent_ptr{new sent_element(std::move(x->sender), x->mid,
                                   std::move(x->stages),
                                   x->move_content_to_message())};
}

caf::type_erased_tuple& sent_element::content() {
  return content_;
}

const caf::type_erased_tuple& sent_element::content() const {
  return content_.content();
}

caf::message sent_element::move_content_to_message() {
  return std::move(content_);
}

caf::message sent_element::copy_content_to_message() const {
  return content_;
}

message_extras extras_of(const caf::mailbox_element& x) noexcept {
  message_extras result;
  // The classes have no subclasses, and each has its type in one place, so
  // their addresses tell; a cast, or comparing names, costs much more.
  auto type = &typeid(x);
  if (type == &typeid(sent_element)) {
    auto& sent = static_cast<const sent_element&>(x);
    result.header = &sent.header();
    result.serializer_id = sent.serializer_id;
    result.deadline = sent.deadline;
  } else if (is_user_message(*type)) {
    result.header = &static_cast<const inbound_element&>(x).header();
  }
  return result;
}

const message_header& header_of(caf::local_actor* self) {
  static const message_header none;
  auto ptr = dynamic_cast<annotated_element*>(self->current_mailbox_element());
  return ptr != nullptr ? ptr->header() : none;
}

} // namespace caf_remote
