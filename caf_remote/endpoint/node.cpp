// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/node.hpp"

#include "caf_remote/compat/scheduling.hpp"
#include "caf_remote/endpoint/callback.hpp"
#include "caf_remote/endpoint/insist.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/supervision.hpp"
#include "caf_remote/version.hpp"
#include "caf_remote/wire/entropy.hpp"
#include "caf_remote/wire/reason_header.hpp"

#include <caf/deep_to_string.hpp>
#include <caf/make_counted.hpp>
#include <caf/send.hpp>

#include <google/protobuf/message.h>

#include <algorithm>
#include <random>
#include <utility>

namespace caf_remote {

namespace {

/// 22 characters without look-alikes, the form that protoactor-go uses.
std::string make_member_id() {
  static constexpr std::string_view
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  wire::entropy rng;
  std::uniform_int_distribution<size_t> pick{0, alphabet.size() - 1};
  std::string result;
  for (int i = 0; i < 22; ++i)
    result += alphabet[pick(rng)];
  return result;
}

constexpr const char*
  met_another = "another incarnation of the node was met; the endpoint goes on";

/// What a message that exists only in encoded form holds in memory, and its
/// content. Decoded if that takes no more than a peer may make us take, since
/// it may be a peer's message that was passed on.
std::pair<size_t, caf::message> decode(const node& home,
                                       const outbound_element& x) {
  if (auto type = home.types.find(x.type_name())) {
    auto msg = type->codec->make();
    if (!home.types.decode(x.payload(), x.serializer_id, *type,
                           home.opts.inbound_bytes, *msg)) {
      auto bytes = type->held_bytes(x.payload(), x.serializer_id, *msg, 0);
      return {bytes, type->codec->to_message(std::move(*msg))};
    }
  }
  return {
    x.type_name().size() + x.payload().size(),
    caf::make_message(raw_message{std::string{x.type_name()}, x.serializer_id,
                                  std::string{x.payload()}})};
}

std::string text_of(errc reason, std::string_view detail) {
  return std::string{detail.empty() ? explain(reason) : detail};
}

/// What the requester is told of a request that did not reach its target.
std::string lost_text(const pid& target, errc reason, std::string_view detail) {
  return "message to " + to_string(target) + ": " + text_of(reason, detail);
}

void answer_lost(pending_requests::taken x, const pid& target, errc reason,
                 std::string_view detail) {
  x.otherwise = reason;
  answer(std::move(x), reason, lost_text(target, reason, detail));
}

} // namespace

node::node(caf::actor_system& home, options settings,
           std::shared_ptr<transport::connector> dialler)
  : sys(home), opts(std::move(settings)), member_id(make_member_id()),
    run(member_id.substr(0, 6)), connector(std::move(dialler)),
    processes(std::make_shared<process_registry>(run, &sys)),
    events(std::make_shared<event_hub>()),
    streams(std::make_shared<open_streams>()),
    types([this](int32_t id, const std::string& what) {
      on_callback_exception("serializer " + std::to_string(id), what);
    }),
    pending(opts.max_pending_requests),
    named_queues(
      caf::make_counted<common_bound>(opts.queue_messages, opts.queue_bytes)),
    named_mailboxes(caf::make_counted<common_bound>(opts.inbound_messages,
                                                    opts.inbound_bytes)),
    has_steady_time_(has_steady_time(sys)), own_(nullptr),
    clock_(&sys.clock()) {
  own(own_addresses{});
}

node::~node() {
  // nop
}

void node::manager(caf::actor x) {
  manager_ = std::move(x);
  manager_->attach_functor([weak = weak_from_this()](const caf::error& reason) {
    if (auto self = weak.lock())
      self->on_manager_gone(reason);
  });
  processes->on_actor_gone(
    [weak = weak_from_this()](process_registry::actor_key key) {
      if (auto self = weak.lock())
        self->pending.drop_requester(key);
    });
}

// Without the manager nothing can be opened, ended or told: better no node than
// half of one. It may have failed while an endpoint that was over, or what was
// left of a watcher, had still to be told of; so all who wait are looked for.
void node::on_manager_gone(const caf::error& reason) {
  attempt([this] { links.close(); });
  if (!is_failure(reason))
    return;
  failed_.store(true, std::memory_order_release);
  endpoints.stop();
  attempt(
    [&] { on_actor_failure("the node is out of order, stop it", reason); });
  insist([this] {
    for (auto& where : endpoints.all()) {
      if (where->writer() != nullptr)
        caf::anon_send<caf::message_priority::high>(
          where->writer(), end_endpoint{where, errc::not_running, "we failed"});
      else
        endpoints.remove(where);
      where->abandon();
    }
  });
  // nobody can be watched any more, so none comes after these
  insist([this] {
    for (auto& hdl : proxies.all())
      as_remote_proxy(hdl)->fire({wire::terminated_reason::address_terminated},
                                 std::nullopt);
  });
  attempt([this] { streams->cancel_all(); });
  insist([this] {
    for (auto& entry : pending.take_all())
      answer(std::move(entry), errc::not_running, "the module has failed");
  });
}

caf::error node::failure() const {
  if (!failed_.load(std::memory_order_acquire))
    return caf::none;
  return make_error(errc::not_running,
                    "the module has failed (its log says why): stop it");
}

std::vector<process_registry::holding> node::shut_down() {
  endpoints.stop();
  links.close();
  auto result = processes->close();
  // ends what was announced, while there are subscribers
  endpoints.clear();
  events->close();
  for (auto& entry : pending.take_all())
    answer(std::move(entry),
           make_error(errc::not_running, "the module was stopped"));
  return result;
}

void node::detach() {
  {
    std::lock_guard<std::mutex> guard{mtx_};
    clock_ = nullptr;
  }
  proxies.close();
  wake_on = nullptr;
  hook(nullptr);
  log.sink(nullptr);
  kinds.clear();
  types.drop_serializers();
}

caf::actor_clock::time_point node::time_of_system() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return clock_ != nullptr ? clock_->now()
                           : caf::actor_clock::clock_type::now();
}

void node::own(own_addresses x) {
  std::lock_guard<std::mutex> guard{mtx_};
  addresses_.push_back(std::make_unique<const own_addresses>(std::move(x)));
  own_.store(addresses_.back().get(), std::memory_order_release);
}

caf::strong_actor_ptr node::resolve(const std::string& address,
                                    const std::string& id) {
  if (own().contains(address)) {
    auto local = processes->find(id);
    if (local.hdl != nullptr && local.kind == process_kind::published)
      return local.hdl;
  }
  return proxies.get(*this, address, id);
}

uint32_t node::next_number(std::atomic<uint32_t>& last) noexcept {
  uint32_t result = 0;
  while (result == 0)
    result = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return result;
}

std::string node::explain_no_way_back() const {
  return "it has opened no connection to us, over which answers come: if it "
         "cannot dial "
         + own().advertised() + ", set advertised-host and advertised-port";
}

std::string node::explain_no_endpoint(errc why) const {
  if (why == errc::not_running && listening())
    return "the module was stopped";
  // the queue of an endpoint that exists has no part in this
  if (why == errc::queue_full)
    return "max-endpoints (" + std::to_string(opts.max_endpoints)
           + ") nodes are known already, or what others make us dial has used "
             "up its share: raise it, or send to fewer nodes";
  return std::string{explain(why)};
}

// -- dead letters ------------------------------------------------------------------------------

void node::count(errc reason) noexcept {
  dead_by_reason_[static_cast<uint8_t>(reason)].fetch_add(
    1, std::memory_order_relaxed);
}

uint64_t node::dead_letters(errc reason) const noexcept {
  return dead_by_reason_[static_cast<uint8_t>(reason)].load(
    std::memory_order_relaxed);
}

void node::dead_letter(outbound_element& x, const std::string& address,
                       errc reason, std::string_view detail) noexcept {
  count(reason);
  auto who = x.who();
  auto from_elsewhere = !who.sender_address.empty();
  auto is_notice = x.type_name() == wire::dead_letter_response::type_name;
  pid target;
  pid sender;
  attempt([&] {
    target = {address, std::string{who.target}, x.target_request_id};
    if (!who.sender.empty())
      sender = {from_elsewhere ? std::string{who.sender_address}
                               : own().advertised(),
                std::string{who.sender}, x.sender_request_id};
    lost_message_ptr event;
    if (wants_dead_letters()) {
      auto [bytes, content] = decode(*this, x);
      event = lost_message::make(target, std::move(content), bytes, sender);
    }
    tell_observers(target, event, x.type_name(), reason, detail);
  });
  attempt([&] {
    // two nodes must not answer each other's dead letters for ever
    if (from_elsewhere && !is_notice)
      tell_dead(sender, target, lost_text(target, reason, detail));
    // an answer that this peer cannot take must not leave its requester waiting
    auto is_answer = x.target_request_id != 0 || is_future(who.target);
    if (is_answer && !is_notice
        && (reason == errc::peer_cannot_take
            || reason == errc::message_too_large))
      tell_dead(target, {},
                "its answer cannot be sent: " + text_of(reason, detail));
  });
  if (x.request == 0)
    return;
  attempt([&] {
    if (auto entry = pending.take(x.request))
      answer_lost(std::move(*entry), target, reason, detail);
  });
}

void node::dead_letter(const pid& target, const lost_message_ptr& event,
                       std::string_view type_name, errc reason,
                       std::string_view detail) noexcept {
  count(reason);
  attempt([&] { tell_observers(target, event, type_name, reason, detail); });
}

void node::tell_observers(const pid& target, const lost_message_ptr& event,
                          std::string_view type_name, errc reason,
                          std::string_view detail) {
  tell_hook([&](tracing_hook& x) { //
    x.dead_lettered(target, type_name, make_error(reason, std::string{detail}));
  });
  if (event != nullptr)
    events->publish(event);
  if (log.allows(log_kind::dead_letter))
    log.write(log_kind::dead_letter,
              printable(type_name) + " to " + printable(to_string(target))
                + ": " + to_string(reason) + ": "
                + printable(detail.empty() ? explain(reason) : detail));
}

std::string node::reason_for(const std::string& address, std::string_view why) {
  auto told = !why.empty() && endpoints.peer_of(address)->may_be_caf_remote();
  return wire::reason_header::encode(told ? printable(why) : "");
}

void node::tell_dead(const pid& requester, const pid& target,
                     std::string_view why, dial_budget_ptr named_by) {
  if (own().contains(requester.address)) {
    // a request of ours that a peer sent back to us
    if (auto entry = pending.take(requester.request_id, requester.id))
      answer_lost(std::move(*entry), target, errc::dead_letter, why);
    return;
  }
  // Who waits for an answer gets one, wherever it lives: a request may have
  // been passed on to us. Senders of messages are not told between CAF nodes,
  // as within one, and no node is dialled for them.
  auto waits = requester.request_id != 0 || is_future(requester.id);
  if (!waits
      && (!endpoints.is_connected(requester.address)
          || endpoints.peer_of(requester.address)->seems_caf_remote()))
    return;
  if (named_by == nullptr)
    named_by = endpoints.dials_of_all_streams();
  auto hdl = proxies.find(requester.address, requester.id);
  if (hdl == nullptr)
    hdl = proxies.get(*this, requester.address, requester.id, named_by);
  if (auto ptr = as_remote_proxy(hdl))
    ptr->send_system(
      wire::dead_letter_response::type_name,
      wire::encode(wire::dead_letter_response{target}), requester.request_id,
      // who waits for no answer has nowhere to show it
      requester.request_id != 0 ? reason_for(requester.address, why)
                                : std::string{});
}

// -- observation -------------------------------------------------------------------------------

void node::hook(std::shared_ptr<tracing_hook> x) {
  std::unique_lock<std::mutex> guard{mtx_};
  hook_.swap(x); // the former one is destroyed without the lock
  has_hook_.store(hook_ != nullptr, std::memory_order_release);
  guard.unlock();
}

std::shared_ptr<tracing_hook> node::hook() const {
  if (!has_hook_.load(std::memory_order_acquire))
    return nullptr;
  std::lock_guard<std::mutex> guard{mtx_};
  return hook_;
}

template <class F>
void node::tell_hook(F f) {
  if (auto h = hook())
    run_callback_of(
      &hook_, [&] { f(*h); },
      [this](const std::string& what) {
        on_callback_exception("the tracing hook", what);
      });
}

void node::on_connected(endpoint& where, const std::string& member) {
  auto& address = where.address();
  tell_hook([&](tracing_hook& x) { x.connected(address, member); });
  where.remote().events.connected(where.serial(), member, met_another,
                                  tells_subscribers());
  if (log.allows(log_kind::connected))
    log.write(log_kind::connected, "to " + printable(address) + " (member "
                                     + printable(member) + ")");
}

void node::on_disconnected(const std::string& address,
                           const std::string& reason) {
  tell_hook([&](tracing_hook& x) { x.disconnected(address, reason); });
  if (log.allows(log_kind::disconnected))
    log.write(log_kind::disconnected,
              "from " + printable(address) + ": " + printable(reason));
}

void node::on_attempt(const std::string& address, size_t attempt, size_t max,
                      const std::string& cause) {
  tell_hook(
    [&](tracing_hook& x) { x.reconnect_attempt(address, attempt, max); });
  if (!cause.empty() && log.allows(log_kind::reconnect))
    log.write(log_kind::reconnect, "to " + printable(address) + ", attempt "
                                     + std::to_string(attempt) + " of "
                                     + std::to_string(max)
                                     + ", after: " + printable(cause));
}

void node::on_no_way_back(const std::string& address, caf::timespan waited) {
  if (log.allows(log_kind::no_way_back))
    log.write(log_kind::no_way_back, "a request to " + printable(address)
                                       + " has waited for "
                                       + caf::deep_to_string(waited) + ", and "
                                       + explain_no_way_back());
}

void node::on_incarnation_over(endpoint& where) {
  auto member = where.remote().events.incarnation_over(
    where.serial(), met_another, tells_subscribers());
  if (!member.empty() && log.allows(log_kind::disconnected))
    log.write(log_kind::disconnected, "member " + printable(member) + " at "
                                        + printable(where.address())
                                        + " is over: " + met_another);
}

void node::on_endpoint_over(endpoint& where, errc code,
                            const std::string& reason) {
  auto unreachable = where.wanted() && !where.closed_unused()
                     && code != errc::not_running;
  where.remote().events.over(where.serial(), printable(reason), unreachable,
                             tells_subscribers());
  if (log.allows(log_kind::disconnected))
    log.write(log_kind::disconnected, "endpoint " + printable(where.address())
                                        + " is over: " + printable(reason));
}

void node::on_events_over(endpoint& where) {
  auto why = failed_.load(std::memory_order_acquire) ? "the module has failed"
                                                     : "the module was stopped";
  where.remote().events.over(where.serial(), why, false, tells_subscribers());
}

announcements::teller node::tells_subscribers() const {
  return [hub = events.get()](const announcements::event& x) {
    std::visit([hub](const auto& y) { hub->publish(y); }, x);
  };
}

void node::on_watches_in_vain(const std::string& address, size_t watches,
                              bool no_stream) {
  if (!log.allows(log_kind::disconnected))
    return;
  auto over = std::to_string(watches) + " watches are over. ";
  log.write(
    log_kind::disconnected,
    "the node at " + printable(address)
      + (no_stream
           ? " does not connect to us, so it cannot tell when actors "
             "end: "
               + over + "It must be able to dial "
               + printable(own().advertised())
           : " does not take what we watch there, or cannot tell us: " + over
               + "Its log and ours say why; see max-endpoints there and "
                 "max-streams here"));
}

void node::on_bad_envelope(std::string_view from, std::string_view what) {
  refused_envelopes_.fetch_add(1, std::memory_order_relaxed);
  if (log.allows(log_kind::bad_input))
    log.write(log_kind::bad_input,
              "envelope from " + printable(from) + ": " + printable(what));
}

void node::on_protocol_error(std::string_view from, std::string_view what) {
  protocol_errors_.fetch_add(1, std::memory_order_relaxed);
  if (log.allows(log_kind::bad_input))
    log.write(log_kind::bad_input,
              "stream from " + printable(from) + ": " + printable(what));
}

void node::on_shortage(std::string_view what) {
  shortages_.fetch_add(1, std::memory_order_relaxed);
  if (log.allows(log_kind::shortage))
    log.write(log_kind::shortage, what);
}

void node::on_callback_exception(std::string_view whom, std::string_view what) {
  callback_exceptions_.fetch_add(1, std::memory_order_relaxed);
  if (log.allows(log_kind::failure))
    log.write(log_kind::failure,
              printable(whom) + " threw: " + printable(what));
}

void node::on_actor_failure(std::string_view what, const caf::error& reason) {
  actor_failures_.fetch_add(1, std::memory_order_relaxed);
  if (log.allows(log_kind::failure))
    log.write(log_kind::failure,
              printable(what) + ": " + printable(render(reason)));
}

void node::look_after(const caf::actor& x, const char* name) {
  x->attach_functor([weak = weak_from_this(), name](const caf::error& reason) {
    auto self = weak.lock();
    if (self != nullptr && is_failure(reason))
      self->on_actor_failure(std::string{name} + " is out of order", reason);
  });
}

counters node::snapshot() const {
  counters result;
  auto figures = endpoints.read();
  result.endpoints = std::move(figures.endpoints);
  result.retired = std::move(figures.retired);
  for (size_t i = 0; i < dead_by_reason_.size(); ++i)
    if (auto n = dead_by_reason_[i].load(std::memory_order_relaxed))
      result.dead_letters.emplace(to_string(static_cast<errc>(i)), n);
  result.inbound_streams = endpoints.inbound_streams();
  result.received_messages = received_messages.load();
  result.received_batches = received_batches.load();
  result.refused_envelopes = refused_envelopes_.load();
  result.protocol_errors = protocol_errors_.load();
  result.shortages = shortages_.load();
  result.callback_exceptions = callback_exceptions_.load() + log.exceptions();
  result.actor_failures = actor_failures_.load();
  result.pending_requests = pending.size();
  result.published = processes->count(process_kind::published);
  result.events_suppressed = events->suppressed();
  result.log_lines_suppressed = log.suppressed();
  return result;
}

// -- introduction ------------------------------------------------------------------------------

transport::metadata node::introduction() const {
  return {
    {introduction_key::version, version_string},
    {introduction_key::max_receive, std::to_string(opts.max_receive_bytes)},
    {introduction_key::address, own().advertised()},
  };
}

introduction read_introduction(const transport::metadata& xs) {
  introduction result;
  if (xs.find(introduction_key::version) == xs.end())
    return result;
  auto i = xs.find(introduction_key::max_receive);
  if (i == xs.end() || i->second.empty() || i->second.size() > 10
      || i->second.find_first_not_of("0123456789") != std::string::npos)
    return result;
  auto limit = std::stoull(i->second);
  if (limit < 4096 || limit > 0x7fffffff)
    return result;
  result.is_caf_remote = true;
  result.max_receive_bytes = static_cast<size_t>(limit);
  i = xs.find(introduction_key::address);
  if (i != xs.end() && !check_address(i->second))
    result.address = i->second;
  result.only_asks = xs.find(introduction_key::question) != xs.end();
  return result;
}

} // namespace caf_remote
