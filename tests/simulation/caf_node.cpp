// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/caf_node.hpp"

#include "caf_remote/endpoint/activator.hpp"
#include "caf_remote/endpoint/messages.hpp"

#include <caf/scoped_execution_unit.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace caf_remote::test {

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

// -- time ---------------------------------------------------------------------

bool caf_node::run_one(dice& rng) {
  auto& jobs = system_.sched.jobs;
  auto n = jobs.size();
  auto begin = n > 0 ? rng.below(n) : 0;
  for (size_t i = 0; i < n; ++i) {
    auto pos = jobs.begin() + static_cast<ptrdiff_t>((begin + i) % n);
    if (blocked_.count(*pos) != 0)
      continue;
    auto job = *pos;
    jobs.erase(pos);
    resume(job, rng.one_in(4) ? 1 + rng.below(30) : 1);
    return true;
  }
  return false;
}

// As CAF's scheduler for tests does, but for how much the actor takes at once.
void caf_node::resume(caf::resumable* job, size_t throughput) {
  caf::scoped_execution_unit unit{&system_.sys};
  switch (job->resume(&unit, throughput)) {
    case caf::resumable::resume_later:
      system_.sched.jobs.push_front(job);
      break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
      caf::intrusive_ptr_release(job);
      break;
    case caf::resumable::shutdown_execution_unit:
      break;
  }
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
  std::set<std::string> given_up;
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
      given_up.insert(e.address);
    } else if (y.match_elements<endpoint_unreachable>()) {
      given_up.insert(y.get_as<endpoint_unreachable>(0).address);
    } else if (y.match_elements<dead_letter>()) {
      ++dead_letters_;
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
  // an endpoint may go on with another incarnation, or there is the next one
  for (auto& y : figures.endpoints)
    given_up.erase(y.address);
  for (auto& address : given_up)
    judge.given_up(id_, address);
  auto written = figures.retired.written;
  for (auto& y : figures.endpoints)
    written += y.written;
  judge.figures(id_, written);
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
  uint64_t dead = 0;
  for (auto& [reason, n] : figures.dead_letters)
    dead += n;
  if (figures.events_suppressed == 0 && dead != dead_letters_)
    judge.complain("accounts: of node " + std::to_string(here()) + ": "
                   + std::to_string(dead) + " dead letters are counted, "
                   + std::to_string(dead_letters_) + " were published");
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
