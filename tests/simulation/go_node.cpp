// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/go_node.hpp"

#include "caf_remote/endpoint/own_addresses.hpp"
#include "caf_remote/error.hpp"
#include "caf_remote/wire/handshake.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include "support/test_messages.hpp"

#include "remote.pb.h"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

namespace caf_remote::test {

namespace {

using namespace std::chrono_literals;
using google::protobuf::UInt64Value;
using transport::status_code;

constexpr size_t attempts = 5;
constexpr size_t max_frame = 4u << 20;

template <class T>
std::optional<T> read(const envelope& x) {
  T result;
  if (!wire::decode(x.payload, result))
    return std::nullopt;
  return result;
}

bool is_known(const std::string& type_name) {
  return type_name == Ping::descriptor()->full_name()
         || type_name == UInt64Value::descriptor()->full_name()
         || wire::classify(type_name) != wire::system_type::none;
}

} // namespace

go_node::go_node(scene& all, checker::run_id id)
  : frame_node(all, id),
    member_id_("go-" + std::to_string(id.node) + "-" + std::to_string(id.run)),
    sender_(all.next_person()) {
  all.judge.shares_ends(here());
  all.judge.is_member(id, all.address_of(here()), member_id_);
  for (size_t i = 0; i < scene::published_names; ++i)
    spawn(all.id_of({here(), i}), i);
}

// -- out ----------------------------------------------------------------------

pid go_node::mine(const std::string& id, uint32_t request_id) const {
  return {all_.address_of(here()), id, request_id};
}

void go_node::send(const pid& to, envelope x) {
  x.target = to;
  if (to.address == all_.address_of(here())) {
    later([this, x = std::move(x)] { receive(x); });
    return;
  }
  auto& where = endpoints_[to.address];
  where.queue.push_back(std::move(x));
  if (where.way == nullptr)
    connect(to.address);
  else
    flush(where);
}

void go_node::send_system(const pid& to, std::string_view type,
                          std::string payload, const pid& sender) {
  auto x = make_system_envelope(to.id, type, std::move(payload));
  x.sender = sender;
  send(to, std::move(x));
}

void go_node::connect(const std::string& to) {
  auto i = endpoints_.find(to);
  if (i == endpoints_.end())
    return;
  i->second.way = dial(to);
  i->second.way->write(
    wire::encode(wire::server_connection{member_id_, all_.address_of(here())}));
}

void go_node::flush(endpoint& x) {
  if (!x.ready || x.queue.empty())
    return;
  x.way->write(batch_frame(x.queue));
  x.queue.clear();
}

// What was to be written is lost, and observers are told.
void go_node::lose(const std::string& to) {
  auto i = endpoints_.find(to);
  if (i == endpoints_.end())
    return;
  auto gone = std::move(i->second);
  endpoints_.erase(i);
  for (auto& frame : gone.way->take_waiting())
    for (auto& x : messages_in(frame))
      gone.queue.push_back(std::move(x));
  for (auto& x : gone.queue) {
    if (auto number = number_in(x))
      all_.judge.dead_letter(*number, id_);
    else if (auto answered = answered_in(x))
      all_.judge.may_stay_open(*answered);
  }
  for (auto& [id, watchers] : gone.watched)
    for (auto& watcher : watchers)
      told(watcher, caf::exit_reason::remote_link_unreachable);
}

void go_node::leave() {
  if (std::exchange(leaves_, true))
    return;
  for (auto& x : lines())
    if (x->dialled.empty())
      x->write(wire::encode(wire::disconnect_request{}));
    else
      x->str->close_writes();
}

// -- streams ------------------------------------------------------------------

void go_node::on_frame(const line_ptr& from, const std::string& frame) {
  if (!from->dialled.empty()) {
    auto i = endpoints_.find(from->dialled);
    if (i == endpoints_.end() || i->second.way != from)
      return;
    // whatever comes after the handshake is taken for a goodbye
    if (std::exchange(i->second.ready, true)) {
      from->str->close_writes();
      lose(from->dialled);
      return;
    }
    i->second.failures = 0;
    flush(i->second);
    return;
  }
  auto content = wire::decode_frame(frame);
  if (std::holds_alternative<wire::server_connection>(content)) {
    from->write(wire::encode(wire::connect_response{member_id_, false}));
  } else if (std::holds_alternative<wire::batch_bytes>(content)) {
    check(frame);
    for (auto& x : read_batch(frame))
      receive(x);
  }
}

void go_node::on_half_closed(const line_ptr& from) {
  from->str->finish({status_code::ok, ""});
}

void go_node::on_over(const line_ptr& which, const transport::status& why) {
  auto i = endpoints_.find(which->dialled);
  if (i == endpoints_.end() || i->second.way != which)
    return;
  if (why.code == status_code::ok && !leaves_)
    all_.judge.complain("go: a stream ends with OK, which goes unnoticed");
  if (i->second.ready || ++i->second.failures == attempts)
    lose(which->dialled);
  else
    after(2s, [this, to = which->dialled] { connect(to); });
}

// -- in -----------------------------------------------------------------------

// What ends a Go process or its connection.
void go_node::check(const std::string& frame) {
  auto complain = [&](const std::string& what) {
    all_.judge.complain("go: " + name_of(here()) + " is sent " + what);
  };
  remote::RemoteMessage msg;
  if (frame.size() > max_frame)
    complain("a frame of " + std::to_string(frame.size()) + " bytes");
  if (!msg.ParseFromString(frame))
    return complain("a frame that does not parse");
  auto& batch = msg.message_batch();
  for (auto& x : batch.type_names())
    if (!is_known(x))
      complain("a message of the type '" + x + "'");
  for (auto& x : batch.envelopes()) {
    if (x.type_id() < 0 || x.type_id() >= batch.type_names_size()
        || x.target() < 0 || x.target() >= batch.targets_size()
        || x.sender() < 0 || x.sender() > batch.senders_size())
      complain("an index outside its table");
    if (x.serializer_id() != 0 && x.serializer_id() != 1)
      complain("serializer " + std::to_string(x.serializer_id()));
  }
}

void go_node::receive(const envelope& x) {
  auto& judge = all_.judge;
  if (x.target.address != all_.address_of(here())
      && x.target.address != nonhost)
    judge.complain("go: " + name_of(here()) + " is sent a message for "
                   + x.target.address);
  if (receive_system(x))
    return;
  if (futures_.count(x.target.id) != 0)
    on_answer(x, caf::none);
  else if (actors_.count(x.target.id) != 0)
    on_message(x);
  else
    no_such_actor(x);
}

// Returns false if it is an ordinary message.
bool go_node::receive_system(const envelope& x) {
  using wire::system_type;
  auto i = actors_.find(x.target.id);
  switch (wire::classify(x.type_name)) {
    case system_type::watch: {
      auto y = read<wire::watch>(x);
      if (!y)
        all_.judge.complain("go: a Watch without watcher");
      else if (i != actors_.end())
        i->second.watchers.emplace(y->watcher.address, y->watcher.id);
      else
        send_system(y->watcher, wire::terminated::type_name,
                    wire::encode(wire::terminated{
                      mine(x.target.id), wire::terminated_reason::not_found}));
      return true;
    }
    case system_type::unwatch:
      if (auto y = read<wire::unwatch>(x); y && i != actors_.end())
        i->second.watchers.erase({y->watcher.address, y->watcher.id});
      return true;
    case system_type::terminated: {
      auto y = read<wire::terminated>(x);
      if (!y) {
        all_.judge.complain("go: a Terminated without who");
        return true;
      }
      auto where = endpoints_.find(y->who.address);
      if (where != endpoints_.end()
          && where->second.watched[y->who.id].erase(x.target.id) != 0)
        told(x.target.id, y->why == wire::terminated_reason::stopped
                            ? caf::error{}
                            : caf::error{caf::exit_reason::unknown});
      return true;
    }
    case system_type::stop:
    case system_type::poison_pill:
      end(x.target.id);
      return true;
    case system_type::touch:
      if (i != actors_.end() || x.target.id == "activator")
        send_system(x.sender, wire::touched::type_name,
                    wire::encode(wire::touched{mine(x.target.id)}));
      else
        no_such_actor(x);
      return true;
    case system_type::dead_letter_response:
      if (futures_.count(x.target.id) != 0)
        on_answer(x, make_error(errc::dead_letter));
      return true;
    case system_type::actor_pid_request:
      spawn_for(x);
      return true;
    case system_type::touched:
    case system_type::actor_pid_response:
      return true;
    case system_type::none:
      return false;
  }
  return false;
}

void go_node::no_such_actor(const envelope& x) {
  if (auto number = number_in(x))
    all_.judge.dead_letter(*number, id_);
  if (!x.sender.id.empty())
    send_system(x.sender, wire::dead_letter_response::type_name,
                wire::encode(wire::dead_letter_response{}));
}

void go_node::on_message(const envelope& x) {
  auto number = number_in(x);
  if (!number)
    return;
  auto& me = actors_[x.target.id];
  all_.say("message " + std::to_string(*number) + " comes to actor "
           + std::to_string(me.id) + " on " + name_of(here()));
  all_.judge.delivered(*number, id_, me.id);
  if (x.type_name != UInt64Value::descriptor()->full_name())
    return;
  auto answer = make_envelope_for("", make_ping(answer_text, *number));
  switch (wish_of(content_of<UInt64Value>(x).value())) {
    case wish::answer_with_header:
      answer.header.emplace(header_key, std::to_string(*number));
      [[fallthrough]];
    case wish::answer:
      send(x.sender, std::move(answer));
      break;
    case wish::fail:
    case wish::hold:
      break; // there are no errors on the wire
    case wish::pass_on:
    case wish::pass_on_in_time: {
      checker::place whom{*number % all_.plot.nodes.size(),
                          *number % scene::published_names};
      auto next = all_.judge.passes_on(*number, id_, me.id, whom);
      UInt64Value content;
      content.set_value(wish_content(next, wish::answer));
      auto y = make_envelope_for("", content);
      y.sender = x.sender;
      send({all_.address_of(whom.node), all_.id_of(whom), 0}, std::move(y));
    }
  }
}

void go_node::on_answer(const envelope& x, const caf::error& why) {
  auto i = futures_.find(x.target.id);
  auto number = i->second;
  futures_.erase(i);
  if (!why) {
    auto carried = static_cast<uint32_t>(content_of<Ping>(x).number());
    // futures are called the same in each run, as docs/guarantees.md says
    if (!all_.judge.knows(carried)
        || (all_.judge.origin_of(carried) != number
            && all_.judge.is_from(all_.judge.origin_of(carried), id_)))
      all_.judge.complain("requests: " + std::to_string(number)
                          + " has the answer to " + std::to_string(carried));
  }
  all_.judge.answered(number, why);
}

void go_node::spawn_for(const envelope& x) {
  auto y = read<wire::actor_pid_request>(x);
  wire::actor_pid_response answer;
  answer.status_code = static_cast<int32_t>(wire::spawn_status::error);
  for (auto i = scene::published_names; y && i < scene::names; ++i)
    if (y->kind == "person" && y->name == "n" + std::to_string(i)) {
      auto id = all_.id_of({here(), i});
      auto taken = actors_.count(id) != 0;
      if (!taken)
        spawn(id, i);
      answer.who = mine(id);
      answer.status_code = static_cast<int32_t>(
        taken ? wire::spawn_status::name_exists : wire::spawn_status::ok);
    }
  send_system(x.sender, wire::actor_pid_response::type_name,
              wire::encode(answer));
}

// -- actors -------------------------------------------------------------------

void go_node::spawn(const std::string& id, size_t name) {
  auto& x = actors_[id];
  x.id = all_.next_person();
  all_.judge.holds(x.id, id_, name);
}

void go_node::end(const std::string& id) {
  auto i = actors_.find(id);
  if (i == actors_.end())
    return;
  auto gone = std::move(i->second);
  actors_.erase(i);
  all_.say("actor " + std::to_string(gone.id) + " on " + name_of(here())
           + " ends");
  all_.judge.ends(gone.id);
  for (auto& [address, watcher] : gone.watchers)
    send_system({address, watcher, 0}, wire::terminated::type_name,
                wire::encode(wire::terminated{
                  mine(id), wire::terminated_reason::stopped}));
}

void go_node::told(const std::string& watcher, const caf::error& why) {
  auto i = observers_.find(watcher);
  if (i == observers_.end())
    return;
  all_.say("watch " + std::to_string(i->second.watch)
           + " is told: " + (why ? render(why) : "normal"));
  all_.judge.told(i->second.watch, why);
  observers_.erase(i);
}

// -- steps --------------------------------------------------------------------

bool go_node::perform(const step& x) {
  auto whom = all_.place_of(here(), x);
  if (whom.node == here())
    whom.node = (here() + 1) % all_.plot.nodes.size();
  auto id = all_.id_of({here(), x.how % scene::published_names});
  switch (x.what) {
    case deed::send:
      send_to(whom);
      return true;
    case deed::flood:
      for (int i = 0; i < 40; ++i)
        send_to(whom);
      return true;
    case deed::request:
      request(whom, static_cast<wish>(x.how / 96 % wishes));
      return true;
    case deed::monitor:
    case deed::link:
      watch(whom);
      return true;
    case deed::demonitor:
    case deed::unlink:
      take_back(x);
      return true;
    case deed::stop_actor:
      all_.judge.may_end(whom);
      send_system({all_.address_of(whom.node), all_.id_of(whom), 0},
                  wire::stop::type_name, "");
      return true;
    case deed::end_actor:
    case deed::unpublish:
      want_end(id);
      return true;
    case deed::publish:
    case deed::rename:
      if (actors_.count(id) == 0)
        spawn(id, x.how % scene::published_names);
      return true;
    default:
      return false;
  }
}

uint32_t go_node::send_to(checker::place whom) {
  auto number = all_.judge.sends(id_, sender_, whom, checker::kind::message);
  all_.say(name_of(here()) + " sends message " + std::to_string(number) + " to "
           + name_of(whom));
  send({all_.address_of(whom.node), all_.id_of(whom), 0},
       make_envelope_for("", make_ping("message", number)));
  return number;
}

uint32_t go_node::request(checker::place whom, wish what) {
  auto number = all_.judge.sends(id_, sender_, whom, checker::kind::request);
  all_.say(name_of(here()) + " sends request " + std::to_string(number) + " to "
           + name_of(whom));
  all_.judge.may_stay_open(number);
  auto future = "future$" + std::to_string(++last_future_);
  futures_.emplace(future, number);
  after(10s, [this, future] {
    auto i = futures_.find(future);
    if (i == futures_.end())
      return;
    all_.judge.answered(i->second, caf::sec::request_timeout);
    futures_.erase(i);
  });
  UInt64Value content;
  content.set_value(wish_content(number, what));
  auto x = make_envelope_for("", content);
  x.sender = mine(future);
  send({all_.address_of(whom.node), all_.id_of(whom), 0}, std::move(x));
  return number;
}

void go_node::watch(checker::place whom) {
  // a namesake in a later run would be told of what this one has watched, as
  // docs/guarantees.md says
  auto watcher = "w" + std::to_string(++last_watcher_) + '.'
                 + std::to_string(id_.run);
  pid to{all_.address_of(whom.node), all_.id_of(whom), 0};
  auto watch = all_.judge.watches(id_, whom);
  all_.say(name_of(here()) + " begins watch " + std::to_string(watch) + " of "
           + name_of(whom));
  observers_.emplace(watcher, observation{watch, to});
  endpoints_[to.address].watched[to.id].insert(watcher);
  send_system(to, wire::watch::type_name,
              wire::encode(wire::watch{mine(watcher)}));
}

void go_node::take_back(const step& x) {
  if (observers_.empty())
    return;
  auto i = std::next(observers_.begin(),
                     static_cast<ptrdiff_t>(x.how % observers_.size()));
  auto [watcher, y] = *i;
  observers_.erase(i);
  all_.judge.takes_back(y.watch);
  endpoints_[y.whom.address].watched[y.whom.id].erase(watcher);
  send_system(y.whom, wire::unwatch::type_name,
              wire::encode(wire::unwatch{mine(watcher)}));
}

// -- towards the end ----------------------------------------------------------

void go_node::want_end(const std::string& id) {
  auto i = actors_.find(id);
  if (i == actors_.end())
    return;
  all_.judge.may_end(i->second.id);
  end(id);
}

void go_node::resume() {
  for (size_t i = 0; i < scene::published_names; ++i)
    if (actors_.count(all_.id_of({here(), i})) == 0)
      spawn(all_.id_of({here(), i}), i);
}

void go_node::call_all() {
  for (size_t node = 0; node < all_.plot.nodes.size(); ++node)
    for (size_t i = 0; i < scene::published_names; ++i)
      if (all_.is_open(here(), node)) {
        all_.judge.must_succeed(send_to({node, i}));
        all_.judge.must_succeed(request({node, i}, wish::answer));
      }
}

void go_node::end_watched() {
  std::vector<std::string> ids;
  for (auto& [id, x] : actors_)
    ids.push_back(id);
  for (auto& id : ids)
    want_end(id);
}

void go_node::end_all() {
  end_watched();
}

} // namespace caf_remote::test
