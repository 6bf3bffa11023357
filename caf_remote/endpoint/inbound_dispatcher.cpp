// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/wire/empty_result.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>

namespace caf_remote {

namespace {

// What a message costs besides its payload: element, Protobuf object, header.
constexpr size_t message_overhead = 320;

// How often accounts of targets that hold nothing are looked for.
constexpr uint64_t batches_between_clean_ups = 256;

/// Makes dead letters of messages that no handler took.
class undelivered_messages : public undelivered_sink {
public:
  explicit undelivered_messages(node_ptr home) : node_(std::move(home)) {
    // nop
  }

  void undelivered(inbound_element& x) override {
    pid target{node_->own().advertised(), x.target(), 0};
    pid sender;
    if (x.sender != nullptr)
      if (auto proxy = as_remote_proxy(x.sender))
        sender = proxy->who();
    // CAF answers requests itself when it drops them
    if (!sender.id.empty() && !x.mid.is_request())
      node_->tell_dead(sender, target);
    auto name = std::string{x.type_name()};
    caf::message content;
    if (node_->wants_dead_letters())
      content = x.release();
    node_->dead_letter(target, std::move(content), sender, name,
                       errc::dead_letter);
  }

private:
  const node_ptr node_;
};

inbound_ledger::bounds bounds_of(const node& x) {
  return {x.opts.inbound_messages, x.opts.inbound_bytes};
}

} // namespace

inbound_dispatcher::inbound_dispatcher(node_ptr home, peer_ptr from,
                                       std::string member_id,
                                       std::function<void()> resume)
  : node_(std::move(home)), peer_(std::move(from)),
    member_id_(std::move(member_id)),
    ledger_(caf::make_counted<inbound_ledger>(
      bounds_of(*node_), std::move(resume),
      std::make_shared<undelivered_messages>(node_))) {
  // nop
}

inbound_dispatcher::~inbound_dispatcher() {
  ledger_->detach();
}

bool inbound_dispatcher::must_stop() {
  return !discarding_ && ledger_->must_stop();
}

bool inbound_dispatcher::give_up_waiting() {
  return ledger_->give_up_waiting();
}

bool inbound_dispatcher::dispatch(std::string_view content) {
  if (!wire::decode_batch(content, batch_))
    return false;
  targets_.assign(batch_.targets.size(), target_slot{});
  types_.assign(batch_.type_names.size(), type_slot{});
  senders_.assign(batch_.senders.size(), sender_slot{});
  for (auto& x : batch_.envelopes)
    deliver(x);
  node_->received_messages.fetch_add(batch_.envelopes.size());
  node_->received_batches.fetch_add(1);
  targets_.clear();
  senders_.clear();
  release_if_large();
  if (++batches_ % batches_between_clean_ups == 0)
    ledger_->forget_idle();
  return true;
}

void inbound_dispatcher::release_if_large() {
  // one batch with huge tables must not cost memory for ever
  constexpr size_t usual = 8192;
  if (batch_.envelopes.capacity() <= usual && batch_.targets.capacity() <= usual
      && batch_.senders.capacity() <= usual
      && batch_.type_names.capacity() <= usual)
    return;
  batch_ = wire::batch_view{};
  targets_ = {};
  types_ = {};
  senders_ = {};
}

void inbound_dispatcher::deliver(const wire::envelope& x) {
  if (x.fault != wire::envelope_fault::none) {
    refuse(x, to_string(x.fault));
    return;
  }
  if (!has_usable_sender(x)) {
    refuse(x, "a sender with an unusable address");
    return;
  }
  auto& target = resolve_target(x);
  if (!target.ours || discarding_) {
    dead(x, discarding_ ? errc::not_running : errc::dead_letter);
    return;
  }
  auto& type = resolve_type(x);
  if (type.system != wire::system_type::none)
    deliver_system(x, type.system);
  else if (x.target_request_id != 0)
    deliver_answer(x);
  else
    deliver_user(x, target);
}

void inbound_dispatcher::deliver_system(const wire::envelope& x,
                                        wire::system_type type) {
  auto& target = resolve_target(x);
  switch (type) {
    case wire::system_type::watch:
      return on_watch(x);
    case wire::system_type::unwatch:
      return on_unwatch(x);
    case wire::system_type::terminated:
      return on_terminated(x);
    case wire::system_type::stop:
      return on_stop(x, true);
    case wire::system_type::poison_pill:
      return on_stop(x, false);
    case wire::system_type::touch:
      return on_touch(x, target);
    case wire::system_type::touched:
      return on_touched(x);
    case wire::system_type::dead_letter_response:
      return on_dead_letter_response(x);
    case wire::system_type::actor_pid_request:
      return on_pid_request(x, target);
    case wire::system_type::actor_pid_response:
      return on_pid_response(x);
    case wire::system_type::none:
      break;
  }
}

// -- user messages -----------------------------------------------------------------------------

void inbound_dispatcher::deliver_user(const wire::envelope& x,
                                      target_slot& target) {
  if (target.process.hdl == nullptr) {
    dead(x, errc::dead_letter);
    return;
  }
  auto msg = decode(x, target);
  if (!msg) {
    refuse(x, render(msg.error()));
    return;
  }
  hand_over(std::move(*msg), x, target);
}

bool inbound_dispatcher::hand_over(inbound_ptr msg, const wire::envelope& x,
                                   target_slot& target) {
  if (target.account == nullptr)
    target.account = ledger_->account_of(
      batch_.targets[static_cast<size_t>(x.target_index)].id);
  return hand_over(std::move(msg), x, target, target.account);
}

bool inbound_dispatcher::hand_over(inbound_ptr msg, const wire::envelope& x,
                                   const target_slot& target,
                                   const inbound_ledger::account_ptr& account) {
  auto bytes = x.payload.size() + x.header.size() + message_overhead;
  if (!ledger_->enter(*account, bytes)) {
    msg.reset();
    dead(x, errc::queue_full);
    return false;
  }
  msg->charge(account, bytes);
  target.process.hdl->enqueue(std::move(msg), nullptr);
  return true;
}

caf::expected<inbound_ptr>
inbound_dispatcher::decode(const wire::envelope& x, const target_slot& target) {
  message_header header;
  if (!x.header.empty()) {
    if (x.header_count > node_->opts.max_headers)
      return make_error(errc::header_too_large);
    wire::decode_header(x.header, header_);
    size_t bytes = 0;
    for (auto& kvp : header_) {
      bytes += kvp.first.size() + kvp.second.size();
      header.emplace_back(kvp.first, kvp.second);
    }
    if (bytes > node_->opts.max_header_bytes)
      return make_error(errc::header_too_large);
  }
  auto& type = resolve_type(x);
  auto raw = target.process.mode == delivery_mode::raw;
  inbound_ptr result;
  if (type.entry != nullptr && !raw) {
    auto content = type.entry->codec->make();
    if (auto err = node_->types.decode(x.payload, x.serializer_id, *type.entry,
                                       *content))
      return err;
    result = make_inbound(sender_of(x), message_id_of(x), *type.entry->codec,
                          std::move(content));
  } else {
    if (!raw && !node_->types.knows(x.serializer_id))
      return make_error(errc::not_found, "no serializer has the id "
                                           + std::to_string(x.serializer_id));
    result = make_inbound(sender_of(x), message_id_of(x),
                          raw_message{std::string{type_name(x)},
                                      x.serializer_id, std::string{x.payload}});
  }
  result->header = std::move(header);
  return result;
}

void inbound_dispatcher::deliver_answer(const wire::envelope& x) {
  // the actor that was asked may have passed the request on to another node, so
  // any peer may answer
  if (!node_->pending.endpoint_of(x.target_request_id, target_id(x))) {
    dead(x, errc::dead_letter); // too late
    return;
  }
  auto content = decode_answer(x);
  auto entry = node_->pending.take(x.target_request_id);
  if (!entry)
    return;
  if (content) {
    answer(std::move(*entry), sender_of(x), std::move(*content));
    return;
  }
  refuse(x, render(content.error()));
  answer(std::move(*entry), std::move(content.error()));
}

caf::expected<caf::message>
inbound_dispatcher::decode_answer(const wire::envelope& x) {
  if (!x.header.empty() && type_name(x) == wire::empty_result::type_name) {
    wire::decode_header(x.header, header_);
    for (auto& kvp : header_)
      if (kvp.first == wire::empty_result::key)
        return caf::make_message();
  }
  auto& type = resolve_type(x);
  if (type.entry == nullptr)
    return caf::make_message(raw_message{
      std::string{type_name(x)}, x.serializer_id, std::string{x.payload}});
  auto content = type.entry->codec->make();
  if (auto err = node_->types.decode(x.payload, x.serializer_id, *type.entry,
                                     *content))
    return err;
  return type.entry->codec->to_message(std::move(*content));
}

// -- watches -----------------------------------------------------------------------------------

void inbound_dispatcher::on_watch(const wire::envelope& x) {
  wire::watch msg;
  if (!wire::decode(x.payload, msg) || !is_peer(msg.watcher.address)) {
    refuse(x, "a Watch without a watcher of the peer");
    return;
  }
  msg.watcher.address = peer_->address;
  auto& target = resolve_target(x);
  errc why = errc::none;
  auto where = node_->endpoints.acquire(peer_->address, why);
  if (where == nullptr) {
    dead(x, why);
    return;
  }
  where->post_to_watcher(caf::make_message(
    remote_watch{target_of(x).id, target.process.hdl, std::move(msg.watcher)}));
}

void inbound_dispatcher::on_unwatch(const wire::envelope& x) {
  wire::unwatch msg;
  if (!wire::decode(x.payload, msg) || !is_peer(msg.watcher.address)) {
    refuse(x, "an Unwatch without a watcher of the peer");
    return;
  }
  msg.watcher.address = peer_->address;
  if (auto where = node_->endpoints.find(peer_->address))
    where->post_to_watcher(caf::make_message(
      remote_unwatch{target_of(x).id, std::move(msg.watcher)}));
}

void inbound_dispatcher::on_terminated(const wire::envelope& x) {
  wire::terminated msg;
  if (!wire::decode(x.payload, msg) || !is_peer(msg.who.address)) {
    refuse(x, "a Terminated without an actor of the peer");
    return;
  }
  remote_terminated news{msg.who.id, msg.why};
  for (auto& where : endpoints_of_peer())
    where->post_to_watcher(caf::make_message(news));
}

// -- the rest of the system messages -----------------------------------------------------------

void inbound_dispatcher::on_stop(const wire::envelope& x, bool at_once) {
  auto& target = resolve_target(x);
  if (target.process.hdl == nullptr) {
    dead(x, errc::dead_letter);
    return;
  }
  if (target.process.kind == process_kind::internal) {
    refuse(x, "peers cannot stop the node's own actors");
    return;
  }
  auto msg = make_inbound_exit(at_once);
  if (at_once)
    hand_over(std::move(msg), x, target,
              ledger_->stop_account_of(target_of(x).id));
  else
    hand_over(std::move(msg), x, target);
}

void inbound_dispatcher::on_touch(const wire::envelope& x,
                                  target_slot& target) {
  auto sender = sender_of(x);
  if (sender == nullptr)
    return; // nobody to answer
  if (target.process.hdl == nullptr) {
    dead(x, errc::dead_letter);
    return;
  }
  hand_over(make_inbound_touch(std::move(sender), message_id_of(x)), x, target);
}

void inbound_dispatcher::on_touched(const wire::envelope& x) {
  wire::touched msg;
  if (!wire::decode(x.payload, msg)) {
    refuse(x, "a Touched without an actor");
    return;
  }
  msg.who.address = peer_address(msg.who.address);
  answer_pending(x, caf::make_message(touched{std::move(msg.who)}));
}

void inbound_dispatcher::on_dead_letter_response(const wire::envelope& x) {
  auto text = "answered by " + peer_->address;
  answer_pending(
    x, caf::make_message(make_error(errc::dead_letter, std::move(text))));
}

void inbound_dispatcher::on_pid_request(const wire::envelope& x,
                                        target_slot& target) {
  wire::actor_pid_request msg;
  auto sender = sender_of(x);
  if (!wire::decode(x.payload, msg) || sender == nullptr) {
    refuse(x, "an ActorPidRequest without a sender, or garbage");
    return;
  }
  if (target.process.hdl == nullptr
      || target.process.kind != process_kind::internal) {
    dead(x, errc::dead_letter);
    return;
  }
  hand_over(
    make_inbound_spawn(spawn_for_peer{std::move(msg.kind), std::move(msg.name),
                                      std::move(sender), x.sender_request_id}),
    x, target);
}

void inbound_dispatcher::on_pid_response(const wire::envelope& x) {
  wire::actor_pid_response msg;
  if (!wire::decode(x.payload, msg)) {
    refuse(x, "a garbled ActorPidResponse");
    return;
  }
  pid_response res{msg.who.has_value(), {}, msg.status_code};
  if (msg.who) {
    res.who = std::move(*msg.who);
    res.who.address = peer_address(res.who.address);
  }
  answer_pending(x, caf::make_message(std::move(res)));
}

void inbound_dispatcher::answer_pending(const wire::envelope& x,
                                        caf::message content) {
  // none: an answer to a plain message, or too late, of no use to anyone
  if (auto entry = node_->pending.take(x.target_request_id))
    answer(std::move(*entry), sender_of(x), std::move(content));
}

// -- tables of the batch -----------------------------------------------------------------------

inbound_dispatcher::target_slot&
inbound_dispatcher::resolve_target(const wire::envelope& x) {
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

inbound_dispatcher::type_slot&
inbound_dispatcher::resolve_type(const wire::envelope& x) {
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
    peer_->sent_type(name);
  return result;
}

bool inbound_dispatcher::has_usable_sender(const wire::envelope& x) {
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

caf::strong_actor_ptr inbound_dispatcher::sender_of(const wire::envelope& x) {
  if (x.sender_index < 0)
    return nullptr;
  auto index = static_cast<size_t>(x.sender_index);
  auto& slot = senders_[index];
  if (slot.proxy == nullptr) {
    auto& view = batch_.senders[index];
    slot.proxy = node_->proxies.get(*node_, peer_address(view.address),
                                    view.id);
  }
  return slot.proxy;
}

caf::message_id
inbound_dispatcher::message_id_of(const wire::envelope& x) const {
  // the wire's request id serves as CAF's: the answer brings it back
  if (x.sender_index >= 0 && x.sender_request_id != 0)
    return caf::make_message_id(x.sender_request_id);
  return caf::make_message_id();
}

std::string_view inbound_dispatcher::type_name(const wire::envelope& x) const {
  return batch_.type_names[static_cast<size_t>(x.type_index)];
}

std::string_view inbound_dispatcher::target_id(const wire::envelope& x) const {
  return batch_.targets[static_cast<size_t>(x.target_index)].id;
}

pid inbound_dispatcher::target_of(const wire::envelope& x) const {
  if (x.target_index < 0
      || static_cast<size_t>(x.target_index) >= batch_.targets.size())
    return {};
  auto& view = batch_.targets[static_cast<size_t>(x.target_index)];
  auto ours = node_->own().contains(view.address);
  return {ours ? node_->own().advertised() : std::string{view.address},
          std::string{view.id}, x.target_request_id};
}

pid inbound_dispatcher::sender_pid(const wire::envelope& x) const {
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

// -- who is who --------------------------------------------------------------------------------

std::string
inbound_dispatcher::peer_address(std::string_view wire_address) const {
  return means_peer(wire_address) ? peer_->address : std::string{wire_address};
}

std::vector<endpoint_ptr> inbound_dispatcher::endpoints_of_peer() const {
  auto result = node_->endpoints.by_member(member_id_);
  auto direct = node_->endpoints.find(peer_->address);
  if (direct != nullptr
      && std::find(result.begin(), result.end(), direct) == result.end())
    result.push_back(std::move(direct));
  return result;
}

bool inbound_dispatcher::is_peer(std::string_view wire_address) const {
  if (means_peer(wire_address) || wire_address == peer_->address)
    return true;
  auto xs = endpoints_of_peer();
  return std::any_of(xs.begin(), xs.end(), [&](const endpoint_ptr& y) {
    return y->address() == wire_address;
  });
}

// -- refusals ----------------------------------------------------------------------------------

void inbound_dispatcher::refuse(const wire::envelope& x,
                                const std::string& what) {
  node_->on_bad_envelope(peer_->address, what);
  tell_sender(x);
}

void inbound_dispatcher::dead(const wire::envelope& x, errc reason) {
  tell_sender(x);
  caf::message content;
  if (node_->wants_dead_letters())
    content = caf::make_message(raw_message{
      std::string{type_name(x)}, x.serializer_id, std::string{x.payload}});
  node_->dead_letter(target_of(x), std::move(content), sender_pid(x),
                     type_name(x), reason);
}

void inbound_dispatcher::tell_sender(const wire::envelope& x) {
  auto sender = sender_pid(x);
  if (sender.id.empty())
    return;
  // two nodes must not answer each other's dead letters for ever
  auto known_type = x.type_index >= 0
                    && static_cast<size_t>(x.type_index)
                         < batch_.type_names.size();
  if (known_type && type_name(x) == wire::dead_letter_response::type_name)
    return;
  node_->tell_dead(sender, target_of(x));
}

} // namespace caf_remote
