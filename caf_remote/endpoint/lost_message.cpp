// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/lost_message.hpp"

#include <caf/make_counted.hpp>
#include <caf/make_message.hpp>

#include <utility>

namespace caf_remote {

namespace {

// The event in a mailbox and the message in it, besides texts and payload.
constexpr size_t event_overhead = 256;

pid pid_of(const actor_name_ptr& name, uint32_t request_id) {
  if (name == nullptr)
    return {};
  return {name->address, name->id, request_id};
}

actor_name_ptr name_of(const pid& x) {
  if (x.address.empty() && x.id.empty())
    return nullptr;
  return caf::make_counted<const actor_name>(x.address, x.id);
}

size_t size_of(const actor_name_ptr& x) noexcept {
  return x != nullptr ? x->address.size() + x->id.size() : 0;
}

} // namespace

void encoded_message::move_to(lost_message& x) {
  x.encoded = std::move(*this);
}

caf::intrusive_ptr<lost_message> lost_message::make(const pid& to,
                                                    caf::message what,
                                                    size_t bytes,
                                                    const pid& from) {
  auto result = caf::make_counted<lost_message>();
  result->target = name_of(to);
  result->sender = name_of(from);
  result->target_request_id = to.request_id;
  result->sender_request_id = from.request_id;
  result->content = std::move(what);
  result->content_bytes = bytes;
  return result;
}

size_t lost_message::bytes() const noexcept {
  return event_overhead + size_of(target) + size_of(sender)
         + encoded.type_name().size() + encoded.bytes.size() + content_bytes;
}

dead_letter lost_message::event() const {
  auto what = content;
  if (what.empty() && encoded.type != nullptr)
    what = caf::make_message(encoded_message{encoded}.make());
  return {pid_of(target, target_request_id), std::move(what),
          pid_of(sender, sender_request_id)};
}

} // namespace caf_remote
