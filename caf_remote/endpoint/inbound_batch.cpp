// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_batch.hpp"

#include "caf_remote/endpoint/node.hpp"

#include <caf/make_counted.hpp>

#include <algorithm>
#include <utility>

namespace caf_remote {

inbound_batch::inbound_batch(node_ptr home, peer_ptr from,
                             std::shared_ptr<known_types> types,
                             stream_dials dials)
  : node_(std::move(home)), peer_(std::move(from)),
    sent_types_(std::move(types)), dials_(std::move(dials)) {
  // nop
}

bool inbound_batch::decode(std::string_view content) {
  if (!wire::decode_batch(content, batch_))
    return false;
  targets_.resize(batch_.targets.size());
  types_.resize(batch_.type_names.size());
  senders_.resize(batch_.senders.size());
  return true;
}

const char* inbound_batch::fault() const noexcept {
  return batch_.too_long ? "a message batch with too many messages, or more "
                           "names than they can use: send several"
                         : "not a message batch";
}

void inbound_batch::clear() {
  targets_.clear();
  types_.clear();
  senders_.clear();
  if (is_large())
    rest();
}

void inbound_batch::rest() {
  batch_ = wire::batch_view{};
  targets_ = std::vector<target_slot>{};
  types_ = std::vector<type_slot>{};
  senders_ = std::vector<sender_slot>{};
}

// Whether the next batch had better start with fresh memory: one with huge
// tables, or with entries that none of its envelopes can use, must not cost
// memory for ever.
bool inbound_batch::is_large() const noexcept {
  constexpr size_t usual = 8192;
  auto entries = {batch_.targets.size(), batch_.senders.size(),
                  batch_.type_names.size()};
  auto most = std::max(entries);
  return most > usual || batch_.envelopes.size() > usual
         || most > batch_.envelopes.size() + 64;
}

inbound_batch::target_slot& inbound_batch::target(const wire::envelope& x) {
  auto index = static_cast<size_t>(x.target_index);
  auto& result = targets_[index];
  if (result.resolved)
    return result;
  result.resolved = true;
  auto& view = batch_.targets[index];
  result.ours = node_->own().contains(view.address);
  if (result.ours)
    result.process = node_->processes->find(view.id);
  return result;
}

inbound_batch::type_slot& inbound_batch::type(const wire::envelope& x) {
  auto& result = types_[static_cast<size_t>(x.type_index)];
  if (result.resolved)
    return result;
  result.resolved = true;
  auto name = type_name(x);
  result.system = wire::classify(name);
  if (result.system != wire::system_type::none)
    return result;
  result.entry = node_->types.find(name);
  if (result.entry == nullptr)
    sent_types_->add(name);
  return result;
}

bool inbound_batch::has_usable_sender(const wire::envelope& x) {
  if (x.sender_index < 0)
    return true;
  auto index = static_cast<size_t>(x.sender_index);
  auto& slot = senders_[index];
  if (!slot.checked) {
    auto& view = batch_.senders[index];
    slot.checked = true;
    slot.usable = !check_id(view.id)
                  && (means_peer(view.address) || !check_address(view.address));
  }
  return slot.usable;
}

caf::strong_actor_ptr inbound_batch::sender(const wire::envelope& x) {
  if (x.sender_index < 0)
    return nullptr;
  auto index = static_cast<size_t>(x.sender_index);
  auto& slot = senders_[index];
  if (!slot.proxy) {
    auto& view = batch_.senders[index];
    auto address = peer_address(view.address);
    slot.proxy = reference_stock<caf::actor_control_block>{node_->proxies.get(
      *node_, address, view.id,
      address == peer_->address ? dials_.claimed : dials_.others,
      &slot.is_new)};
  }
  return slot.proxy.take();
}

size_t inbound_batch::take_handle_bytes(const wire::envelope& x) noexcept {
  // a proxy, its name, its entry in the table; measured
  constexpr size_t handle_bytes = 1024;
  if (x.sender_index < 0)
    return 0;
  auto& is_new = senders_[static_cast<size_t>(x.sender_index)].is_new;
  return std::exchange(is_new, false) ? handle_bytes : 0;
}

caf::message_id inbound_batch::message_id(const wire::envelope& x) const {
  // the wire's request id serves as CAF's: the answer brings it back
  if (x.sender_index >= 0 && x.sender_request_id != 0)
    return caf::make_message_id(x.sender_request_id);
  return caf::make_message_id();
}

std::string_view inbound_batch::type_name(const wire::envelope& x) const {
  if (x.type_index < 0
      || static_cast<size_t>(x.type_index) >= batch_.type_names.size())
    return {};
  return batch_.type_names[static_cast<size_t>(x.type_index)];
}

std::string_view inbound_batch::target_id(const wire::envelope& x) const {
  return batch_.targets[static_cast<size_t>(x.target_index)].id;
}

actor_name_ptr inbound_batch::target_name(const wire::envelope& x) {
  auto& name = targets_[static_cast<size_t>(x.target_index)].name;
  if (name == nullptr) {
    auto who = target_pid(x);
    name = caf::make_counted<const actor_name>(std::move(who.address),
                                               std::move(who.id));
  }
  return name;
}

pid inbound_batch::target_pid(const wire::envelope& x) const {
  if (x.target_index < 0
      || static_cast<size_t>(x.target_index) >= batch_.targets.size())
    return {};
  auto& view = batch_.targets[static_cast<size_t>(x.target_index)];
  auto ours = node_->own().contains(view.address);
  return {ours ? node_->own().advertised() : std::string{view.address},
          std::string{view.id}, x.target_request_id};
}

pid inbound_batch::sender_pid(const wire::envelope& x) const {
  if (x.sender_index < 0
      || static_cast<size_t>(x.sender_index) >= batch_.senders.size())
    return {};
  auto& view = batch_.senders[static_cast<size_t>(x.sender_index)];
  if (!view.valid || check_id(view.id)
      || (!means_peer(view.address) && check_address(view.address)))
    return {};
  return {peer_address(view.address), std::string{view.id},
          x.sender_request_id};
}

encoded_message inbound_batch::encoded(const wire::envelope& x) {
  auto name = type_name(x);
  if (name.empty())
    return {nullptr, x.serializer_id, std::string{x.payload}};
  auto& stock = types_[static_cast<size_t>(x.type_index)].name;
  if (!stock)
    stock = reference_stock<const shared_text>{
      caf::make_counted<const shared_text>(name)};
  return {stock.take(), x.serializer_id, std::string{x.payload}};
}

lost_message_ptr inbound_batch::lost(const wire::envelope& x) {
  auto result = caf::make_counted<lost_message>();
  result->encoded = encoded(x);
  if (x.target_index >= 0
      && static_cast<size_t>(x.target_index) < targets_.size()) {
    auto name = target_name(x);
    if (!name->id.empty())
      result->target = std::move(name);
    result->target_request_id = x.target_request_id;
  }
  auto sender = sender_pid(x);
  if (!sender.id.empty()) {
    auto& name = senders_[static_cast<size_t>(x.sender_index)].name;
    if (name == nullptr)
      name = caf::make_counted<const actor_name>(sender.address, sender.id);
    result->sender = name;
  }
  result->sender_request_id = sender.request_id;
  return result;
}

std::string inbound_batch::peer_address(std::string_view wire_address) const {
  return means_peer(wire_address) || wire_address == peer_->address
           ? peer_->address
           : canonical_address(wire_address);
}

} // namespace caf_remote
