// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_manager.hpp"

#include "caf_remote/endpoint/endpoint_reader.hpp"
#include "caf_remote/endpoint/endpoint_watcher.hpp"
#include "caf_remote/endpoint/endpoint_writer.hpp"
#include "caf_remote/endpoint/incarnation_probe.hpp"
#include "caf_remote/endpoint/reconnect_policy.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/supervision.hpp"

#include <caf/default_attachable.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace caf_remote {

namespace {

struct expiry_tick {};

struct leave_tick {};

struct all_known {};

constexpr const char* watcher_failed = "what kept them has failed";

// Requests are looked through this often; one may live a little longer.
caf::timespan expiry_interval(caf::timespan expiry) {
  return std::clamp<caf::timespan>(expiry / 4, std::chrono::milliseconds(10),
                                   std::chrono::minutes(1));
}

} // namespace

} // namespace caf_remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::expiry_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::leave_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::all_known)

namespace caf_remote {

endpoint_manager_state::endpoint_manager_state(caf::event_based_actor* self)
  : self_(self) {
  // nop
}

caf::behavior endpoint_manager_state::make_behavior(node_ptr home) {
  node_ = std::move(home);
  self_->set_exception_handler(end_by_exception{});
  self_->set_down_handler([this](const caf::down_msg& x) { on_down(x); });
  self_->delayed_send(self_, expiry_interval(node_->opts.request_expiry),
                      expiry_tick{});
  return {
    [this](const open_endpoint& x) { on_open_endpoint(x.where); },
    [this](const end_endpoint& x) { on_end_endpoint(x); },
    [this](const endpoint_up& x) { on_endpoint_up(x); },
    [this](const endpoint_over& x) { on_endpoint_over(x); },
    [this](listening& x) { server_ = std::move(x.srv); },
    [this](incoming_stream& x) { on_incoming_stream(x); },
    [this](const client_connection& x) { return handle_client_connection(x); },
    [this](const member_met& x) { return on_member_met(x); },
    [this](reader_over x) { on_reader_over(x.reader); },
    [this](const end_streams_of& x) { on_end_streams_of(x); },
    [this](const endpoint_rests& x) { look_whether_unused(x.address); },
    [this](const unused_tick& x) { end_if_unused(x.address); },
    [this](links_ordered) { node_->links.perform(); },
    [this](leave) { return on_leave(); },
    [this](leave_tick) { on_leave_timeout(); },
    [this](all_known) {
      all_known_ = true;
      check_left();
    },
    [this](expiry_tick) { expire_requests(); },
  };
}

// -- endpoints ---------------------------------------------------------------------------------

void endpoint_manager_state::on_open_endpoint(const endpoint_ptr& where) {
  auto serial = where->serial();
  caf::actor watcher;
  caf::actor writer;
  try {
    watcher = self_->spawn<caf::hidden>(endpoint_watcher, node_, where);
    look_after(watcher, role::watcher, serial, where->address());
    writer = self_->spawn<caf::hidden>(endpoint_writer, node_, where, watcher);
    look_after(writer, role::writer, serial);
    endpoints_.emplace(serial, where);
    where->open(writer, watcher);
  } catch (...) {
    node_->on_shortage("no endpoint for " + where->address() + ": "
                       + printable_exception());
    endpoints_.erase(serial);
    node_->endpoints.remove(where);
    where->abandon();
    // the endpoint may hold them already, and they hold the endpoint
    for (auto& x : {writer, watcher})
      if (x != nullptr)
        caf::anon_send_exit(x, caf::exit_reason::kill);
    // watches may have been under way to the watcher, of both sides
    give_up_watches(where->address(), serial);
    on_end_streams_of(
      {where->address(), "no endpoint could be opened to it", last_reader_});
    return;
  }
  if (leaving_)
    caf::anon_send(where->writer(), drain{});
}

void endpoint_manager_state::on_end_endpoint(const end_endpoint& x) {
  if (endpoints_.count(x.where->serial()) != 0)
    caf::anon_send<caf::message_priority::high>(x.where->writer(), x);
}

void endpoint_manager_state::on_endpoint_up(const endpoint_up& x) {
  tell_watcher(x.where);
}

void endpoint_manager_state::on_endpoint_over(const endpoint_over& x) {
  if (endpoints_.erase(x.where->serial()) == 0)
    return;
  if (node_->endpoints.find(x.where->address()) == nullptr)
    incarnations_.forget(x.where->address());
  x.where->post_to_watcher(address_over{});
  check_left();
}

// -- questions -----------------------------------------------------------------------------------

template <class T>
void endpoint_manager_state::ask_all(const std::vector<asked>& xs,
                                     const T& what,
                                     const std::function<void()>& next) {
  if (xs.empty()) {
    next();
    return;
  }
  auto left_over = std::make_shared<size_t>(xs.size());
  auto one_less = [left_over, next] {
    if (--*left_over == 0)
      next();
  };
  for (auto& x : xs) {
    question q{x.what, x.number, ++last_question_};
    questions_.emplace(q, one_less);
    self_->request(x.hdl, caf::infinite, what)
      .then([this, q](left) { on_answer(q); },
            [this, q](const caf::error&) { on_answer(q); });
  }
}

void endpoint_manager_state::on_answer(const question& x) {
  auto i = questions_.find(x);
  if (i == questions_.end())
    return;
  auto next = std::move(i->second);
  questions_.erase(i);
  next();
}

// CAF answers for an actor that has ended what waits in its mailbox, but not
// what it was about to answer when it failed.
void endpoint_manager_state::on_no_answer(const child& who) {
  auto what = who.what == role::watcher ? role::writer : who.what;
  std::vector<question> open;
  for (auto i = questions_.lower_bound({what, who.number, 0});
       i != questions_.end() && std::get<0>(i->first) == what
       && std::get<1>(i->first) == who.number;
       ++i)
    open.push_back(i->first);
  for (auto& x : open)
    on_answer(x);
}

// -- streams -----------------------------------------------------------------------------------

void endpoint_manager_state::on_incoming_stream(incoming_stream& x) {
  using transport::status_code;
  if (leaving_) {
    x.stream.str->finish({status_code::unavailable, "the node leaves"});
    return;
  }
  if (readers_.size() >= node_->opts.max_streams) {
    node_->on_protocol_error(x.stream.str->peer(),
                             "refused, since max-streams ("
                               + std::to_string(node_->opts.max_streams)
                               + ") are open");
    x.stream.str->finish({status_code::resource_exhausted, "too many streams"});
    return;
  }
  auto id = ++last_reader_;
  auto str = x.stream.str;
  try {
    auto hdl = self_->spawn<caf::hidden>(endpoint_reader, node_, id,
                                         std::move(x.stream));
    readers_.emplace(id, reader{hdl, {}});
    look_after(hdl, role::reader, id);
  } catch (...) {
    node_->on_shortage("no reader for a stream from " + str->peer() + ": "
                       + printable_exception());
    readers_.erase(id);
    str->finish({status_code::resource_exhausted, "no memory for a stream"});
  }
}

void endpoint_manager_state::end_streams(const std::vector<uint64_t>& readers,
                                         const std::function<void()>& next) {
  std::vector<asked> xs;
  for (auto id : readers)
    if (auto i = readers_.find(id); i != readers_.end())
      xs.push_back({role::reader, id, i->second.hdl});
  transport::status why{transport::status_code::unavailable,
                        "another incarnation of the node has connected"};
  ask_all(xs, end_stream{why}, next);
}

// Those who watch actors of the node, under whatever address we dialled it.
void endpoint_manager_state::tell_watchers(const std::string& address,
                                           const std::string& member_id) {
  auto direct = node_->endpoints.find(address);
  for (auto& where : node_->endpoints.by_member(member_id)) {
    tell_watcher(where);
    if (where == direct)
      direct = nullptr;
  }
  if (direct != nullptr)
    tell_watcher(direct);
}

// The end of an older incarnation's stream may be heard late.
void endpoint_manager_state::tell_watcher(const endpoint_ptr& where) {
  auto& who = where->remote();
  auto open = incarnations_.streams_of(who.member_id(),
                                       canonical_address(who.own_address()));
  where->has_way_back(open > 0);
  where->post_to_watcher(peer_streams{open});
}

// Only the peer's watches may need the endpoint, or nobody does. If it comes
// back in time, they go on: it is not told anew who has the names that it
// watches.
void endpoint_manager_state::look_whether_unused(const std::string& address) {
  auto where = node_->endpoints.find(address);
  if (where != nullptr && where->is_unused()
      && !incarnations_.has_streams(address)
      && perhaps_unused_.insert(address).second)
    self_->delayed_send(self_, dial_limit(node_->opts), unused_tick{address});
}

void endpoint_manager_state::end_if_unused(const std::string& address) {
  perhaps_unused_.erase(address);
  auto where = node_->endpoints.find(address);
  if (where == nullptr || incarnations_.has_streams(address)
      || !where->close_if_unused())
    return;
  node_->endpoints.remove(where);
  on_end_endpoint({where, errc::endpoint_terminated, "the peer is gone"});
}

void endpoint_manager_state::on_end_streams_of(const end_streams_of& x) {
  transport::status why{transport::status_code::unavailable,
                        "its watches here are over, since " + x.why};
  auto streams = incarnations_.take_streams(x.address, x.last_stream);
  if (!streams.empty())
    node_->on_disconnected(x.address,
                           "its streams to us are ended: " + why.message);
  for (auto id : streams)
    if (auto i = readers_.find(id); i != readers_.end())
      caf::anon_send(i->second.hdl, end_stream{why});
}

void endpoint_manager_state::on_reader_over(uint64_t id) {
  auto i = readers_.find(id);
  if (i == readers_.end())
    return;
  auto address = i->second.address;
  readers_.erase(i);
  if (auto claim = incarnations_.leave(id)) {
    node_->endpoints.peer_of(address)->claim_over(id);
    tell_watchers(address, claim->member_id);
  }
  look_whether_unused(address);
  check_left();
}

// -- incarnations ------------------------------------------------------------------------------

caf::result<client_connection_result>
endpoint_manager_state::handle_client_connection(const client_connection& x) {
  if (x.only_asks)
    return answer_question(x);
  // does not wait for those in doubt, of which there may be many
  if (is_plain(x))
    return let_in(x);
  auto promise = self_->make_response_promise<client_connection_result>();
  turns_.take(x.address, [this, promise, x](const turns::done& done) {
    decide(x, [promise, done](client_connection_result res) mutable {
      promise.deliver(std::move(res));
      done();
    });
  });
  return promise;
}

// A question claims nothing, so it is not judged and does not wait: two nodes,
// each in doubt about who speaks for the other, ask each other, and neither
// would get its answer before it had given one.
client_connection_result
endpoint_manager_state::answer_question(const client_connection& x) const {
  if (leaving_ || readers_.count(x.reader) == 0)
    return {false, "the stream or the node is over"};
  if (x.member_id == node_->member_id)
    return {false, "this is the dialler's own node", true};
  return {true, {}};
}

void endpoint_manager_state::decide(const client_connection& x,
                                    const decision& tell) {
  using verdict = incarnations::verdict;
  if (leaving_)
    return tell({false, "the node leaves"});
  if (x.member_id == node_->member_id)
    return tell({false, "this is the dialler's own node", true});
  if (node_->own().contains(x.address))
    return tell({false, "the address " + x.address
                          + " is one of ours; advertise another one"});
  if (readers_.count(x.reader) == 0)
    return tell({false, "the stream is over"});
  incarnations::claim claim{x.address, x.member_id, x.host};
  if (incarnations_.judge(claim) == verdict::accept)
    return replace(x, tell);
  if (!x.dials.claimed->take(self_->clock().now()))
    return tell(refuse(x, "another node is known there, and more addresses "
                          "are in doubt than can be asked now: try again "
                          "later"));
  ask_resident(x.address, [=](const std::string& answer) {
    if (incarnations_.judge(claim, answer) == verdict::refuse)
      return tell(refuse(
        x, answer.empty() ? "another node is known there, and the address "
                            "cannot be reached to ask it"
                          : "member " + printable(answer) + " answers there"));
    if (!incarnations_.met_at(x.address).empty())
      incarnations_.met(x.address, answer);
    replace(x, tell);
  });
}

// Our own stream has met the incarnation that speaks, and nobody else does.
bool endpoint_manager_state::is_plain(const client_connection& x) const {
  return incarnations_.met_at(x.address) == x.member_id
         && !incarnations_.has_others(x.address, x.member_id)
         && changing_.count(x.address) == 0;
}

// Another incarnation: nothing more is heard of the old one, then its observers
// are told, and only then the new one may speak.
void endpoint_manager_state::replace(const client_connection& x,
                                     const decision& tell) {
  changing_.insert(x.address);
  auto done = [=](client_connection_result res) {
    changing_.erase(x.address);
    tell(std::move(res));
  };
  end_streams(incarnations_.others(x.address, x.member_id), [=] {
    auto let_it_in = [=] { done(let_in(x)); };
    auto known = node_->endpoints.peer_of(x.address)->member_id();
    if (known.empty() || known == x.member_id)
      let_it_in();
    else
      end_incarnation(x, known, let_it_in);
  });
}

client_connection_result
endpoint_manager_state::let_in(const client_connection& x) {
  auto i = readers_.find(x.reader);
  if (leaving_ || i == readers_.end())
    return {false, "the stream or the node is over"};
  auto who = node_->endpoints.peer_of(x.address);
  who->meet(x.member_id);
  i->second.address = x.address;
  who->claimed(x.reader, x.spelling, x.is_caf_remote);
  incarnations_.enter(x.reader, {x.address, x.member_id, x.host});
  tell_watchers(x.address, x.member_id);
  return {true, {}};
}

client_connection_result
endpoint_manager_state::refuse(const client_connection& x,
                               const std::string& why) {
  node_->on_protocol_error(x.address, "member " + printable(x.member_id)
                                        + " claims the address, but " + why);
  return {false, "the address belongs to another node: " + why};
}

caf::result<member_met_result>
endpoint_manager_state::on_member_met(const member_met& x) {
  auto promise = self_->make_response_promise<member_met_result>();
  // ahead of streams to us, which may be many and take long to be asked about
  turns_.take_soon(x.where->address(),
                   [this, promise, x](const turns::done& done) {
                     auto tell = [promise](member_met_result res) mutable {
                       promise.deliver(std::move(res));
                     };
                     meet(x, tell, done);
                   });
  return promise;
}

void endpoint_manager_state::meet(
  const member_met& x, const std::function<void(member_met_result)>& tell,
  const turns::done& done) {
  auto& address = x.where->address();
  if (!x.is_current->load()) {
    // who was met is gone; another one may live there
    tell({{}, true});
    done();
    return;
  }
  changing_.insert(address);
  auto changed_it = [=] {
    changing_.erase(x.where->address());
    done();
  };
  auto old = incarnations_.met_at(address);
  auto changed = !old.empty() && old != x.member_id;
  auto all_silent = [=] {
    if (endpoints_.count(x.where->serial()) == 0) {
      // it has been given up meanwhile
      tell({});
      changed_it();
      return;
    }
    auto who = node_->endpoints.peer_of(x.where->address());
    auto before = who->member_id();
    who->meet(x.member_id);
    incarnations_.met(x.where->address(), x.member_id);
    tell({before});
    // answered when its observers know, before anybody else speaks
    ask_all({{role::writer, x.where->serial(), x.where->writer()}},
            peer_restarted{x.member_id}, changed_it);
  };
  end_streams(incarnations_.others(address, x.member_id), [=] {
    if (changed)
      end_streams_elsewhere(x.where->address(), old, all_silent);
    else
      all_silent();
  });
}

// An endpoint of the address itself takes the news as they are. Those that were
// dialled under other names have met the old incarnation there, which is for
// these addresses to deny.
void endpoint_manager_state::end_incarnation(
  const client_connection& x, const std::string& old,
  const std::function<void()>& next) {
  auto now = self_->clock().now();
  std::vector<std::string> aliases;
  for (auto& where : node_->endpoints.by_member(old))
    if (where->address() != x.address && x.dials.others->take(now))
      aliases.push_back(where->address());
  ask_residents(aliases, old, [=](const moved& xs) {
    std::vector<asked> writers;
    auto add = [&](const std::string& address) {
      auto where = node_->endpoints.find(address);
      if (where != nullptr && endpoints_.count(where->serial()) != 0)
        writers.push_back({role::writer, where->serial(), where->writer()});
    };
    add(x.address);
    for (auto& [alias, resident] : xs)
      if (resident == x.member_id)
        add(alias);
    ask_all(writers, peer_restarted{x.member_id}, next);
  });
}

// Our own stream has met another incarnation at an address. What the old one
// claims elsewhere is true until that address says otherwise.
void endpoint_manager_state::end_streams_elsewhere(
  const std::string& address, const std::string& old,
  const std::function<void()>& next) {
  std::vector<std::string> others;
  for (auto& other : incarnations_.addresses_of(old))
    if (other != address && node_->endpoints.may_ask())
      others.push_back(other);
  ask_residents(others, old, [=](const moved& xs) {
    std::vector<uint64_t> streams;
    for (auto& [other, resident] : xs)
      for (auto id : incarnations_.others(other, resident))
        streams.push_back(id);
    end_streams(streams, next);
  });
}

void endpoint_manager_state::ask_residents(
  const std::vector<std::string>& addresses, const std::string& old,
  const std::function<void(const moved&)>& next) {
  if (addresses.empty()) {
    next({});
    return;
  }
  auto left_over = std::make_shared<size_t>(addresses.size());
  auto result = std::make_shared<moved>();
  for (auto& address : addresses)
    ask_resident(address, [=](const std::string& answer) {
      if (!answer.empty() && answer != old)
        result->emplace_back(address, answer);
      if (--*left_over == 0)
        next(*result);
    });
}

void endpoint_manager_state::ask_resident(
  const std::string& address,
  const std::function<void(const std::string&)>& next) {
  caf::actor probe;
  try {
    probe = self_->spawn<caf::hidden>(incarnation_probe, node_, address);
    node_->actors.add(probe);
  } catch (...) {
    node_->on_shortage("nobody to ask who lives at " + printable(address) + ": "
                       + printable_exception());
    next({});
    return;
  }
  // the probe keeps its own limit, unless it fails
  self_
    ->request(probe, 2 * node_->opts.connect_timeout + std::chrono::seconds(1),
              who_lives_there{})
    .then([next](const resident& x) { next(x.member_id); },
          [next](const caf::error&) { next({}); });
}

// -- failures ----------------------------------------------------------------------------------

void endpoint_manager_state::look_after(const caf::actor& x, role what,
                                        uint64_t number,
                                        const std::string& address) {
  node_->actors.add(x);
  children_.emplace(x.id(), child{what, number, address});
  self_->monitor(x);
}

// Who ends in the usual way has said so before and is in no table any more.
// When the module stops, it ends all of us.
void endpoint_manager_state::on_down(const caf::down_msg& x) {
  auto i = children_.find(x.source.id());
  if (i == children_.end())
    return;
  auto who = i->second;
  children_.erase(i);
  if (!is_failure(x.reason))
    return;
  on_failure(who, x.reason);
  on_no_answer(who);
}

void endpoint_manager_state::on_failure(const child& who,
                                        const caf::error& reason) {
  if (who.what == role::reader) {
    auto j = readers_.find(who.number);
    if (j == readers_.end())
      return;
    node_->on_actor_failure("the reader of a stream from "
                              + printable(j->second.address) + " has failed",
                            reason);
    on_reader_over(who.number);
    return;
  }
  auto j = endpoints_.find(who.number);
  if (j != endpoints_.end() && who.what == role::writer)
    on_failed_writer(j->second, reason);
  else if (j != endpoints_.end())
    on_failed_watcher(j->second, reason);
  else if (who.what == role::watcher)
    on_watcher_failed_late(who, reason);
}

// What it had not written became dead letters with it.
void endpoint_manager_state::on_failed_writer(const endpoint_ptr& where,
                                              const caf::error& reason) {
  node_->on_actor_failure(
    "the writer to " + printable(where->address()) + " has failed", reason);
  std::string text = "the endpoint's writer has failed";
  node_->endpoints.remove(where);
  where->state(connection_state::terminated);
  where->close();
  for (auto& entry : node_->pending.take_endpoint(where->serial(), true))
    answer(std::move(entry), make_error(errc::endpoint_terminated, text));
  node_->on_endpoint_over(*where, errc::endpoint_terminated, text);
  on_endpoint_over({where, errc::endpoint_terminated, text});
}

// Its tables are lost, and what was sent to it since. So both sides of every
// watch are told that the other one is out of reach.
void endpoint_manager_state::on_failed_watcher(const endpoint_ptr& where,
                                               const caf::error& reason) {
  node_->on_actor_failure(
    "the watcher of " + printable(where->address()) + " has failed", reason);
  try {
    auto heir = self_->spawn<caf::hidden>(endpoint_watcher, node_, where);
    look_after(heir, role::watcher, where->serial(), where->address());
    where->replace_watcher(std::move(heir));
  } catch (...) {
    node_->on_shortage("no watcher for " + where->address() + ": "
                       + printable_exception());
  }
  give_up_watches(where->address(), where->serial());
  on_end_streams_of({where->address(), watcher_failed, last_reader_});
  on_end_endpoint(
    {where, errc::endpoint_terminated, "the endpoint's watcher has failed"});
}

// Its endpoint was over already, but it had not told everybody.
void endpoint_manager_state::on_watcher_failed_late(const child& who,
                                                    const caf::error& reason) {
  node_->on_actor_failure(
    "the watcher of " + printable(who.address) + " has failed", reason);
  give_up_watches(who.address, who.number);
  on_end_streams_of({who.address, watcher_failed, last_reader_});
}

void endpoint_manager_state::give_up_watches(const std::string& address,
                                             uint64_t serial) {
  for (auto& hdl : node_->proxies.at(address))
    if (auto proxy = as_remote_proxy(hdl))
      proxy->fire({wire::terminated_reason::address_terminated}, serial);
}

// -- end ---------------------------------------------------------------------------------------

caf::result<left> endpoint_manager_state::on_leave() {
  left_ = self_->make_response_promise();
  leaving_ = true;
  node_->endpoints.stop();
  if (server_ != nullptr)
    server_->stop_accepting();
  for (auto& kvp : endpoints_) {
    kvp.second->post_to_watcher(fall_silent{});
    caf::anon_send(kvp.second->writer(), drain{});
  }
  for (auto& kvp : readers_)
    caf::anon_send(kvp.second.hdl, disconnect_peer{});
  // what is still open then has the rest of the time to be cancelled in
  self_->delayed_send(self_, node_->opts.shutdown_timeout * 4 / 5,
                      leave_tick{});
  // the last endpoints may have been announced while this message waited: they
  // come before the next one, and must be told that they are over
  self_->send(self_, all_known{});
  return left_;
}

void endpoint_manager_state::on_leave_timeout() {
  transport::status why{transport::status_code::unavailable,
                        "the node has left"};
  for (auto& kvp : readers_)
    caf::anon_send<caf::message_priority::high>(kvp.second.hdl,
                                                end_stream{why});
  for (auto& kvp : endpoints_)
    caf::anon_send<caf::message_priority::high>(
      kvp.second->writer(),
      end_endpoint{kvp.second, errc::not_running, "the node has left"});
}

void endpoint_manager_state::check_left() {
  if (!all_known_ || !left_.pending() || !readers_.empty()
      || !endpoints_.empty())
    return;
  left_.deliver(left{});
}

void endpoint_manager_state::expire_requests() {
  auto age = node_->opts.request_expiry;
  for (auto& entry : node_->pending.take_expired(self_->clock().now(), age))
    answer(std::move(entry), caf::make_error(caf::sec::request_timeout));
  self_->delayed_send(self_, expiry_interval(age), expiry_tick{});
}

caf::behavior
endpoint_manager(caf::stateful_actor<endpoint_manager_state>* self,
                 node_ptr home) {
  return self->state.make_behavior(std::move(home));
}

} // namespace caf_remote
