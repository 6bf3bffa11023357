// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outbox.hpp"

#include "caf_remote/endpoint/prefetch.hpp"
#include "caf_remote/wire/batch_codec.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

wire::envelope_view view_of(const outbound_element& x,
                            std::string_view own_address) {
  wire::envelope_view result;
  auto who = x.who();
  result.type_name = x.type_name();
  result.payload = x.payload();
  result.target_id = who.target;
  if (!who.sender.empty()) {
    result.sender_id = who.sender;
    result.sender_address = who.sender_address.empty() ? own_address
                                                       : who.sender_address;
  }
  result.header = x.header();
  result.serializer_id = x.serializer_id;
  result.target_request_id = x.target_request_id;
  result.sender_request_id = x.sender_request_id;
  return result;
}

// How far ahead of the encoder messages are fetched into the CPU's cache.
constexpr size_t lookahead = 8;

// Of each: names and a small payload come right behind the element. Of a large
// payload the CPU fetches the rest by itself.
constexpr size_t fetched_bytes = sizeof(outbound_element) + 128;

/// What a frame needs besides its envelopes.
size_t frame_overhead() {
  static const auto result = wire::batch_encoder{}.size(0);
  return result;
}

} // namespace

void outbox::batch::add(outbound_ptr x) {
  if (x->which == lane::user) {
    ++user_messages;
    user_bytes += x->charge();
  } else {
    ++control_messages;
    control_bytes += x->charge();
  }
  passed(*x);
  if (x->request != 0)
    requests.push_back(x->request);
  messages.push_back(std::move(x));
}

void outbox::batch::passed(const outbound_element& x) noexcept {
  control_seq = std::max(control_seq, x.control_seq);
}

outbox::batch outbox::next(const limits& bounds,
                           std::string_view target_address,
                           std::string_view own_address, const filter& may_send,
                           const rejecter& reject) {
  batch result;
  auto address_size = target_address.size();
  while (!queue_.empty() && encoder_.count() < bounds.count) {
    if (queue_.size() > lookahead)
      prefetch(queue_[lookahead].get(), fetched_bytes);
    auto& x = queue_.front();
    auto free = x->need == peer_need::none && x->expires.never();
    auto why = free ? errc::none : may_send(*x);
    auto view = view_of(*x, own_address);
    if (!free && x->need == peer_need::caf_remote_for_header
        && !bounds.caf_remote)
      view.header = {};
    auto size = wire::batch_encoder::worst_case_size(view, address_size);
    if (why == errc::none && size + frame_overhead() > bounds.frame_bytes)
      why = errc::message_too_large;
    if (why != errc::none) {
      result.passed(*x);
      reject(std::move(x), why);
      queue_.pop_front();
      continue;
    }
    if (encoder_.count() > 0
        && encoder_.size(address_size) + size > bounds.batch_bytes)
      break;
    encoder_.add(view);
    result.add(std::move(x));
    queue_.pop_front();
  }
  if (!result.messages.empty())
    result.frame = encoder_.finish(target_address);
  return result;
}

std::deque<outbound_ptr> outbox::drain() {
  std::deque<outbound_ptr> result;
  result.swap(queue_);
  return result;
}

} // namespace caf_remote
