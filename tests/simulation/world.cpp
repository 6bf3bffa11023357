// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/world.hpp"

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/send.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

namespace caf_remote::test {

namespace {

using namespace std::chrono_literals;
using google::protobuf::UInt64Value;

// What a request asks for, in the last bits of its content.
constexpr uint32_t answer_it = 0;
constexpr uint32_t fail_it = 1;
constexpr uint32_t hold_it = 2;

// What answers carry as text, so that they are not taken for messages.
constexpr const char* answer_text = "answer";

std::string address_of(size_t node) {
  return "10.0.0." + std::to_string(node + 1) + ":9000";
}

std::string alias_of(size_t node) {
  return "node-" + std::to_string(node + 1) + ".example:9000";
}

std::string name_of(size_t node) {
  return "node " + std::to_string(node);
}

std::string name_of(const checker::place& x) {
  return "n" + std::to_string(x.name) + " on " + name_of(x.node);
}

// The number of a message or request; none for other content.
std::optional<uint32_t> number_in(const envelope& x) {
  if (x.type_name == Ping::descriptor()->full_name()) {
    auto ping = content_of<Ping>(x);
    if (ping.text() != answer_text)
      return static_cast<uint32_t>(ping.number());
  } else if (x.type_name == UInt64Value::descriptor()->full_name()) {
    return static_cast<uint32_t>(content_of<UInt64Value>(x).value() >> 2);
  }
  return std::nullopt;
}

std::optional<uint32_t> number_in(const caf::message& x) {
  envelope y;
  if (x.match_elements<raw_message>()) {
    y.type_name = x.get_as<raw_message>(0).type_name;
    y.payload = x.get_as<raw_message>(0).bytes;
  } else if (x.match_elements<Ping>()) {
    y = make_envelope_for("", x.get_as<Ping>(0));
  } else if (x.match_elements<UInt64Value>()) {
    y = make_envelope_for("", x.get_as<UInt64Value>(0));
  }
  return number_in(y);
}

std::vector<envelope> messages_in(const std::string& frame) {
  try {
    return read_batch(frame);
  } catch (const std::exception&) {
    return {}; // of the handshake
  }
}

} // namespace

world::world(const story& what, bool with_tale)
  : story_(what), net_([this](uint32_t link, const std::string& frame) {
      for (auto& x : messages_in(frame))
        if (auto number = number_in(x))
          judge_.written(*number, link);
    }),
    machines_(what.nodes), with_tale_(with_tale), carelessness_(what.seed) {
  // more watches than that are refused
  if (what.opts.control_messages < 1000)
    judge_.fault();
  for (size_t i = 0; i < what.nodes; ++i) {
    network::host x;
    x.ip = "10.0.0." + std::to_string(i + 1);
    x.addresses = {address_of(i), alias_of(i)};
    net_.hosts.push_back(std::move(x));
  }
  for (size_t i = 0; i < what.nodes; ++i)
    start(i);
}

world::~world() {
  for (size_t i = 0; i < machines_.size(); ++i)
    destroy(i);
}

void world::play() {
  for (auto& x : story_.steps) {
    perform(x);
    dice rng{x.salt};
    settle(rng);
  }
  finish();
  for (size_t i = 0; i < machines_.size(); ++i)
    destroy(i);
}

void world::throw_now_and_then() {
  if (story_.careless && carelessness_.one_in(8))
    throw std::runtime_error{"careless"};
}

void world::say(const std::string& x) {
  using seconds = std::chrono::duration<double>;
  if (!with_tale_)
    return;
  char time[32];
  std::snprintf(time, sizeof(time), "%8.2f  ", seconds{now_}.count());
  tale_.push_back(time + x);
}

// -- people -------------------------------------------------------------------

bool world::is_alive(const person& x) const {
  return !x.ended && x.run == machines_[x.node].run;
}

uint32_t world::spawn(size_t node) {
  auto id = static_cast<uint32_t>(people_.size() + 1);
  auto x = std::make_unique<person>();
  x->id = id;
  x->node = node;
  x->run = machines_[node].run;
  people_.push_back(std::move(x));
  auto& sys = machines_[node].system->sys;
  at(id).hdl = sys.spawn(
    [this, id](caf::event_based_actor* self) { return behave(self, id); });
  return id;
}

caf::behavior world::behave(caf::event_based_actor* self, uint32_t id) {
  self->set_default_handler(caf::drop);
  self->set_down_handler(
    [this, id](caf::down_msg& x) { on_told(id, x.reason); });
  self->set_exit_handler([this, id, self](caf::exit_msg& x) {
    if (at(id).watches.empty() || x.reason == caf::exit_reason::kill)
      self->quit(x.reason);
    else
      on_told(id, x.reason);
  });
  self->attach_functor([this, id](const caf::error&) {
    auto& me = at(id);
    if (is_alive(me)) {
      say("actor " + std::to_string(id) + " on " + name_of(me.node) + " ends");
      judge_.ends(id);
    }
    me.ended = true;
    me.held.clear();
  });
  return {
    [self](const task& x) { x.f(self); },
    [this, id](const Ping& x) {
      auto& me = at(id);
      if (is_alive(me) && x.text() != answer_text)
        on_message(me, static_cast<uint32_t>(x.number()));
    },
    [this, id, self](const UInt64Value& x) {
      return on_request(self, id, x.value());
    },
  };
}

caf::result<Ping> world::on_request(caf::event_based_actor* self, uint32_t id,
                                    uint64_t content) {
  auto& me = at(id);
  auto number = static_cast<uint32_t>(content >> 2);
  if (is_alive(me))
    on_message(me, number);
  switch (content & 3) {
    case fail_it:
      return make_error(caf::sec::invalid_argument);
    case hold_it: {
      me.held.push_back(self->make_response_promise<Ping>());
      return me.held.back();
    }
    default:
      return make_ping(answer_text, number);
  }
}

void world::on_told(uint32_t id, const caf::error& why) {
  auto& me = at(id);
  if (!is_alive(me))
    return;
  for (auto watch : me.watches) {
    say("watch " + std::to_string(watch)
        + " is told: " + (why ? render(why) : "normal"));
    judge_.told(watch, why);
  }
}

void world::on_message(const person& me, uint32_t number) {
  say("message " + std::to_string(number) + " comes to actor "
      + std::to_string(me.id) + " on " + name_of(me.node));
  judge_.delivered(number, run_of(me.node), me.id);
}

void world::on_answer(uint32_t requester, uint32_t number,
                      const caf::error& why) {
  if (!is_alive(at(requester)))
    return;
  say("request " + std::to_string(number)
      + " is answered: " + (why ? render(why) : "yes"));
  judge_.answered(number, why);
}

void world::tell_to(uint32_t id,
                    std::function<void(caf::event_based_actor*)> f) {
  caf::anon_send(at(id).hdl, task{std::move(f)});
}

// -- nodes --------------------------------------------------------------------

void world::start(size_t node) {
  auto& x = machines_[node];
  ++x.run;
  x.leaves = false;
  x.system = std::make_unique<actor_fixture>(story_.opts);
  auto ip = net_.hosts[node].ip;
  x.system->home->log.sink([this, node](std::string_view line) {
    say(name_of(node) + " logs: " + std::string{line});
    throw_now_and_then();
  });
  say(name_of(node) + " starts, run " + std::to_string(x.run));
  x.system->home->own(own_addresses{address_of(node), ip, 9000, {}});
  net_.hosts[node].system = x.system.get();
  net_.hosts[node].seen = 0;
  x.events_seen = 0;
  x.holders.assign(names, 0);
  for (size_t i = 0; i < names; ++i)
    publish(node, i);
  for (size_t i = 0; i < senders; ++i)
    x.senders.push_back(spawn(node));
}

void world::destroy(size_t node) {
  auto& x = machines_[node];
  if (x.system == nullptr)
    return;
  look_at(node);
  judge_.over(run_of(node));
  say(name_of(node) + " is gone");
  dice rng{x.run};
  net_.lose(node, rng);
  auto run = x.run++;
  x.handles.clear();
  x.blocked.clear();
  x.senders.clear();
  for (auto& y : people_)
    if (y->node == node && y->run == run && y->hdl != nullptr) {
      caf::anon_send_exit(y->hdl, caf::exit_reason::kill);
      y->hdl = nullptr;
    }
  x.system = nullptr;
}

void world::publish(size_t node, size_t name) {
  auto& x = machines_[node];
  if (x.holders[name] != 0)
    return;
  auto id = spawn(node);
  x.system->publish(at(id).hdl, "n" + std::to_string(name));
  x.holders[name] = id;
  judge_.holds(id, run_of(node), name);
}

void world::unpublish(size_t node, size_t name) {
  auto& x = machines_[node];
  auto id = std::exchange(x.holders[name], 0u);
  if (id == 0)
    return;
  // nobody has it if the actor has ended
  if (!x.system->home->processes->unpublish("n" + std::to_string(name)))
    judge_.holds_no_more(id);
}

caf::actor world::handle(size_t from, checker::place to, bool alias) {
  auto& known = machines_[from].handles[{to.node, to.name, alias}];
  if (known == nullptr)
    known = machines_[from].system->remote("n" + std::to_string(to.name),
                                           alias ? alias_of(to.node)
                                                 : address_of(to.node));
  return known;
}

// What a node has published, and its figures.
void world::look_at(size_t node) {
  auto& x = machines_[node];
  if (x.system == nullptr)
    return;
  auto where = run_of(node);
  auto& events = x.system->events.everything();
  for (; x.events_seen < events.size(); ++x.events_seen) {
    auto& y = events[x.events_seen];
    if (y.match_elements<endpoint_connected>()) {
      auto& e = y.get_as<endpoint_connected>(0);
      say(name_of(node) + " is connected to " + e.address);
      judge_.connected(where, e.address, e.member_id);
    } else if (y.match_elements<endpoint_terminated>()) {
      auto& e = y.get_as<endpoint_terminated>(0);
      say(name_of(node) + " is not connected to " + e.address + " any more");
      judge_.terminated(where, e.address, e.member_id);
    } else if (y.match_elements<dead_letter>()) {
      if (auto number = number_in(y.get_as<dead_letter>(0).message)) {
        say("message " + std::to_string(*number) + " is a dead letter at "
            + name_of(node));
        judge_.dead_letter(*number, where);
      }
    }
  }
  for (auto& y : x.system->home->snapshot().endpoints)
    judge_.accounts(where, y.address, y.accepted, y.written, y.dead_lettered,
                    y.queued);
}

// -- steps --------------------------------------------------------------------

size_t world::other_node(size_t node, const step& x) const {
  return (node + 1 + x.whom % (story_.nodes - 1)) % story_.nodes;
}

bool world::uses_alias(const step& x) const {
  return story_.aliases && x.whom % 5 == 0;
}

void world::perform(const step& x) {
  say(std::string{"-- "} + to_string(x.what));
  auto node = x.who % story_.nodes;
  auto& where = machines_[node];
  if (where.system == nullptr || !perform_at(where, node, x))
    perform_fault(x);
}

// What a node does that is there. Returns false if it is nothing of that kind.
bool world::perform_at(machine& where, size_t node, const step& x) {
  auto name = x.how % names;
  auto holder = where.holders[name];
  switch (x.what) {
    case deed::send:
      send(node, x, 1);
      return true;
    case deed::flood:
      send(node, x, 40);
      return true;
    case deed::request:
      request(node, x);
      return true;
    case deed::monitor:
      watch(node, x, false);
      return true;
    case deed::link:
      watch(node, x, true);
      return true;
    case deed::demonitor:
      take_back(node, x, false);
      return true;
    case deed::unlink:
      take_back(node, x, true);
      return true;
    case deed::stop_actor: {
      auto to = handle(node, {other_node(node, x), name}, false);
      tell_to(where.senders[0], [to](caf::event_based_actor* self) {
        self->send_exit(to, caf::exit_reason::user_shutdown);
      });
      return true;
    }
    case deed::end_actor:
      if (holder != 0)
        tell_to(holder, [](caf::event_based_actor* self) { self->quit(); });
      return true;
    case deed::publish:
      if (holder == 0 || at(holder).ended) {
        where.holders[name] = 0;
        publish(node, name);
      }
      return true;
    case deed::unpublish:
      unpublish(node, name);
      return true;
    case deed::rename:
      unpublish(node, name);
      publish(node, name);
      return true;
    case deed::block_actor:
      if (holder != 0 && !at(holder).ended)
        where.blocked.insert(dynamic_cast<caf::resumable*>(
          caf::actor_cast<caf::abstract_actor*>(at(holder).hdl)));
      return true;
    case deed::unblock_actor:
      where.blocked.clear();
      return true;
    case deed::forget_handles:
      where.handles.clear();
      return true;
    case deed::leave:
      if (!std::exchange(where.leaves, true)) {
        judge_.fault();
        caf::anon_send(where.system->home->manager(), caf_remote::leave{});
      }
      return true;
    case deed::run_short: {
      judge_.fault();
      dice rng{x.salt ^ 3};
      net_.run_short(node, rng);
      ran_short_ = true;
      return true;
    }
    case deed::crash:
      judge_.fault();
      destroy(node);
      return true;
    case deed::start:
      if (where.leaves) {
        destroy(node);
        start(node);
      }
      return true;
    default:
      return false;
  }
}

void world::send(size_t node, const step& x, size_t count) {
  auto sender = machines_[node].senders[x.how / names % senders];
  checker::place whom{other_node(node, x), x.how % names};
  auto to = handle(node, whom, uses_alias(x));
  tell_to(sender, [=](caf::event_based_actor* self) {
    if (!is_alive(at(sender)))
      return;
    for (size_t i = 0; i < count; ++i) {
      auto number = judge_.sends(run_of(node), sender, whom, false);
      say(name_of(node) + " sends message " + std::to_string(number) + " to "
          + name_of(whom));
      self->send(to, make_ping("message", number));
    }
  });
}

void world::request(size_t node, const step& x) {
  auto sender = machines_[node].senders[x.how / names % senders];
  checker::place whom{other_node(node, x), x.how % names};
  auto to = handle(node, whom, uses_alias(x));
  auto limit = caf::duration{caf::infinite};
  if (x.who % 3 != 0)
    limit = caf::duration{std::chrono::milliseconds(10 + x.whom % 20000)};
  auto wish = x.how % 8 == 0 ? hold_it : x.how % 8 == 1 ? fail_it : answer_it;
  auto is_known = x.who % 2 == 0; // to the module
  tell_to(sender, [=](caf::event_based_actor* self) {
    if (!is_alive(at(sender)))
      return;
    auto number = judge_.sends(run_of(node), sender, whom, true);
    say(name_of(node) + " sends request " + std::to_string(number) + " to "
        + name_of(whom));
    UInt64Value content;
    content.set_value(uint64_t{number} << 2 | wish);
    auto answer = is_known ? caf_remote::request(self, to, limit, content)
                           : self->request(to, limit, content);
    answer.then(
      [this, number, sender](const Ping& y) {
        if (y.number() != number)
          judge_.complain("requests: " + std::to_string(number)
                          + " has the answer to " + std::to_string(y.number()));
        on_answer(sender, number, caf::none);
      },
      [this, number, sender](const caf::error& why) {
        on_answer(sender, number, why);
      });
  });
}

void world::watch(size_t node, const step& x, bool link) {
  checker::place whom{other_node(node, x), x.how % names};
  auto alias = uses_alias(x);
  auto to = handle(node, whom, alias);
  auto id = spawn(node);
  auto watch = judge_.watches(run_of(node), whom);
  at(id).watches.push_back(watch);
  observers_.push_back({id, watch, whom, alias, link});
  say(name_of(node) + " begins watch " + std::to_string(watch) + " of "
      + name_of(whom) + (link ? ", by a link" : ""));
  tell_to(id, [=](caf::event_based_actor* self) {
    if (link)
      self->link_to(to);
    else
      self->monitor(to);
    if (story_.careless)
      to->attach_functor([this](const caf::error&) { throw_now_and_then(); });
  });
}

void world::take_back(size_t node, const step& x, bool link) {
  std::vector<observer*> mine;
  for (auto& y : observers_)
    if (at(y.person).node == node && is_alive(at(y.person)) && y.link == link)
      mine.push_back(&y);
  if (mine.empty())
    return;
  auto& y = *mine[x.how % mine.size()];
  auto to = handle(node, y.whom, y.alias);
  judge_.takes_back(y.watch);
  say("watch " + std::to_string(y.watch) + " is taken back");
  tell_to(y.person, [=](caf::event_based_actor* self) {
    if (link)
      self->unlink_from(to);
    else
      self->demonitor(to);
  });
}

void world::perform_fault(const step& x) {
  dice rng{x.salt ^ 1};
  auto node = x.who % story_.nodes;
  auto other = other_node(node, x);
  switch (x.what) {
    case deed::cut:
      judge_.fault();
      net_.cut(rng);
      break;
    case deed::freeze:
      judge_.fault();
      net_.freeze(rng);
      break;
    case deed::forbid_dials:
      judge_.fault();
      net_.forbid(node, other, x.how % 2 == 0);
      break;
    case deed::allow_dials:
      net_.allow(node, other);
      break;
    case deed::slow_down:
      net_.slow(true);
      break;
    case deed::speed_up:
      net_.slow(false);
      break;
    case deed::start:
      if (machines_[node].system == nullptr)
        start(node);
      break;
    case deed::pass_time:
      pass(caf::timespan{1ms} * (x.how % 5000), 250ms, rng);
      break;
    default:
      break;
  }
}

// -- time ---------------------------------------------------------------------

// Runs an actor of a node that has something to do.
bool world::run_one(dice& rng) {
  auto first = rng.below(machines_.size());
  for (size_t i = 0; i < machines_.size(); ++i) {
    auto& x = machines_[(first + i) % machines_.size()];
    if (x.system == nullptr)
      continue;
    auto& jobs = x.system->sched.jobs;
    auto n = jobs.size();
    auto begin = n > 0 ? rng.below(n) : 0;
    for (size_t j = 0; j < n; ++j) {
      auto pos = jobs.begin() + static_cast<ptrdiff_t>((begin + j) % n);
      if (x.blocked.count(*pos) != 0)
        continue;
      std::rotate(jobs.begin(), pos, pos + 1);
      x.system->sched.run_once();
      return true;
    }
  }
  return false;
}

void world::run_all(dice& rng) {
  while (run_one(rng))
    ; // nop
}

void world::settle(dice& rng) {
  for (auto rounds = rng.below(6); rounds > 0; --rounds) {
    for (auto n = rng.below(30); n > 0 && run_one(rng); --n)
      ; // nop
    net_.tick(rng);
  }
  if (rng.one_in(2))
    run_all(rng);
  for (size_t i = 0; i < machines_.size(); ++i)
    look_at(i);
}

void world::pass(caf::timespan how_long, caf::timespan slice, dice& rng) {
  for (caf::timespan x{0}; x < how_long; x += slice) {
    net_.advance(slice);
    now_ += slice;
    for (auto& y : machines_)
      if (y.system != nullptr)
        y.system->sched.advance_time(slice);
    for (int i = 0; i < 4; ++i) {
      run_all(rng);
      net_.tick(rng);
    }
    run_all(rng);
  }
  for (size_t i = 0; i < machines_.size(); ++i)
    look_at(i);
}

// Everything heals, ends, and has had its time.
void world::finish() {
  dice rng{story_.seed ^ 2};
  net_.heal();
  for (size_t i = 0; i < machines_.size(); ++i) {
    auto& x = machines_[i];
    x.blocked.clear();
    if (x.leaves)
      destroy(i);
    if (x.system == nullptr)
      start(i);
  }
  pass(60s, 250ms, rng);
  std::set<uint32_t> watching;
  for (auto& x : observers_)
    watching.insert(x.person);
  auto is_sender = [this](const person& x) {
    auto& xs = machines_[x.node].senders;
    return std::find(xs.begin(), xs.end(), x.id) != xs.end();
  };
  for (auto& x : people_)
    if (is_alive(*x) && !is_sender(*x) && watching.count(x->id) == 0)
      tell_to(x->id, [](caf::event_based_actor* self) { self->quit(); });
  pass(120s, 500ms, rng);
  judge_.all_told();
  pass(story_.opts.request_expiry + 1min, 10s, rng);
  judge_.all_answered();
  for (auto& x : machines_)
    x.handles.clear();
  for (auto& x : people_)
    if (is_alive(*x))
      caf::anon_send_exit(x->hdl, caf::exit_reason::kill);
  pass(60s, 1s, rng);
  for (size_t i = 0; i < machines_.size(); ++i) {
    look_at(i);
    auto& home = *machines_[i].system->home;
    judge_.left_over(run_of(i), "pending requests", home.pending.size());
    judge_.left_over(run_of(i), "published names",
                     home.processes->count(process_kind::published));
    judge_.left_over(run_of(i), "reply addresses",
                     home.processes->count(process_kind::reply_address));
    auto figures = home.snapshot();
    if (!ran_short_)
      judge_.left_over(run_of(i), "failed actors", figures.actor_failures);
    // a restart may be met before the old run's connections are known to be
    // over
    if (story_.quiet)
      judge_.left_over(run_of(i), "broken protocol rules",
                       figures.protocol_errors);
    for (auto& y : figures.endpoints)
      judge_.left_over(run_of(i), "messages queued for " + y.address, y.queued);
  }
}

} // namespace caf_remote::test
