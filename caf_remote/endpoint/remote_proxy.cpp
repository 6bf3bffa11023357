// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/remote_proxy.hpp"

#include "caf_remote/compat/context_for.hpp"
#include "caf_remote/compat/has_ended.hpp"
#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/compat/link_end.hpp"
#include "caf_remote/endpoint/callback.hpp"
#include "caf_remote/endpoint/insist.hpp"
#include "caf_remote/endpoint/message_encoder.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"
#include "caf_remote/endpoint/own_observer.hpp"
#include "caf_remote/endpoint/selects_safely.hpp"
#include "caf_remote/endpoint/watch_number.hpp"
#include "caf_remote/printable.hpp"
#include "caf_remote/wire/empty_result.hpp"

#include <caf/default_attachable.hpp>
#include <caf/local_actor.hpp>
#include <caf/make_message.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>
#include <iterator>
#include <typeinfo>

namespace caf_remote {

namespace {

// Actors of two systems in one process may have the same id, and compare equal.
bool same(const caf::actor_addr& x, const caf::actor_addr& y) noexcept {
  return x.get() == y.get();
}

void send_exit_message(const caf::strong_actor_ptr& to,
                       const caf::actor_addr& source, caf::exit_reason reason) {
  to->enqueue(nullptr, caf::make_message_id(),
              caf::make_message(caf::exit_msg{source, reason}), nullptr);
}

// Those of `monitor` and `link_to`; others may be code of the user's, which is
// not called twice.
bool is_of_caf(const caf::attachable& x) noexcept {
  return typeid(x) == typeid(caf::default_attachable);
}

constexpr const char* observes = "what observes a remote actor";

bool is_users(process_kind x) noexcept {
  return x == process_kind::published || x == process_kind::reply_address;
}

// Moves what `pred` picks to the result.
template <class T, class Predicate>
std::vector<T> extract_if(std::vector<T>& xs, Predicate pred) {
  auto i = std::stable_partition(xs.begin(), xs.end(),
                                 [&](const T& x) { return !pred(x); });
  std::vector<T> result{std::make_move_iterator(i),
                        std::make_move_iterator(xs.end())};
  xs.erase(i, xs.end());
  return result;
}

// The same of those that have a mark.
template <class T>
std::vector<T> extract_marked(std::vector<T>& xs,
                              const std::vector<bool>& marks) {
  std::vector<T> result;
  result.reserve(
    static_cast<size_t>(std::count(marks.begin(), marks.end(), true)));
  auto mark = marks.begin();
  auto rest = xs.begin();
  for (auto& x : xs) {
    if (*mark++)
      result.push_back(std::move(x));
    else if (auto& place = *rest++; &place != &x)
      place = std::move(x);
  }
  xs.erase(rest, xs.end());
  return result;
}

// Moves a range of `xs` to `result`, which has room for it.
template <class T, class Range>
void move_to(std::vector<T>& result, std::vector<T>& xs, Range range) noexcept {
  std::move(range.first, range.second, std::back_inserter(result));
  xs.erase(range.first, range.second);
}

// What an error that an actor gave as its result says to another node.
std::string explain_result(const caf::error& x) {
  if (x == caf::sec::unexpected_message)
    return "the actor has no handler for the message";
  if (x == caf::sec::request_receiver_down
      || x.category() == caf::make_error(caf::exit_reason::kill).category())
    return "the actor ended before it answered";
  return "the actor failed: " + render(x);
}

// What a message costs besides its content, and more.
constexpr size_t element_overhead = 320;

// Empty: the error's code is all there is to say.
std::string_view text_of(const caf::error& x) {
  auto& context = x.context();
  return context.match_elements<std::string>()
           ? std::string_view{context.get_as<std::string>(0)}
           : std::string_view{};
}

} // namespace

remote_proxy::remote_proxy(caf::actor_config& cfg, node_ptr home,
                           actor_name_ptr name, dial_budget_ptr named_by,
                           bound_share_ptr share)
  : caf::actor_proxy(cfg), node_(std::move(home)), name_(std::move(name)),
    share_(std::move(share)), named_by_(std::move(named_by)),
    payer_(named_by_.get()) {
  // nop
}

remote_proxy::~remote_proxy() {
  // only if the watcher that kept it has failed: nobody else would tell them
  if (has_observers())
    node_->attempt([this] {
      insist([this] {
        fire({wire::terminated_reason::address_terminated}, std::nullopt);
      });
    });
  node_->proxies.erase(*name_, id(), is_named_here());
}

pid remote_proxy::who() const {
  return {name_->address, name_->id, 0};
}

// -- sending -----------------------------------------------------------------------------------

void remote_proxy::enqueue(caf::mailbox_element_ptr what,
                           caf::execution_unit* ctx) {
  // reading through the const overload never copies a shared message
  auto& content = std::as_const(*what).content();
  if (is_here()) {
    deliver_locally(std::move(what), ctx);
    return;
  }
  if (auto x = only_element<caf::exit_msg>(content)) {
    send_exit(*what, *x);
    return;
  }
  auto extras = extras_of(*what);
  sending x{std::move(what->sender),
            what->mid,
            std::move(what->stages),
            content,
            ctx,
            extras};
  if (x.mid.is_response())
    send_response(x);
  else if (!x.mid.is_request() && only_element<caf::error>(content) != nullptr)
    send_stray_error(x);
  else
    send(std::move(x));
}

void remote_proxy::send(sending x) {
  errc why = errc::none;
  auto where = pin_endpoint(why);
  if (!where) {
    refuse(x, no_endpoint(why));
    return;
  }
  correspondents who{name_->id, {}, {}};
  auto from = name_of(x.sender);
  std::string elsewhere;
  if (from != nullptr) {
    who.sender = from->id;
    if (!from->address.empty())
      elsewhere = node_->endpoints.spelling_of(from->address);
    who.sender_address = elsewhere;
  }
  auto msg = encode(x, *where, who);
  if (!msg) {
    refuse(x, msg.error());
    // an answer that cannot be sent must not leave its requester waiting
    if (is_future(name_->id))
      send_error_result(x, "its answer cannot be sent: " + render(msg.error()));
    return;
  }
  if (x.mid.is_request())
    if (auto err = number_request(**msg, x, from, where->serial())) {
      refuse(x, err);
      return;
    }
  where->push(std::move(*msg), x.ctx);
}

// A message that cannot be encoded may have to be printed for the error, which
// is the code of its type's author.
caf::expected<outbound_ptr>
remote_proxy::encode(const sending& x, endpoint& where,
                     const correspondents& who) const {
  // one result in one place: what is returned is never moved
  auto unguarded = [&] {
    message_encoder encoder{*node_, who};
    auto& extras = x.extras;
    auto result = extras.header == nullptr
                    ? encoder.encode(x.content)
                    : encoder.encode(x.content, *extras.header,
                                     extras.serializer_id);
    if (result)
      if (auto err = check_size(**result, where))
        result = std::move(err);
    return result;
  };
  try {
    return unguarded();
  } catch (...) {
    return make_error(errc::not_serializable, printable_exception());
  }
}

// Null: nobody. An actor elsewhere will be answered there.
actor_name_ptr
remote_proxy::name_of(const caf::strong_actor_ptr& sender) const {
  if (sender == nullptr)
    return nullptr;
  auto other = as_remote_proxy(sender);
  return other != nullptr ? other->target() : node_->processes->name_of(sender);
}

caf::error remote_proxy::number_request(outbound& x, sending& s,
                                        const actor_name_ptr& from,
                                        uint64_t endpoint) {
  if (from == nullptr)
    return caf::none;
  auto now = node_->now();
  x.expires = expiry_of(s, now);
  if (!from->address.empty()) {
    // asked elsewhere, and the answer goes there
    x.sender_request_id = static_cast<uint32_t>(
      s.mid.request_id().integer_value());
    return caf::none;
  }
  pending_requests::entry entry;
  entry.requester = s.sender;
  entry.mid = s.mid;
  entry.stages = std::move(s.stages);
  entry.name = from;
  entry.endpoint = endpoint;
  entry.since = now;
  if (node_->pending.full())
    for (auto& old : node_->pending.take_stale(entry.since))
      answer(std::move(old), make_error(errc::too_many_requests));
  auto id = node_->pending.add(std::move(entry));
  if (!id)
    return make_error(errc::too_many_requests);
  x.request = *id;
  x.sender_request_id = *id;
  // one that has ended before took along what was there then
  if (has_ended(s.sender))
    if (auto mine = node_->pending.take(*id)) {
      mine->settle();
      x.request = 0;
    }
  return caf::none;
}

// CAF does not tell the time limit of a request. One that need not be answered
// any more need not be sent either.
brief_time remote_proxy::expiry_of(const sending& x,
                                   caf::actor_clock::time_point now) const {
  auto& opts = node_->opts;
  auto known = x.extras.deadline != caf::actor_clock::time_point::max();
  caf::timespan longest = known ? brief_time::reach
                                : opts.queued_request_expiry;
  return brief_time{
    std::min(x.extras.deadline, now + std::min(longest, opts.request_expiry))};
}

void remote_proxy::send_response(const sending& x) {
  auto request_id = static_cast<uint32_t>(x.mid.request_id().integer_value());
  if (auto err = only_element<caf::error>(x.content)) {
    send_error_result(x, explain_result(*err));
    return;
  }
  if (x.content.empty()) {
    send_empty_result(x);
    return;
  }
  if (is_touch_answer(x.mid) && x.sender != nullptr) {
    wire::touched answer;
    answer.who = {node_->own().advertised(),
                  node_->processes->name_of(x.sender)->id, 0};
    send_system(wire::touched::type_name, wire::encode(answer), request_id);
    return;
  }
  errc why = errc::none;
  auto where = pin_endpoint(why);
  if (!where) {
    refuse(x, no_endpoint(why));
    return;
  }
  auto msg = encode(x, *where, {name_->id, {}, {}});
  if (!msg) {
    // the requester must not wait for an answer that cannot be sent
    refuse(x, msg.error());
    send_error_result(x, "its answer cannot be sent: " + render(msg.error()));
    return;
  }
  (*msg)->target_request_id = request_id;
  where->push(std::move(*msg), x.ctx);
}

// A handler's error for a message, as a rule. In Proto.Actor the sender of a
// message can be told that it failed; a caf_remote peer has nobody to tell.
void remote_proxy::send_stray_error(const sending& x) {
  if (node_->endpoints.peer_of(name_->address)->seems_caf_remote())
    refuse(x, make_error(errc::stray_error,
                         explain_result(*only_element<caf::error>(x.content))));
  else
    send_error_result(x, {}); // tells no caf_remote peer, so no reason
}

void remote_proxy::send_error_result(const sending& x, const std::string& why) {
  auto request_id = static_cast<uint32_t>(x.mid.request_id().integer_value());
  wire::dead_letter_response response;
  // a failure is no reason to make an actor known that was not
  if (x.sender != nullptr && as_remote_proxy(x.sender) == nullptr)
    if (auto id = node_->processes->known_name(x.sender); !id.empty())
      response.target = {node_->own().advertised(), std::move(id), 0};
  send_system(wire::dead_letter_response::type_name, wire::encode(response),
              request_id,
              request_id != 0 ? node_->reason_for(name_->address, why) : "");
}

void remote_proxy::send_empty_result(const sending& x) {
  // a Go actor that awaits nothing must not be sent something; what is not
  // known is for the writer to find out
  if (!node_->endpoints.peer_of(name_->address)->may_be_caf_remote())
    return;
  auto msg = make_outbound({name_->id, {}, {}}, wire::empty_result::type_name,
                           false, {}, wire::empty_result::header());
  msg->need = peer_need::caf_remote;
  msg->target_request_id = static_cast<uint32_t>(
    x.mid.request_id().integer_value());
  push(std::move(msg));
}

void remote_proxy::send_system(std::string_view type_name,
                               std::string_view payload,
                               uint32_t target_request_id,
                               std::string_view header) {
  auto msg = make_outbound({name_->id, {}, {}}, type_name, false, payload,
                           header);
  msg->target_request_id = target_request_id;
  if (!header.empty())
    msg->need = peer_need::caf_remote_for_header;
  push(std::move(msg));
}

void remote_proxy::push(outbound_ptr msg) {
  errc why = errc::none;
  auto where = pin_endpoint(why);
  if (!where)
    node_->dead_letter(*msg, name_->address, why, text_of(no_endpoint(why)));
  else
    where->push(std::move(msg));
}

void remote_proxy::send_exit(const caf::mailbox_element& what,
                             const caf::exit_msg& x) {
  auto linked = exclusive_critical_section([&] {
    auto is_source = [&](const link& y) { return same(y.who, x.source); };
    if (extract_if(links_, is_source).empty())
      return false;
    if (!has_observers())
      post_unwatch();
    return true;
  });
  if (linked) {
    if (!x.reason)
      return; // a linked actor ended normally
  } else if (is_link_end(what, x) || (!x.reason && source_has_ended(x))) {
    return; // the link is over: not for who has the name now
  }
  send_system(wire::stop::type_name, {});
}

void remote_proxy::deliver_locally(caf::mailbox_element_ptr what,
                                   caf::execution_unit* ctx) {
  // the end of a link concerns who was linked, not who has the name now
  if (auto end = only_element<caf::exit_msg>(std::as_const(*what).content())) {
    auto links = exclusive_critical_section(
      [&] { return take_links_here(end->source); });
    for (auto& x : links)
      if (auto host = caf::actor_cast<caf::strong_actor_ptr>(x.host))
        host->enqueue(nullptr, caf::make_message_id(), caf::make_message(*end),
                      nullptr);
    if (!links.empty() || is_link_end(*what, *end))
      return;
  }
  if (what->mid.is_response()) {
    // a request of ours that came back to us: its id is the wire's
    auto id = static_cast<uint32_t>(what->mid.request_id().integer_value());
    if (auto entry = node_->pending.take(id, name_->id)) {
      auto responder = std::move(what->sender);
      answer(std::move(*entry), std::move(responder), std::move(what));
    } else {
      sending x{std::move(what->sender),        what->mid, {},
                std::as_const(*what).content(), nullptr,   {}};
      refuse(x, make_error(errc::dead_letter, "the request has ended"));
    }
    return;
  }
  auto target = node_->processes->find(name_->id);
  // what an actor answers to a sender that a peer has made up goes here, too
  if (target.hdl != nullptr && target.kind != process_kind::activator) {
    if (share_ == nullptr || hold(what, target.hdl))
      target.hdl->enqueue(std::move(what), context_for(target.hdl, ctx));
    return;
  }
  auto& content = std::as_const(*what).content();
  sending x{std::move(what->sender), what->mid, {}, content, nullptr, {}};
  refuse(x, no_endpoint(nobody_here()));
}

// A peer can give any actor of ours as the sender of what it sends to another
// one. What they then say to each other has left the account of its stream, so
// it has a bound of its own. Refuses what is beyond it.
bool remote_proxy::hold(caf::mailbox_element_ptr& what,
                        const caf::strong_actor_ptr& target) {
  if (!what->mid.is_request())
    what->sender = sender_here(what->sender, target);
  // charged by its stream until it is taken, or the end of all talk
  if (dynamic_cast<inbound_element*>(what.get()) != nullptr
      || what->content().match_elements<caf::exit_msg>())
    return true;
  auto sent = to_sent(std::move(what));
  auto bytes = element_overhead + content_bytes(*node_, sent->message());
  if (share_->enter(bytes)) {
    // the next message that names the actor must find this share
    sent->held_by(share_, bytes, caf::strong_actor_ptr{ctrl()});
    what.reset(sent.release());
    return true;
  }
  sending x{std::move(sent->sender), sent->mid, {},
            sent->message(),         nullptr,   {}};
  refuse(x, make_error(errc::queue_full,
                       "a peer makes actors of this node talk to each other: "
                       "what they have not looked at yet may be "
                       "inbound-messages and inbound-bytes"));
  return false;
}

// The sender of what an actor of ours says this way: answers to it go the same
// way, or two actors that answer each other would have left the bound with the
// first one. Who is told its own answer must not answer that, and so on.
caf::strong_actor_ptr
remote_proxy::sender_here(const caf::strong_actor_ptr& sender,
                          const caf::strong_actor_ptr& target) const {
  if (sender == nullptr || sender.get() == target.get())
    return nullptr;
  if (!runs_here(sender))
    return sender;
  auto name = node_->processes->name_of(sender);
  return node_->proxies.get(*node_, node_->own().advertised(), name->id,
                            node_->endpoints.dials_of_all_streams());
}

caf::error remote_proxy::check_size(const outbound_element& x,
                                    endpoint& where) const {
  // the writer decides once the peer is known; before, what no peer of ours
  // would take is refused at once
  auto& who = where.remote();
  auto bytes = x.payload().size() + x.header().size();
  auto said = who.max_receive_bytes();
  auto& opts = node_->opts;
  if (bytes <= (said != 0 ? said : opts.max_batch_bytes))
    return caf::none;
  auto limit = std::max(opts.max_batch_bytes, opts.max_receive_bytes);
  if (said != 0)
    limit = said;
  else if (who.is_introduced())
    limit = opts.max_batch_bytes;
  if (bytes <= limit)
    return caf::none;
  return make_error(
    errc::message_too_large,
    std::to_string(bytes) + " bytes, the limit towards " + name_->address
      + " is " + std::to_string(limit)
      + (said != 0 ? ", its max-receive-bytes" : ", our max-batch-bytes"));
}

// Why no actor of ours has the name.
errc remote_proxy::nobody_here() const {
  return node_->processes->closed() ? errc::not_running : errc::dead_letter;
}

caf::error remote_proxy::no_endpoint(errc why) const {
  if (why != errc::dead_letter)
    return make_error(why, node_->explain_no_endpoint(why));
  return make_error(why, "no actor is published as '" + name_->id
                           + "' on this node, whose address " + name_->address
                           + " is");
}

void remote_proxy::refuse(const sending& x, const caf::error& reason) {
  auto code = code_of(reason);
  pid sender;
  if (x.sender != nullptr) {
    if (auto other = as_remote_proxy(x.sender))
      sender = other->who();
    else
      sender = {node_->own().advertised(),
                node_->processes->known_name(x.sender), 0};
  }
  lost_message_ptr event;
  if (node_->wants_dead_letters())
    node_->attempt([&] {
      auto content = caf::message::copy(x.content);
      auto bytes = content_bytes(*node_, content);
      event = lost_message::make(who(), std::move(content), bytes, sender);
    });
  node_->dead_letter(who(), event, content_name(*node_, x.content),
                     code == errc::none ? errc::not_serializable : code,
                     text_of(reason));
  if (x.sender != nullptr && x.mid.is_request())
    x.sender->enqueue(nullptr, x.mid.response_id(), caf::make_message(reason),
                      nullptr);
}

endpoint_ptr remote_proxy::current_endpoint() {
  std::lock_guard<std::mutex> guard{endpoint_mtx_};
  auto& result = endpoint_.owned();
  return result != nullptr && !result->closed() ? result : nullptr;
}

// With the mutex held. Returns false if there is none to be had.
bool remote_proxy::renew_endpoint(errc& why) {
  auto& current = endpoint_.owned();
  if (current != nullptr && !current->closed())
    return true;
  if (is_here()) {
    why = nobody_here(); // never a connection to ourselves
    return false;
  }
  if (!node_->listening()) {
    why = errc::not_running;
    return false;
  }
  endpoint_.set(node_->endpoints.acquire(name_->address, why, named_by_.get()));
  return current != nullptr;
}

void remote_proxy::named_by(const dial_budget_ptr& x) {
  auto payer = payer_.load(std::memory_order_acquire);
  if (payer == nullptr || payer == x.get())
    return;
  std::lock_guard<std::mutex> guard{endpoint_mtx_};
  if (named_by_ == nullptr)
    return;
  // who lives there has named it: others cannot make it wait for their budgets
  if (x != nullptr && named_by_->is_of_host() && !x->is_of_host())
    return;
  if (auto& where = endpoint_.owned(); x == nullptr && where != nullptr)
    where->used_by_us();
  named_by_ = x;
  payer_.store(x.get(), std::memory_order_release);
}

endpoint_ptr remote_proxy::acquire_endpoint(errc& why) {
  std::lock_guard<std::mutex> guard{endpoint_mtx_};
  return renew_endpoint(why) ? endpoint_.owned() : nullptr;
}

endpoint_slot::pin remote_proxy::pin_endpoint(errc& why) {
  {
    auto result = endpoint_.get();
    if (result && !result->closed())
      return result;
  } // a pin of ours would keep the slot from freeing what is replaced
  std::lock_guard<std::mutex> guard{endpoint_mtx_};
  return renew_endpoint(why) ? endpoint_.get() : endpoint_slot::pin{};
}

// -- observers ---------------------------------------------------------------------------------

void remote_proxy::attach(caf::attachable_ptr ptr) {
  if (is_here()) {
    attach_here(std::move(ptr));
    return;
  }
  auto ok = exclusive_critical_section([&] {
    auto watch = post_watch();
    if (watch)
      observers_.push_back({std::move(ptr), *watch});
    return watch.has_value();
  });
  if (!ok)
    tell(*ptr, caf::exit_reason::remote_link_unreachable);
}

void remote_proxy::tell(caf::attachable& x, const caf::error& reason,
                        caf::execution_unit* ctx) {
  auto call = [&] { x.actor_exited(reason, ctx); };
  run_callback([&] { is_of_caf(x) ? insist(call) : call(); },
               [this](const std::string& what) {
                 node_->on_callback_exception(observes, what);
               });
}

size_t remote_proxy::detach(const caf::attachable::token& what) {
  if (is_here())
    return detach_here(what);
  // destroyed after the lock: users' functors may be among them
  std::vector<observer> detached;
  std::vector<std::string> failures;
  exclusive_critical_section([&] {
    // all are asked before any is moved: they may be code of the user's
    std::vector<bool> marks;
    marks.reserve(observers_.size());
    for (auto& x : observers_)
      marks.push_back(selects_safely(what, *x.what, failures));
    detached = extract_marked(observers_, marks);
    if (!detached.empty() && !has_observers())
      post_unwatch();
  });
  report(failures);
  return detached.size();
}

// To be called with no lock held.
void remote_proxy::report(const std::vector<std::string>& failures) {
  for (auto& text : failures)
    node_->on_callback_exception(observes, text);
}

// The next two are called with both actors' mutexes held.

bool remote_proxy::add_backlink(caf::abstract_actor* x) {
  if (is_here())
    return add_link_here(x);
  auto addr = x->address();
  auto is_x = [&](const link& y) { return same(y.who, addr); };
  if (std::any_of(links_.begin(), links_.end(), is_x))
    return false;
  auto watch = post_watch();
  if (!watch) {
    send_exit_message(caf::strong_actor_ptr{x->ctrl()}, address(),
                      caf::exit_reason::remote_link_unreachable);
    return false;
  }
  links_.push_back({std::move(addr), *watch});
  return true;
}

bool remote_proxy::remove_backlink(caf::abstract_actor* x) {
  auto addr = x->address();
  if (is_here())
    return !take_links_here(addr).empty();
  auto is_x = [&](const link& y) { return same(y.who, addr); };
  if (extract_if(links_, is_x).empty())
    return false;
  if (!has_observers())
    post_unwatch();
  return true;
}

bool remote_proxy::has_observers() const noexcept {
  return !observers_.empty() || !links_.empty();
}

// None: the actor cannot be watched. Each observer has a watch of its own: who
// has the name now need not be who had it when the one before came.
std::optional<remote_proxy::watch_mark> remote_proxy::post_watch() {
  auto number = node_->next_watch();
  if (watching_) {
    // first: what is sent again from now on stands for this one, too
    last_watch_.store(number, std::memory_order_release);
    // an endpoint that is over tells all that are here now
    auto where = current_endpoint();
    if (where != nullptr && where->serial() == watched_by_)
      if (auto place = where->watch_again(name_, number); place != 0)
        last_place_ = place;
    return watch_mark{number, last_place_};
  }
  endpoint_ptr where;
  do { // again if nobody had used it, and so it was closed right now
    errc why = errc::none;
    where = acquire_endpoint(why);
    if (where == nullptr)
      return std::nullopt;
    watched_by_ = where->serial();
    last_watch_.store(number, std::memory_order_release);
    last_place_ = where->watch(caf::strong_actor_ptr{ctrl()}, name_, number);
  } while (last_place_ == 0 && where->closed_unused());
  watching_ = last_place_ != 0;
  if (!watching_)
    return std::nullopt;
  return watch_mark{number, last_place_};
}

void remote_proxy::post_unwatch() {
  if (!watching_)
    return;
  watching_ = false;
  // an endpoint that is over has forgotten the watch by itself
  auto where = current_endpoint();
  if (where != nullptr && where->serial() == watched_by_)
    where->unwatch(caf::strong_actor_ptr{ctrl()}, name_, last_watch());
}

// Takes out those of the observers and of the links that `pick` picks, a range
// of each. With the mutex held. For want of memory all stay where they are.
template <class Pick>
remote_proxy::leaving remote_proxy::take(Pick pick) {
  leaving result;
  auto first = pick(observers_);
  auto second = pick(links_);
  result.observers.reserve(static_cast<size_t>(first.second - first.first));
  result.links.reserve(static_cast<size_t>(second.second - second.first));
  move_to(result.observers, observers_, first);
  move_to(result.links, links_, second);
  watching_ = watching_ && has_observers();
  return result;
}

// How a down message and an exit message say that the remote actor is gone.
struct remote_proxy::reasons {
  caf::error down;
  caf::exit_reason exit;
};

// To be called before observers are taken out: it may throw.
remote_proxy::reasons remote_proxy::reasons_of(wire::terminated_reason why) {
  using caf::exit_reason;
  switch (why) {
    case wire::terminated_reason::stopped:
      // the wire does not say whether it failed; linked actors must not live on
      return {exit_reason::normal, exit_reason::unknown};
    case wire::terminated_reason::not_found:
      return {exit_reason::unknown, exit_reason::unknown};
    default:
      return {exit_reason::remote_link_unreachable,
              exit_reason::remote_link_unreachable};
  }
}

void remote_proxy::tell(const leaving& xs, const reasons& how) {
  for (auto& x : xs.observers)
    tell(*x.what, how.down);
  for (auto& x : xs.links)
    if (auto hdl = caf::actor_cast<caf::strong_actor_ptr>(x.who))
      node_->attempt(
        [&] { insist([&] { send_exit_message(hdl, address(), how.exit); }); });
}

bool remote_proxy::fire(const gone& x, std::optional<uint64_t> endpoint) {
  auto how = reasons_of(x.why);
  leaving xs;
  auto others = exclusive_critical_section([&] {
    if (endpoint && watching_ && watched_by_ != *endpoint)
      return true;
    xs = take(
      [&](auto& all) { return concerned(all, x.first, x.last, last_watch()); });
    return watching_;
  });
  tell(xs, how);
  return others;
}

uint64_t remote_proxy::fire_written(uint64_t written_seq, endpoint& where,
                                    bool waits) {
  auto how = reasons_of(wire::terminated_reason::address_terminated);
  leaving xs;
  auto rest = exclusive_critical_section([&] {
    if (!watching_ || watched_by_ != where.serial())
      return uint64_t{0}; // whoever observes now is another endpoint's
    auto is_written = [&](const auto& x) {
      return x.watch.place <= written_seq;
    };
    auto written = [&](auto& all) {
      return std::make_pair(
        all.begin(), std::partition_point(all.begin(), all.end(), is_written));
    };
    auto all_are = written(observers_).second == observers_.end()
                   && written(links_).second == links_.end();
    // one that the watcher has not heard of yet, if its observer has gone
    if (all_are && (waits || last_place_ > written_seq))
      where.tell_unwatch(name_, last_watch());
    xs = take(written);
    return first_place();
  });
  tell(xs, how);
  return rest;
}

// With the mutex held.
uint64_t remote_proxy::first_place() const noexcept {
  auto result = has_observers() ? last_place_ : 0;
  if (!observers_.empty())
    result = std::min(result, observers_.front().watch.place);
  if (!links_.empty())
    result = std::min(result, links_.front().watch.place);
  return result;
}

void remote_proxy::kill_proxy(caf::execution_unit* ctx, caf::error reason) {
  fire({wire::terminated_reason::address_terminated}, std::nullopt);
  cleanup(std::move(reason), ctx);
}

// -- observers of an actor of ours -------------------------------------------------------------

// A handle for an own address stands for whoever has the name, so observers go
// to that actor, as if they had its own handle.

caf::strong_actor_ptr remote_proxy::holder_here() {
  return node_->processes->find(name_->id).hdl;
}

// The same for a link, with mutexes held. Not the module's own actors: what a
// peer makes up as a sender may be linked to, and a link would end them.
caf::weak_actor_ptr remote_proxy::holder_here_for_link() {
  auto kind = process_kind::published;
  auto holder = node_->processes->find_weak(name_->id, kind);
  return is_users(kind) ? holder : nullptr;
}

// What observers are told if there is none.
caf::exit_reason remote_proxy::no_host() const {
  return node_->processes->closed() ? caf::exit_reason::remote_link_unreachable
                                    : caf::exit_reason::unknown;
}

// With the actor's mutex held.
std::vector<caf::strong_actor_ptr> remote_proxy::hosts() const {
  std::vector<caf::strong_actor_ptr> result;
  for (auto& x : hosts_)
    if (auto hdl = caf::actor_cast<caf::strong_actor_ptr>(x))
      result.push_back(std::move(hdl));
  return result;
}

// With the actor's mutex held.
void remote_proxy::remember_host(const caf::strong_actor_ptr& x) {
  extract_if(hosts_, [&](const caf::weak_actor_ptr& y) {
    return y.get() == x.get() || y->strong_refs.load() == 0;
  });
  hosts_.push_back(caf::actor_cast<caf::weak_actor_ptr>(x));
}

void remote_proxy::attach_here(caf::attachable_ptr ptr) {
  auto host = holder_here();
  if (host == nullptr) {
    tell(*ptr, no_host());
    return;
  }
  auto wrapped = std::make_unique<own_observer>(caf::strong_actor_ptr{ctrl()},
                                                std::move(ptr));
  exclusive_critical_section([&] { remember_host(host); });
  host->get()->attach(std::move(wrapped));
}

size_t remote_proxy::detach_here(const caf::attachable::token& what) {
  size_t result = 0;
  std::vector<std::string> failures;
  for (auto& host : exclusive_critical_section([this] { return hosts(); }))
    result += host->get()->detach(own_observer::token{ctrl(), what, failures});
  report(failures);
  return result;
}

// The next two are called with mutexes held, so the manager talks to the host
// (see `link_orders`).

bool remote_proxy::add_link_here(caf::abstract_actor* x) {
  auto host = holder_here_for_link();
  if (host == nullptr) {
    send_exit_message(caf::strong_actor_ptr{x->ctrl()}, address(), no_host());
    return false;
  }
  auto addr = x->address();
  auto is_same = [&](const link_here& y) {
    return same(y.who, addr) && y.host.get() == host.get() && !y.over->load();
  };
  if (std::any_of(links_here_.begin(), links_here_.end(), is_same))
    return false;
  caf::strong_actor_ptr self{ctrl()};
  auto over = std::make_shared<std::atomic<bool>>(false);
  link_here entry{addr, host, over};
  // what is ordered can be noted
  if (links_here_.size() == links_here_.capacity())
    links_here_.reserve(2 * links_here_.size() + 1);
  if (!node_->links.add(std::move(host),
                        std::make_unique<own_link>(self, addr, over))) {
    send_exit_message(caf::strong_actor_ptr{x->ctrl()}, address(),
                      caf::exit_reason::remote_link_unreachable);
    return false;
  }
  take_links_here(addr); // to who had the name before
  links_here_.push_back(std::move(entry));
  caf::anon_send(node_->manager(), links_ordered{});
  return true;
}

// Returns the links that were there. Their hosts may be gone.
std::vector<remote_proxy::link_here>
remote_proxy::take_links_here(const caf::actor_addr& x) {
  auto is_x = [&](const link_here& y) { return same(y.who, x); };
  auto result = extract_if(links_here_, is_x);
  for (auto& y : result)
    if (!y.over->exchange(true)) {
      node_->links.remove(y.host, y.over);
      caf::anon_send(node_->manager(), links_ordered{});
    }
  return result;
}

bool remote_proxy::is_here() const noexcept {
  // asked for every message, and the answer changes but once
  auto& own = node_->own();
  if (elsewhere_for_.load(std::memory_order_relaxed) == &own)
    return false;
  if (own.contains(name_->address))
    return true;
  elsewhere_for_.store(&own, std::memory_order_relaxed);
  return false;
}

remote_proxy* as_remote_proxy(const caf::strong_actor_ptr& x) {
  if (x == nullptr)
    return nullptr;
  // Only the type tells: the actor system may be gone. Cheaper than a
  // dynamic_cast, there are no subclasses; and than to compare the names of
  // types, there is one vtable.
  auto ptr = x->get();
  return &typeid(*ptr) == &typeid(remote_proxy)
           ? static_cast<remote_proxy*>(ptr)
           : nullptr;
}

pid sender_of(caf::local_actor* self) {
  auto element = self->current_mailbox_element();
  if (element == nullptr || element->sender == nullptr)
    return {};
  auto proxy = as_remote_proxy(element->sender);
  return proxy != nullptr ? proxy->who() : pid{};
}

} // namespace caf_remote
