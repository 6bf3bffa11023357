// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/caf_node.hpp"

#include "caf_remote/endpoint/activator.hpp"
#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/send.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace caf_remote::test {

namespace {

using google::protobuf::UInt64Value;

constexpr const char* kind_of_people = "person";

} // namespace

// -- start and end ------------------------------------------------------------

caf_node::caf_node(scene& all, checker::run_id id)
  : machine(all, id), holders_(scene::published_names, 0),
    system_(all.plot.opts) {
  auto& home = *system_.home;
  auto& host = all.net.hosts[here()];
  home.log.sink([this](std::string_view line) {
    all_.say(name_of(here()) + " logs: " + std::string{line});
    throw_now_and_then();
  });
  std::vector<std::string> aliases;
  if (all.plot.own_aliases)
    aliases.push_back(all.address_of(here(), true));
  home.own(own_addresses{all.address_of(here()), host.ip, 9000, aliases});
  all.judge.is_member(id, all.address_of(here()), home.member_id);
  activator_ = system_.sys.spawn<caf::hidden>(activator, system_.home);
  spawner_ = system_.sys.spawn<caf::hidden>(spawner, system_.home);
  for (auto name : {activator_id, new_activator_id})
    home.processes->publish(caf::actor_cast<caf::strong_actor_ptr>(activator_),
                            name, delivery_mode::decoded,
                            process_kind::activator);
  home.processes->conceal(caf::actor_cast<caf::strong_actor_ptr>(spawner_));
  home.kinds.add(kind_of_people,
                 {[this](caf::actor_system&) { return make_for_peer(); },
                  delivery_mode::decoded});
  for (size_t i = 0; i < scene::published_names; ++i)
    publish(i);
  for (size_t i = 0; i < senders; ++i)
    senders_.push_back(spawn());
}

caf_node::~caf_node() {
  over_ = true;
  handles_.clear();
  observers_.clear();
  for (auto& [id, x] : people_)
    if (x->hdl != nullptr)
      caf::anon_send_exit(std::exchange(x->hdl, nullptr),
                          caf::exit_reason::kill);
  for (auto x : {&activator_, &spawner_})
    caf::anon_send_exit(std::exchange(*x, nullptr), caf::exit_reason::kill);
}

network::outlet caf_node::outlet() {
  return {system_.connector, [this] { return system_.home->introduction(); },
          [this](transport::incoming x) {
            caf::anon_send(system_.home->manager(),
                           incoming_stream{std::move(x)});
          }};
}

void caf_node::leave() {
  if (!std::exchange(leaves_, true))
    caf::anon_send(system_.home->manager(), caf_remote::leave{});
}

void caf_node::throw_now_and_then() {
  if (all_.plot.careless && all_.carelessness.one_in(8))
    throw std::runtime_error{"careless"};
}

// -- people -------------------------------------------------------------------

uint32_t caf_node::spawn() {
  auto id = all_.next_person();
  auto& x = people_[id];
  x = std::make_unique<person>();
  x->id = id;
  x->hdl = system_.sys.spawn(
    [this, id](self_ptr self) { return behave(self, id); });
  return id;
}

caf::behavior caf_node::behave(self_ptr self, uint32_t id) {
  self->set_default_handler(caf::drop);
  // within a node, errors come as messages
  self->set_error_handler([](caf::error&) {});
  self->set_down_handler(
    [this, id](caf::down_msg& x) { on_told(id, x.reason); });
  self->set_exit_handler([this, id, self](caf::exit_msg& x) {
    if (x.reason == caf::exit_reason::kill)
      self->quit(x.reason);
    else if (!at(id).watches.empty())
      on_told(id, x.reason);
    else if (x.reason)
      self->quit(x.reason);
  });
  self->attach_functor([this, id](const caf::error&) { on_end(id); });
  return {
    [self](const task& x) { x.f(self); },
    [this, id, self](const Ping& x) {
      if (x.text() != answer_text)
        on_message(self, id, static_cast<uint32_t>(x.number()));
    },
    [this, id, self](const raw_message& x) {
      if (auto number = number_in(caf::make_message(x)))
        on_message(self, id, *number);
    },
    [this, id, self](const UInt64Value& x) {
      return on_request(self, id, x.value());
    },
    [this, id](const endpoint_room&) {
      auto waits = std::exchange(at(id).waits, {});
      for (auto x : waits)
        on_answer(id, x, caf::none);
    },
  };
}

void caf_node::tell(uint32_t id, std::function<void(self_ptr)> f) {
  caf::anon_send(at(id).hdl, task{[this, id, f = std::move(f)](self_ptr self) {
                   if (is_there(at(id)))
                     f(self);
                 }});
}

void caf_node::on_end(uint32_t id) {
  auto& me = at(id);
  if (is_there(me)) {
    all_.say("actor " + std::to_string(id) + " on " + name_of(here())
             + " ends");
    all_.judge.ends(id);
  }
  me.ended = true;
  me.held.clear();
}

void caf_node::on_message(self_ptr self, uint32_t id, uint32_t number) {
  if (!is_there(at(id)))
    return;
  all_.say("message " + std::to_string(number) + " comes to actor "
           + std::to_string(id) + " on " + name_of(here()));
  all_.judge.delivered(number, id_, id);
  auto header = header_of(self, header_key);
  if (header && *header != std::to_string(number))
    all_.judge.complain("headers: " + std::to_string(number)
                        + " comes with the one of " + std::string{*header});
}

caf::result<Ping> caf_node::on_request(self_ptr self, uint32_t id,
                                       uint64_t content) {
  auto number = number_of(content);
  on_message(self, id, number);
  auto answer = make_ping(answer_text, number);
  switch (wish_of(content)) {
    case wish::answer:
      return answer;
    case wish::answer_with_header:
      return reply(self, answer, {{header_key, std::to_string(number)}});
    case wish::fail:
      return make_error(caf::sec::invalid_argument);
    case wish::hold:
      at(id).held.push_back(self->make_response_promise<Ping>());
      return at(id).held.back();
    case wish::pass_on:
      return pass_on(self, id, number, false);
    case wish::pass_on_in_time:
      return pass_on(self, id, number, true);
  }
  return answer;
}

// To a third actor, chosen by the number, who answers the requester.
caf::result<Ping> caf_node::pass_on(self_ptr self, uint32_t id, uint32_t number,
                                    bool in_time) {
  if (!is_there(at(id)))
    return make_error(caf::sec::invalid_argument);
  checker::place whom{number % all_.plot.nodes.size(),
                      number % scene::published_names};
  auto next = all_.judge.passes_on(number, id_, id, whom);
  all_.say("request " + std::to_string(number) + " is passed on to "
           + name_of(whom) + " as " + std::to_string(next));
  auto to = handle(whom);
  UInt64Value content;
  content.set_value(wish_content(next, wish::answer));
  if (in_time)
    caf_remote::delegate(self, to, content, {});
  else
    self->delegate(to, content);
  return caf::delegated<Ping>{};
}

void caf_node::on_told(uint32_t id, const caf::error& why) {
  if (!is_there(at(id)))
    return;
  for (auto watch : at(id).watches) {
    all_.say("watch " + std::to_string(watch)
             + " is told: " + (why ? render(why) : "normal"));
    all_.judge.told(watch, why);
  }
}

void caf_node::on_answer(uint32_t requester, uint32_t number,
                         const caf::error& why) {
  if (!is_there(at(requester)))
    return;
  all_.say("request " + std::to_string(number)
           + " is answered: " + (why ? render(why) : "yes"));
  all_.judge.answered(number, why);
}

// -- names --------------------------------------------------------------------

void caf_node::publish(size_t name) {
  if (holders_[name] != 0)
    return;
  auto id = spawn();
  system_.publish(at(id).hdl, "n" + std::to_string(name));
  holders_[name] = id;
  all_.judge.holds(id, id_, name);
}

void caf_node::unpublish(size_t name) {
  auto id = std::exchange(holders_[name], 0u);
  if (id == 0)
    return;
  // nobody has it if the actor has ended
  if (!system_.home->processes->unpublish("n" + std::to_string(name)))
    all_.judge.holds_no_more(id);
}

// Which name it will have is not known here.
caf::actor caf_node::make_for_peer() {
  throw_now_and_then();
  if (over_)
    return {};
  auto id = spawn();
  for (auto i = scene::published_names; i < scene::names; ++i)
    all_.judge.holds(id, id_, i, false);
  return at(id).hdl;
}

// Also for our own address: what names the actor itself is CAF's business.
caf::actor caf_node::handle(checker::place to, bool alias) {
  std::pair key{all_.address_of(to.node, alias), all_.id_of(to)};
  auto& known = handles_[key];
  if (known == nullptr)
    known = system_.remote(key.second, key.first);
  return known;
}

// -- steps --------------------------------------------------------------------

bool caf_node::perform(const step& x) {
  switch (x.what) {
    case deed::send:
      send(x, 1);
      return true;
    case deed::flood:
      send(x, 40);
      return true;
    case deed::request:
      request(x);
      return true;
    case deed::spawn:
      spawn_there(x);
      return true;
    case deed::wait_for_room:
      wait_for_room(x);
      return true;
    case deed::monitor:
      watch(all_.place_of(here(), x), uses_alias(x), false);
      return true;
    case deed::link:
      watch(all_.place_of(here(), x), uses_alias(x), true);
      return true;
    case deed::demonitor:
      take_back(x, false);
      return true;
    case deed::unlink:
      take_back(x, true);
      return true;
    case deed::stop_actor:
      tell(senders_[0], [this, x](self_ptr self) {
        auto whom = all_.place_of(here(), x);
        auto to = handle(whom, uses_alias(x));
        all_.judge.may_end(whom);
        if (whom.node == here() || x.who / 16 % 2 == 0)
          self->send_exit(to, caf::exit_reason::user_shutdown);
        else
          self->send(to, poison_pill{});
      });
      return true;
    default:
      return perform_on_own(x);
  }
}

// What happens to our own actors.
bool caf_node::perform_on_own(const step& x) {
  auto name = x.how % scene::published_names;
  auto holder = holders_[name];
  switch (x.what) {
    case deed::end_actor:
      end_actor(x);
      return true;
    case deed::end_sender:
      end_sender(x);
      return true;
    case deed::end_observer:
      end_observer(x);
      return true;
    case deed::publish:
      if (holder == 0 || at(holder).ended) {
        holders_[name] = 0;
        publish(name);
      }
      return true;
    case deed::unpublish:
      unpublish(name);
      return true;
    case deed::rename:
      unpublish(name);
      publish(name);
      return true;
    case deed::block_actor:
      if (holder != 0 && !at(holder).ended)
        blocked_.insert(dynamic_cast<caf::resumable*>(
          caf::actor_cast<caf::abstract_actor*>(at(holder).hdl)));
      return true;
    case deed::unblock_actor:
      blocked_.clear();
      return true;
    case deed::forget_handles:
      handles_.clear();
      return true;
    case deed::run_short: {
      all_.judge.fault();
      dice rng{x.salt ^ 3};
      all_.net.run_short(here(), rng);
      ran_short_ = true;
      return true;
    }
    default:
      return false;
  }
}

// In one of the forms in which a number can travel.
void caf_node::send(const step& x, size_t count) {
  auto sender = sender_of(x);
  auto whom = all_.place_of(here(), x);
  auto to = handle(whom, uses_alias(x));
  tell(sender, [=](self_ptr self) {
    all_.say(name_of(here()) + " sends " + std::to_string(count)
             + " messages to " + name_of(whom) + ", the first is "
             + std::to_string(all_.judge.next_message()));
    for (size_t i = 0; i < count; ++i) {
      auto number = all_.judge.sends(id_, sender, whom, checker::kind::message);
      auto content = make_ping("message", number);
      message_header header{{header_key, std::to_string(number)}};
      switch (x.who / 8 % 8) {
        default:
          self->send(to, content);
          break;
        case 1: // longer than some stories' frames
          content.set_text(std::string(x.whom % 8192, 'x'));
          self->send(to, content);
          break;
        case 2:
          caf_remote::send(self, to, content, header);
          break;
        case 3:
          caf_remote::send(self, to, content, header, 1);
          break;
        case 4:
          self->send(to, raw_message{Ping::descriptor()->full_name(), 0,
                                     content.SerializeAsString()});
          break;
        case 5:
          self->send(to,
                     raw_message{unknown_type, 0, content.SerializeAsString()});
          break;
        case 6:
          if (x.whom % 4 == 0)
            content.set_text("\xff");
          self->send(to, content);
          break;
      }
    }
  });
}

void caf_node::request(const step& x) {
  auto sender = sender_of(x);
  auto whom = all_.place_of(here(), x);
  auto to = handle(whom, uses_alias(x));
  terms how;
  how.is_known = x.who / 4 % 2 == 0;
  if (x.who / 4 % 3 != 0)
    how.limit = std::chrono::milliseconds(10 + x.whom % 20000);
  if (x.how / 32 % 3 == 0)
    how.what = static_cast<wish>(x.how / 96 % wishes);
  // within a node, CAF answers no request whose promise is dropped
  if (whom.node == here() && how.what == wish::hold)
    how.what = wish::answer;
  tell(sender, [=](self_ptr self) {
    for (auto n = x.who % 16 == 0 ? 20 : 1; n > 0; --n)
      ask(self, sender, whom, to, how);
  });
}

uint32_t caf_node::ask(self_ptr self, uint32_t sender, checker::place whom,
                       const caf::actor& to, terms how) {
  auto& judge = all_.judge;
  auto number = judge.sends(id_, sender, whom, checker::kind::request);
  auto has_limit = how.limit > caf::timespan{0};
  judge.expires(number, has_limit && how.is_known
                          ? how.limit
                          : all_.plot.opts.queued_request_expiry);
  if (has_limit || how.what >= wish::fail || !all_.is_open(here(), whom.node))
    judge.may_stay_open(number);
  all_.say(name_of(here()) + " sends request " + std::to_string(number) + " to "
           + name_of(whom));
  UInt64Value content;
  content.set_value(wish_content(number, how.what));
  auto limit = has_limit ? caf::duration{how.limit}
                         : caf::duration{caf::infinite};
  auto answer = how.is_known ? caf_remote::request(self, to, limit, content)
                             : self->request(to, limit, content);
  answer.then(
    [this, number, sender](const Ping& y) {
      auto carried = static_cast<uint32_t>(y.number());
      if (!all_.judge.knows(carried) || all_.judge.origin_of(carried) != number)
        all_.judge.complain("requests: " + std::to_string(number)
                            + " has the answer to " + std::to_string(carried));
      on_answer(sender, number, caf::none);
    },
    [this, number, sender](const caf::error& why) {
      on_answer(sender, number, why);
    });
  return number;
}

void caf_node::spawn_there(const step& x) {
  auto sender = sender_of(x);
  checker::place whom{all_.target_of(here(), x),
                      scene::published_names + x.how % 2};
  auto kind = x.who / 4 % 8 == 0 ? "nobody" : kind_of_people;
  auto name = "n" + std::to_string(whom.name);
  auto limit = std::chrono::milliseconds(100 + x.how / 2 % 20000);
  auto address = all_.address_of(whom.node);
  tell(sender, [=](self_ptr self) {
    auto number = all_.judge.sends(id_, sender, whom, checker::kind::question);
    all_.say(name_of(here()) + " asks " + name_of(whom.node) + " to spawn "
             + name + ", request " + std::to_string(number));
    auto answer = caf_remote::request(self, spawner_, limit,
                                      remote_spawn{address, kind, name});
    answer.then(
      [=](const caf::actor& hdl) {
        if (whom.node != here() && all_.address_of(whom.node) == address
            && hdl != handle(whom))
          all_.judge.complain("identity: what was spawned as " + name
                              + " has another handle");
        on_answer(sender, number, caf::none);
      },
      [=](const caf::error& why) { on_answer(sender, number, why); });
  });
}

void caf_node::wait_for_room(const step& x) {
  auto sender = sender_of(x);
  auto whom = all_.place_of(here(), x);
  auto to = handle(whom, uses_alias(x));
  tell(sender, [=](self_ptr self) {
    auto proxy = as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(to));
    errc why = errc::none;
    auto where = proxy != nullptr ? proxy->acquire_endpoint(why) : nullptr;
    if (where == nullptr)
      return; // ours, or nothing can be sent now
    auto number = all_.judge.sends(id_, sender, whom, checker::kind::question);
    all_.say(name_of(here()) + " waits for room, " + std::to_string(number));
    at(sender).waits.push_back(number);
    where->notify_when_room(caf::actor_cast<caf::actor>(self));
  });
}

void caf_node::watch(checker::place whom, bool alias, bool link) {
  auto to = handle(whom, alias);
  auto id = spawn();
  tell(id, [=](self_ptr self) {
    auto watch = all_.judge.watches(id_, whom);
    at(id).watches.push_back(watch);
    observers_.push_back({id, watch, whom, alias, link});
    all_.say(name_of(here()) + " begins watch " + std::to_string(watch) + " of "
             + name_of(whom) + (link ? ", by a link" : ""));
    if (link)
      self->link_to(to);
    else
      self->monitor(to);
    if (all_.plot.careless)
      to->attach_functor([this](const caf::error&) { throw_now_and_then(); });
    auto proxy = as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(to));
    if (whom.node != here())
      all_.judge.is_known_as(watch,
                             std::string{watcher_prefix} + system_.home->run
                               + '@' + proxy->who().address + ' '
                               + all_.id_of(whom),
                             proxy->last_watch());
  });
}

void caf_node::end_actor(const step& x) {
  // whoever has the name, or somebody who was spawned for a peer
  auto name = x.how % scene::published_names;
  auto i = people_.find(x.whom % 4 == 0 ? x.how % people_.rbegin()->first
                                        : holders_[name]);
  if (i == people_.end() || i->second->ended
      || std::find(senders_.begin(), senders_.end(), i->first)
           != senders_.end())
    return;
  tell(i->first, [this, id = i->first](self_ptr self) {
    if (!at(id).watches.empty())
      return; // it is to be told of something
    all_.judge.may_end(id);
    self->quit();
  });
}

// Somebody else takes its place.
void caf_node::end_sender(const step& x) {
  auto id = std::exchange(senders_[x.how / 16 % senders], spawn());
  tell(id, [this, id](self_ptr self) {
    all_.judge.sender_ends(id);
    self->quit();
  });
}

void caf_node::end_observer(const step& x) {
  std::vector<observer*> mine;
  for (auto& y : observers_)
    if (is_there(at(y.person)))
      mine.push_back(&y);
  if (mine.empty())
    return;
  auto y = *mine[x.how % mine.size()];
  auto fails = x.whom % 2 == 0;
  tell(y.person, [=](self_ptr self) {
    all_.judge.observer_ends(y.watch, fails && y.link);
    all_.say("the observer of watch " + std::to_string(y.watch)
             + (fails ? " fails" : " ends"));
    self->quit(fails ? caf::error{caf::exit_reason::user_shutdown}
                     : caf::error{});
  });
}

void caf_node::take_back(const step& x, bool link) {
  std::vector<observer*> mine;
  for (auto& y : observers_)
    if (is_there(at(y.person)) && y.link == link)
      mine.push_back(&y);
  if (mine.empty())
    return;
  auto y = *mine[x.how % mine.size()];
  all_.judge.takes_back(y.watch);
  all_.say("watch " + std::to_string(y.watch) + " is taken back");
  auto to = handle(y.whom, y.alias);
  tell(y.person, [=](self_ptr self) {
    if (link)
      self->unlink_from(to);
    else
      self->demonitor(to);
  });
}

// -- time ---------------------------------------------------------------------

bool caf_node::run_one(dice& rng) {
  auto& jobs = system_.sched.jobs;
  auto n = jobs.size();
  auto begin = n > 0 ? rng.below(n) : 0;
  for (size_t i = 0; i < n; ++i) {
    auto pos = jobs.begin() + static_cast<ptrdiff_t>((begin + i) % n);
    if (blocked_.count(*pos) != 0)
      continue;
    std::rotate(jobs.begin(), pos, pos + 1);
    system_.sched.run_once();
    return true;
  }
  return false;
}

caf::timespan caf_node::next_timer() const {
  auto& clock = system_.sched.clock();
  auto& timers = clock.schedule();
  return timers.empty() ? caf::timespan::max()
                        : timers.begin()->first - clock.now();
}

void caf_node::advance(caf::timespan x) {
  system_.sched.advance_time(x);
}

// What a node has published, and its figures.
void caf_node::look() {
  auto& judge = all_.judge;
  auto& events = system_.events.everything();
  for (; events_seen_ < events.size(); ++events_seen_) {
    auto& y = events[events_seen_];
    if (y.match_elements<endpoint_connected>()) {
      auto& e = y.get_as<endpoint_connected>(0);
      all_.say(name_of(here()) + " is connected to " + e.address);
      judge.connected(id_, e.address, e.member_id);
    } else if (y.match_elements<endpoint_terminated>()) {
      auto& e = y.get_as<endpoint_terminated>(0);
      all_.say(name_of(here()) + " is not connected to " + e.address
               + " any more");
      judge.terminated(id_, e.address, e.member_id);
    } else if (y.match_elements<dead_letter>()) {
      auto& content = y.get_as<dead_letter>(0).message;
      auto number = number_in(content);
      auto answered = answered_in(content);
      if (answered && judge.knows(*answered))
        judge.may_stay_open(*answered);
      if (number && judge.knows(*number))
        judge.dead_letter(*number, id_); // the log has said it
    }
  }
  auto& opts = all_.plot.opts;
  auto figures = system_.home->snapshot();
  judge.bounded(id_, "pending requests", figures.pending_requests,
                opts.max_pending_requests);
  judge.open_requests(id_, figures.pending_requests);
  judge.bounded(id_, "streams of others", figures.inbound_streams,
                opts.max_streams);
  judge.bounded(id_, "endpoints", figures.endpoints.size(), opts.max_endpoints);
  for (auto& y : figures.endpoints) {
    judge.accounts(id_, y.address, y.accepted, y.written, y.dead_lettered,
                   y.queued);
    judge.bounded(id_, "messages queued for one node", y.queued,
                  opts.queue_messages);
    judge.bounded(id_, "control messages queued for one node", y.control_queued,
                  opts.control_messages);
    judge.endpoint_is(id_, y.address, to_string(y.state));
  }
}

// -- towards the end ----------------------------------------------------------

void caf_node::resume() {
  blocked_.clear();
  for (size_t i = 0; i < scene::published_names; ++i)
    if (holders_[i] == 0 || at(holders_[i]).ended) {
      holders_[i] = 0;
      publish(i);
    }
}

void caf_node::call_all() {
  for (size_t node = 0; node < all_.plot.nodes.size(); ++node)
    for (size_t i = 0; i < scene::published_names; ++i) {
      if (!all_.is_open(here(), node))
        continue;
      checker::place whom{node, i};
      watch(whom, false, false);
      auto to = handle(whom);
      tell(senders_[0], [=](self_ptr self) {
        auto number = all_.judge.sends(id_, senders_[0], whom,
                                       checker::kind::message);
        all_.judge.must_succeed(number);
        self->send(to, make_ping("message", number));
        if (all_.plot.opts.max_pending_requests >= 1000)
          all_.judge.must_succeed(ask(self, senders_[0], whom, to, {}));
      });
    }
}

void caf_node::end_watched() {
  std::set<uint32_t> staying(senders_.begin(), senders_.end());
  for (auto& x : observers_)
    staying.insert(x.person);
  for (auto& [id, x] : people_)
    if (!x->ended && staying.count(id) == 0)
      tell(id, [this, id = id](self_ptr self) {
        all_.judge.may_end(id);
        self->quit();
      });
}

void caf_node::end_all() {
  handles_.clear();
  observers_.clear();
  for (auto& [id, x] : people_)
    if (!x->ended) {
      all_.judge.may_end(id);
      caf::anon_send_exit(x->hdl, caf::exit_reason::kill);
    }
}

void caf_node::count_leftovers() {
  look();
  auto& home = *system_.home;
  auto& judge = all_.judge;
  judge.left_over(id_, "pending requests", home.pending.size());
  judge.left_over(id_, "published names",
                  home.processes->count(process_kind::published));
  judge.left_over(id_, "reply addresses",
                  home.processes->count(process_kind::reply_address));
  auto figures = home.snapshot();
  if (!ran_short_)
    judge.left_over(id_, "failed actors", figures.actor_failures);
  // a restart may be met before the old run's connections are known to be over
  if (all_.plot.quiet)
    judge.left_over(id_, "broken protocol rules", figures.protocol_errors);
  // one that cannot be reached for good may be tried at any time
  auto can_be_reached = [this](size_t node) {
    return node == here() || all_.is_open(here(), node);
  };
  for (size_t i = 0; i < all_.plot.nodes.size(); ++i)
    if (!can_be_reached(i))
      return;
  for (auto& y : figures.endpoints)
    judge.left_over(id_, "messages queued for " + y.address, y.queued);
}

} // namespace caf_remote::test
