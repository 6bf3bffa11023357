// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "caf_remote/compat/context_for.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/undelivered_messages.hpp"
#include "caf_remote/printable.hpp"
#include "caf_remote/wire/empty_result.hpp"
#include "caf_remote/wire/reason_header.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

namespace caf_remote {

namespace {

// What a message costs besides its payload: element, Protobuf object.
constexpr size_t message_overhead = 320;

// Names up to this size, of target and sender together, are counted as overhead
// of an answer.
constexpr size_t short_names = 128;

// Says also what can be done.
caf::error too_large(std::string text, int32_t serializer_id) {
  text += serializer_id == wire::json_serializer ? ": send Protobuf"
                                                 : ": send it in parts";
  return make_error(errc::message_too_large,
                    text + ", or raise inbound-bytes at the receiver");
}

// What a watcher must hear of.
bool is_about_watches(std::string_view type_name) noexcept {
  auto type = wire::classify(type_name);
  return type == wire::system_type::watch || type == wire::system_type::unwatch
         || type == wire::system_type::terminated;
}

constexpr const char* kept_too_many =
  "blocking actors hold answers that they have not looked at, or that came "
  "too late, up to inbound-bytes: such an actor lets go of them when it ends";

constexpr const char* no_such_actor = "there is no actor of that name";

inbound_ledger::bounds bounds_of(const node& x) {
  return {x.opts.inbound_messages, x.opts.inbound_bytes};
}

} // namespace

inbound_dispatcher::inbound_dispatcher(node_ptr home, peer_ptr from,
                                       std::string member_id, uint64_t stream,
                                       const stream_dials& dials,
                                       std::function<void()> resume)
  : node_(std::move(home)), peer_(std::move(from)),
    member_id_(std::move(member_id)), stream_(stream), dials_(dials),
    ledger_(caf::make_counted<inbound_ledger>(
      bounds_of(*node_), std::move(resume),
      std::make_shared<undelivered_messages>(node_),
      node_->own().advertised())),
    shelves_(std::make_shared<shelves>()),
    batch_(node_, peer_, node_->endpoints.types_of(member_id_), dials) {
  ledger_->keep(shelves_);
}

inbound_dispatcher::~inbound_dispatcher() {
  rest();
  ledger_->detach();
  if (kept_answers_ != nullptr)
    kept_answers_->detach();
}

void inbound_dispatcher::rest() noexcept {
  for (auto& kvp : *shelves_)
    kvp.second.close();
  batch_.rest();
}

bool inbound_dispatcher::must_stop() {
  return !discarding_ && ledger_->must_stop();
}

bool inbound_dispatcher::give_up_waiting() {
  return ledger_->give_up_waiting();
}

bool inbound_dispatcher::dispatch(std::string_view content,
                                  caf::execution_unit* ctx) {
  ctx_ = ctx;
  if (!batch_.decode(content))
    return false;
  answer_bytes_ = 4 * content.size();
  watchers_take_.reset();
  auto& envelopes = batch_.envelopes();
  // first, so that what is answered is counted
  node_->received_messages.fetch_add(envelopes.size());
  node_->received_batches.fetch_add(1);
  for (auto& x : envelopes) {
    try {
      deliver(x);
    } catch (...) {
      give_up(x);
    }
  }
  batch_.clear();
  ctx_ = nullptr;
  ledger_->forget_idle();
  if (kept_answers_ != nullptr)
    kept_answers_->forget_idle();
  return true;
}

// Want of memory, or an actor whose `enqueue` throws: costs one envelope. But
// one that was for a watcher must not be missed; throws if not even the peer's
// streams can be ended, which ends this one. To be called while the exception
// is being handled.
void inbound_dispatcher::give_up(const wire::envelope& x) {
  if (is_about_watches(batch_.type_name(x))) {
    end_streams("what it says about watches cannot be delivered: "
                + printable_exception());
    return;
  }
  node_->attempt([&] {
    node_->on_shortage("a message from " + printable(peer_->address)
                       + " cannot be delivered: " + printable_exception());
    dead(x, errc::dead_letter, "it could not be delivered");
  });
}

void inbound_dispatcher::deliver(const wire::envelope& x) {
  if (x.fault != wire::envelope_fault::none) {
    refuse(x, to_string(x.fault));
    return;
  }
  if (!batch_.has_usable_sender(x)) {
    refuse(x, "a sender with an unusable address");
    return;
  }
  auto& target = batch_.target(x);
  if (!target.ours || discarding_) {
    if (discarding_)
      dead(x, errc::not_running, "we leave");
    else
      on_foreign(x);
    return;
  }
  auto& type = batch_.type(x);
  if (type.system != wire::system_type::none)
    deliver_system(x, type.system);
  else if (x.target_request_id != 0)
    deliver_answer(x);
  else
    deliver_user(x, target);
}

// Nobody of that address is here, and who watches one must hear that.
void inbound_dispatcher::on_foreign(const wire::envelope& x) {
  dead(x, errc::dead_letter,
       "the address is none of ours; if it leads here, add it to aliases");
  auto type = batch_.type(x).system;
  if (type == wire::system_type::watch)
    on_watch(x);
  else if (type == wire::system_type::unwatch)
    on_unwatch(x);
}

void inbound_dispatcher::deliver_system(const wire::envelope& x,
                                        wire::system_type type) {
  auto& target = batch_.target(x);
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
    dead(x, errc::dead_letter, no_such_actor);
    return;
  }
  decoded msg;
  if (auto err = decode(x, target, msg))
    refuse(x, render(err));
  else
    hand_over(std::move(msg), x, target);
}

void inbound_dispatcher::hand_over(decoded&& msg, const wire::envelope& x,
                                   target_slot& target) {
  hand_over(std::move(msg), x, target, account_of(x, target));
}

void inbound_dispatcher::hand_over(decoded&& msg, const wire::envelope& x,
                                   const target_slot& target,
                                   account_stock& account) {
  auto& hdl = target.process.hdl;
  if (charge(msg, x, account))
    hdl->enqueue(std::move(msg.element), context_for(hdl, ctx_));
}

inbound_batch::account_stock&
inbound_dispatcher::account_of(const wire::envelope& x, target_slot& target) {
  if (!target.account)
    target.account = account_stock{ledger_->account_of(batch_.target_id(x))};
  return target.account;
}

bool inbound_dispatcher::charge(const decoded& msg, const wire::envelope& x,
                                account_stock& account) {
  auto bytes = charge_of(x, msg.bytes);
  if (ledger_->enter(*account, bytes)) {
    msg.element->charge(account.take(), bytes);
    return true;
  }
  dead(x, errc::queue_full,
       "the actor does not keep up: it has left half of inbound-messages or "
       "inbound-bytes in its mailbox");
  return false;
}

size_t inbound_dispatcher::charge_of(const wire::envelope& x,
                                     size_t content_bytes) {
  return content_bytes + x.header.size() + message_overhead
         + batch_.take_handle_bytes(x);
}

caf::error inbound_dispatcher::decode(const wire::envelope& x,
                                      const target_slot& target,
                                      decoded& result) {
  if (x.header.empty())
    return decode_content(x, target, result);
  if (auto err = check_header(x))
    return err;
  if (auto err = decode_content(x, target, result))
    return err;
  if (x.header_count != 0)
    result.element->encoded_header(x.header);
  return caf::none;
}

caf::error inbound_dispatcher::decode_content(const wire::envelope& x,
                                              const target_slot& target,
                                              decoded& result) {
  auto& type = batch_.type(x);
  auto raw = target.process.mode == delivery_mode::raw;
  if (type.entry != nullptr && !raw)
    return decode_object(x, type, result);
  if (!raw && !node_->types.knows(x.serializer_id))
    return make_error(errc::not_found, "no serializer has the id "
                                         + std::to_string(x.serializer_id)
                                         + "; add_serializer adds one");
  // the name is copied for who reads the message
  result = {
    make_inbound(batch_.sender(x), batch_.message_id(x), batch_.encoded(x)),
    batch_.type_name(x).size() + x.payload.size()};
  return caf::none;
}

// Of a few bytes, Protobuf can make an object a hundred times as large:
// repeated and unknown fields, and all that a large type has. While it is read
// it may take what the stream may hold. Then it is charged with what it holds,
// and refused if that is more than one target may hold, unless the peer has
// paid for it.
caf::error inbound_dispatcher::decode_object(const wire::envelope& x,
                                             inbound_batch::type_slot& type,
                                             decoded& result) {
  auto msg = make_inbound(batch_.sender(x), batch_.message_id(x),
                          shelf_of(type));
  if (auto err = node_->types.decode(x.payload, x.serializer_id, *type.entry,
                                     node_->opts.inbound_bytes, msg.object))
    return code_of(err) == errc::message_too_large
             ? too_large(err.context().get_as<std::string>(0), x.serializer_id)
             : std::move(err);
  auto bytes = type.entry->held_bytes(x.payload, x.serializer_id, msg.object,
                                      message_overhead);
  if (bytes > x.payload.size()) {
    // an object may have kept memory of the message before
    auto limit = std::max({node_->opts.inbound_bytes / 2, 4 * x.payload.size(),
                           inbound_shelf::max_element_bytes});
    if (bytes > limit)
      return too_large(std::to_string(x.payload.size()) + " bytes become "
                         + std::to_string(bytes) + ", the limit is "
                         + std::to_string(limit),
                       wire::protobuf_serializer);
  }
  result.element = std::move(msg.element);
  result.bytes = bytes;
  return caf::none;
}

caf::error inbound_dispatcher::check_header(const wire::envelope& x) const {
  if (x.header_count > node_->opts.max_headers
      || x.header_bytes > node_->opts.max_header_bytes)
    return make_error(errc::header_too_large,
                      std::to_string(x.header_count) + " headers with "
                        + std::to_string(x.header_bytes)
                        + " bytes are more than max-headers or "
                          "max-header-bytes allow");
  return caf::none;
}

inbound_shelf& inbound_dispatcher::shelf_of(inbound_batch::type_slot& type) {
  if (type.shelf == nullptr) {
    auto& codec = *type.entry->codec;
    type.shelf = &shelves_->try_emplace(&codec, codec).first->second;
  }
  return *type.shelf;
}

// -- answers -----------------------------------------------------------------------------------

// The actor that was asked may have passed the request on to another node, so
// any peer may answer.
std::optional<pending_requests::taken>
inbound_dispatcher::take_pending(const wire::envelope& x) {
  return node_->pending.take(x.target_request_id, batch_.target_id(x));
}

void inbound_dispatcher::deliver_answer(const wire::envelope& x) {
  auto entry = take_pending(x);
  if (!entry) {
    dead(x, errc::dead_letter, "the request has ended before its answer came");
    return;
  }
  if (auto msg = decode_answer(x)) {
    answer_with(std::move(*entry), std::move(*msg), x);
  } else {
    refuse(x, render(msg.error()));
    answer(std::move(*entry), std::move(msg.error()));
  }
}

// None pending: the answer to a plain message, or one that comes too late, of
// no use to anyone.
void inbound_dispatcher::answer_pending(const wire::envelope& x,
                                        inbound_ptr msg) {
  if (auto entry = take_pending(x))
    answer_with(std::move(*entry), {std::move(msg), x.payload.size()}, x);
}

void inbound_dispatcher::answer_with(pending_requests::taken entry, decoded msg,
                                     const wire::envelope& x) {
  auto keeps = leaves_late_answers(entry.requester);
  if (keeps ? charge_kept(msg, x) : charge(msg, x, answer_account_of(x)))
    answer(std::move(entry), batch_.sender(x), std::move(msg.element), ctx_);
  else
    answer(std::move(entry),
           make_error(errc::queue_full,
                      keeps
                        ? kept_too_many
                        : "the requester does not keep up with its answers: it "
                          "has left half of inbound-messages or inbound-bytes "
                          "in its mailbox"));
}

// CAF keeps an answer that nobody waits for any more in a blocking actor's
// mailbox until that actor ends. To wait for it would hold the stream back for
// as long, so these answers do not count with the rest; but they have a bound.
bool inbound_dispatcher::charge_kept(const decoded& msg,
                                     const wire::envelope& x) {
  constexpr inbound_ledger::bounds none{tally::max_messages, tally::max_bytes};
  if (kept_answers_ == nullptr) {
    kept_answers_ = caf::make_counted<inbound_ledger>(
      none, nullptr, std::make_shared<undelivered_messages>(node_),
      node_->own().advertised());
    kept_answers_->keep(shelves_);
  }
  auto bytes = charge_of(x, msg.bytes);
  auto held = kept_answers_->bytes();
  auto account = kept_answers_->answer_account_of(batch_.target_id(x));
  if ((held > 0 && held + bytes > node_->opts.inbound_bytes)
      || kept_answers_->messages() >= none.messages / 2
      || !kept_answers_->enter(*account, bytes)) {
    dead(x, errc::queue_full, kept_too_many);
    return false;
  }
  msg.element->charge(std::move(account), bytes);
  return true;
}

inbound_batch::account_stock&
inbound_dispatcher::answer_account_of(const wire::envelope& x) {
  auto& result = batch_.target(x).answer_account;
  if (!result)
    result = account_stock{ledger_->answer_account_of(batch_.target_id(x))};
  return result;
}

caf::expected<inbound_dispatcher::decoded>
inbound_dispatcher::decode_answer(const wire::envelope& x) {
  if (is_empty_result(x))
    return decoded{make_inbound_empty_result(), 0};
  decoded result;
  if (auto err = decode(x, target_slot{}, result))
    return err;
  return result;
}

std::string inbound_dispatcher::reason_in(const wire::envelope& x) {
  if (x.header_count == 0 || x.header_count > node_->opts.max_headers)
    return {};
  wire::decode_header(x.header, header_);
  for (auto& kvp : header_)
    if (kvp.first == wire::reason_header::key)
      return printable(kvp.second);
  return {};
}

bool inbound_dispatcher::is_empty_result(const wire::envelope& x) {
  if (x.header_count != 1
      || batch_.type_name(x) != wire::empty_result::type_name)
    return false;
  wire::decode_header(x.header, header_);
  return std::any_of(header_.begin(), header_.end(), [](const auto& kvp) {
    return kvp.first == wire::empty_result::key;
  });
}

// -- watches -----------------------------------------------------------------------------------

void inbound_dispatcher::on_watch(const wire::envelope& x) {
  wire::watch msg;
  if (!has_watcher(x, msg)) {
    refuse(x, "a Watch without a watcher of the peer");
    return;
  }
  if (auto err = check_id(msg.watcher.id)) {
    refuse(x, render(err));
    return;
  }
  auto& target = batch_.target(x);
  errc why = errc::none;
  auto where = node_->endpoints.acquire(peer_->address, why,
                                        dials_.claimed.get());
  if (where == nullptr) {
    // the peer could never be told; so it learns that we are out of reach
    end_streams("there is no endpoint to tell it of ends: "
                + node_->explain_no_endpoint(why));
    return;
  }
  auto number = msg.watcher.request_id;
  auto forgotten = peer_->watch_comes(member_id_, where->serial(), number);
  tell_watcher(x, *where,
               make_inbound_news(remote_watch{
                 batch_.target_name(x), target.process.hdl,
                 std::move(msg.watcher.id), number, forgotten, stream_}));
}

// Whether somebody at the peer waits for an answer, under whatever id.
bool inbound_dispatcher::has_watcher(const wire::envelope& x,
                                     wire::watch& msg) const {
  return wire::decode(x.payload, msg) && is_peer(msg.watcher.address)
         && !msg.watcher.id.empty();
}

void inbound_dispatcher::on_unwatch(const wire::envelope& x) {
  wire::unwatch msg;
  if (!wire::decode(x.payload, msg) || !is_peer(msg.watcher.address)
      || check_id(msg.watcher.id)) {
    refuse(x, "an Unwatch without a watcher of the peer");
    return;
  }
  if (auto where = node_->endpoints.find(peer_->address))
    tell_watcher(x, *where,
                 make_inbound_news(remote_unwatch{batch_.target_name(x),
                                                  std::move(msg.watcher.id),
                                                  msg.watcher.request_id}));
}

void inbound_dispatcher::on_terminated(const wire::envelope& x) {
  wire::terminated msg;
  if (!wire::decode(x.payload, msg) || !is_peer(msg.who.address)
      || check_id(msg.who.id)) {
    refuse(x, "a Terminated without an actor of the peer");
    return;
  }
  remote_terminated news{msg.who.id, msg.why, x.target_request_id,
                         msg.who.request_id};
  if (auto where = endpoint_of_watcher(x))
    tell_watcher(x, *where, make_inbound_news(std::move(news)));
}

// What a watcher cannot be told is lost; so the peer's streams end, which says
// that we are out of reach, and on the next ones we ask again.
// A frame is taken as a whole, whatever the bounds: if its stream were ended
// for its length, the next one would be ended for the same.
void inbound_dispatcher::tell_watcher(const wire::envelope& x, endpoint& where,
                                      inbound_ptr news) {
  if (!watchers_account_)
    watchers_account_ = account_stock{ledger_->watchers_account()};
  if (!watchers_take_)
    watchers_take_ = !ledger_->is_full(*watchers_account_);
  if (*watchers_take_) {
    auto bytes = charge_of(x, x.payload.size());
    ledger_->enter_anyway(*watchers_account_, bytes);
    news->charge(watchers_account_.take(), bytes);
    where.post_to_watcher(caf::mailbox_element_ptr{news.release()});
  } else {
    end_streams("watches and their ends come faster than they are worked off: "
                "they hold half of inbound-messages or inbound-bytes, which "
                "can be raised");
  }
}

// Nothing of this is a dead letter: the peer hears of the end of all that it
// watches, and we ask again for what we watch.
void inbound_dispatcher::end_streams(const std::string& why) {
  if (ending_)
    return;
  caf::anon_send(node_->manager(),
                 end_streams_of{peer_->address, why, stream_});
  ending_ = true;
  node_->attempt([&] {
    node_->on_shortage("the streams of " + printable(peer_->address)
                       + " are ended, since " + why);
  });
}

// -- the rest of the system messages -----------------------------------------------------------

void inbound_dispatcher::on_stop(const wire::envelope& x, bool at_once) {
  auto& target = batch_.target(x);
  if (target.process.hdl == nullptr) {
    dead(x, errc::dead_letter, no_such_actor);
    return;
  }
  if (target.process.kind == process_kind::activator) {
    refuse(x, "peers cannot stop the activator");
    return;
  }
  decoded msg{make_inbound_exit(at_once), x.payload.size()};
  // one that acts at once reaches also a target that holds all it may
  if (at_once) {
    account_stock account{ledger_->stop_account_of(batch_.target_id(x))};
    hand_over(std::move(msg), x, target, account);
  } else {
    hand_over(std::move(msg), x, target);
  }
}

void inbound_dispatcher::on_touch(const wire::envelope& x,
                                  target_slot& target) {
  if (ending_)
    return; // an answer would say that what came before was taken
  auto sender = batch_.sender(x);
  if (sender == nullptr)
    return; // nobody to answer
  if (target.process.hdl == nullptr) {
    dead(x, errc::dead_letter, no_such_actor);
    return;
  }
  // it is there, which is what Touch asks; that the node is should not wait for
  // the program's factories, which run in the activator
  if (target.process.kind == process_kind::activator
      || !answers_touch(target.process.hdl)) {
    wire::touched answer{batch_.target_pid(x)};
    answer.who.request_id = 0;
    auto proxy = as_remote_proxy(sender);
    if (proxy != nullptr && may_tell(proxy->who(), answer.who))
      proxy->send_system(wire::touched::type_name, wire::encode(answer),
                         x.sender_request_id);
    return;
  }
  hand_over({make_inbound_touch(std::move(sender), x.sender_request_id),
             x.payload.size()},
            x, target);
}

void inbound_dispatcher::on_touched(const wire::envelope& x) {
  wire::touched msg;
  if (!wire::decode(x.payload, msg)) {
    refuse(x, "a Touched without an actor");
    return;
  }
  if (tell_watcher_of_answer(x))
    return;
  msg.who.address = batch_.peer_address(msg.who.address);
  answer_pending(x, make_inbound_answer(touched{std::move(msg.who)}));
}

void inbound_dispatcher::on_dead_letter_response(const wire::envelope& x) {
  // a peer without an activator has got the question all the same
  if (tell_watcher_of_answer(x))
    return;
  auto entry = take_pending(x);
  if (!entry)
    return;
  entry->otherwise = errc::dead_letter;
  auto why = reason_in(x);
  if (why.empty()) // Go says it for this reason only
    why = "there is no actor of that name, or it ended before it answered";
  answer(std::move(*entry),
         make_error(errc::dead_letter, peer_->address + " answers: " + why));
}

void inbound_dispatcher::on_pid_request(const wire::envelope& x,
                                        target_slot& target) {
  wire::actor_pid_request msg;
  auto sender = batch_.sender(x);
  if (!wire::decode(x.payload, msg) || sender == nullptr) {
    refuse(x, "an ActorPidRequest without a sender, or garbage");
    return;
  }
  if (target.process.hdl == nullptr
      || target.process.kind != process_kind::activator) {
    dead(x, errc::dead_letter, "no activator has that name");
    return;
  }
  spawn_for_peer content{std::move(msg.kind), std::move(msg.name),
                         std::move(sender), x.sender_request_id};
  hand_over({make_inbound_spawn(std::move(content)), x.payload.size()}, x,
            target);
}

void inbound_dispatcher::on_pid_response(const wire::envelope& x) {
  wire::actor_pid_response msg;
  if (!wire::decode(x.payload, msg)) {
    refuse(x, "a garbled ActorPidResponse");
    return;
  }
  pid_response res{msg.who.has_value(), {}, msg.status_code, {}};
  res.why = reason_in(x);
  if (msg.who) {
    res.who = std::move(*msg.who);
    res.who.address = batch_.peer_address(res.who.address);
  }
  answer_pending(x, make_inbound_answer(std::move(res)));
}

// -- who is who --------------------------------------------------------------------------------

// One whose listener calls itself otherwise is not the node that speaks here.
bool inbound_dispatcher::calls_itself_as_here(endpoint& x) const {
  auto said = x.remote().own_address();
  return said.empty() || canonical_address(said) == peer_->address;
}

// Whether the envelope answers a question of a watcher of ours.
bool inbound_dispatcher::tell_watcher_of_answer(const wire::envelope& x) {
  auto to = batch_.target_id(x);
  if (to.substr(0, watcher_prefix.size()) != watcher_prefix)
    return false;
  if (auto where = endpoint_of_watcher(x))
    tell_watcher(x, *where,
                 make_inbound_news(peer_touched{x.target_request_id}));
  return true;
}

// The endpoint whose watcher the envelope is for, if it leads to the node that
// speaks here.
endpoint_ptr
inbound_dispatcher::endpoint_of_watcher(const wire::envelope& x) const {
  auto to = batch_.target_id(x);
  auto pos = to.find('@');
  if (pos == std::string_view::npos)
    return nullptr;
  auto result = node_->endpoints.find(std::string{to.substr(pos + 1)});
  if (result == nullptr || result->watcher_id() != to)
    return nullptr;
  auto is_peers = result->address() == peer_->address
                  || (node_->endpoints.leads_to(result->address(), member_id_)
                      && calls_itself_as_here(*result));
  return is_peers ? result : nullptr;
}

bool inbound_dispatcher::is_peer(std::string_view wire_address) const {
  if (means_peer(wire_address)
      || canonical_address(wire_address) == peer_->address)
    return true;
  return node_->endpoints.leads_to(canonical_address(wire_address), member_id_);
}

// -- refusals ----------------------------------------------------------------------------------

void inbound_dispatcher::refuse(const wire::envelope& x,
                                const std::string& what) {
  node_->on_bad_envelope(peer_->address, what);
  tell_sender(x, what);
  // nobody would ever say to the watcher that there is no watch
  wire::watch msg;
  if (wire::classify(batch_.type_name(x)) == wire::system_type::watch
      && has_watcher(x, msg))
    end_streams("a Watch of theirs cannot be served: " + printable(what));
}

void inbound_dispatcher::dead(const wire::envelope& x, errc reason,
                              std::string_view detail) {
  lost_message_ptr event;
  if (node_->wants_dead_letters())
    event = batch_.lost(x);
  node_->dead_letter(batch_.target_pid(x), event, batch_.type_name(x), reason,
                     detail);
  tell_sender(x, detail);
}

void inbound_dispatcher::tell_sender(const wire::envelope& x,
                                     std::string_view why) {
  auto sender = batch_.sender_pid(x);
  if (sender.id.empty())
    return;
  // two nodes must not answer each other's dead letters for ever
  if (batch_.type_name(x) == wire::dead_letter_response::type_name)
    return;
  auto target = batch_.target_pid(x);
  if (may_tell(sender, target))
    node_->tell_dead(sender, target, why,
                     sender.address == peer_->address ? dials_.claimed
                                                      : dials_.others);
}

// What the node says by itself to one batch must not cost more than the batch
// did, and a few bytes can name long ids again and again.
bool inbound_dispatcher::may_tell(const pid& who, const pid& about) noexcept {
  auto bytes = who.id.size() + about.address.size() + about.id.size();
  if (bytes <= short_names)
    return true;
  if (bytes > answer_bytes_)
    return false;
  answer_bytes_ -= bytes;
  return true;
}

} // namespace caf_remote
