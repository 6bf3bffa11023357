// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/world.hpp"

#include "simulation/caf_node.hpp"
#include "simulation/go_node.hpp"
#include "simulation/liar.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace caf_remote::test {

using namespace std::chrono_literals;

world::world(const story& what, bool with_tale)
  : story_(what), all_(what, with_tale), machines_(what.nodes.size()),
    moves_(what.nodes.size(), 0) {
  // what is more than that is refused
  auto& opts = what.opts;
  if (opts.control_messages < 1000 || opts.max_endpoints < 1000
      || opts.max_streams < 1000 || (what.aliases && !what.own_aliases))
    all_.judge.fault();
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (what.nodes[i].hidden)
      all_.judge.fault();
    if (what.nodes[i].what == node_kind::liar)
      all_.judge.lies(i);
    start(i);
  }
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

// -- nodes --------------------------------------------------------------------

void world::start(size_t node) {
  if (machines_[node] != nullptr)
    return;
  ++all_.runs[node];
  auto id = all_.run_of(node);
  auto& plan = story_.nodes[node];
  all_.say(name_of(node) + " starts, run " + std::to_string(id.run)
           + (plan.what == node_kind::go     ? ", by Go's rules"
              : plan.what == node_kind::liar ? ", a liar"
                                             : "")
           + (plan.hidden ? ", and nobody can dial it" : ""));
  auto& x = machines_[node];
  switch (plan.what) {
    case node_kind::caf:
      x = std::make_unique<caf_node>(all_, id);
      break;
    case node_kind::go:
      x = std::make_unique<go_node>(all_, id);
      break;
    case node_kind::liar:
      x = std::make_unique<liar>(all_, id);
      break;
  }
  all_.net.hosts[node].node = x->outlet();
  all_.net.hosts[node].seen = 0;
}

void world::destroy(size_t node) {
  auto& x = machines_[node];
  if (x == nullptr)
    return;
  x->look();
  all_.judge.over(all_.run_of(node));
  all_.say(name_of(node) + " is gone");
  dice rng{all_.runs[node]};
  all_.net.lose(node, rng);
  x = nullptr;
}

// With messages of the old run on their way, and some for the new one.
void world::restart(size_t node, const step& x) {
  dice rng{x.salt ^ 4};
  auto flood = x;
  flood.what = deed::flood;
  if (machines_[node] != nullptr)
    machines_[node]->perform(flood);
  for (auto n = rng.below(80); n > 0 && run_one(rng); --n)
    ; // nop
  for (auto n = rng.below(4); n > 0; --n)
    all_.net.tick(rng);
  destroy(node);
  start(node);
  auto& other = machines_[(node + 1) % machines_.size()];
  if (other != nullptr)
    other->perform(flood);
}

// The next run has another address; only the other name leads to it.
void world::move(size_t node) {
  auto& x = all_.net.hosts[node];
  x.ip = "10.0." + std::to_string(++moves_[node]) + '.'
         + std::to_string(node + 1);
  x.addresses[0] = x.ip + ":9000";
  all_.judge.moves(node);
}

// -- steps --------------------------------------------------------------------

void world::perform(const step& x) {
  all_.say(std::string{"-- "} + to_string(x.what));
  auto node = x.who % machines_.size();
  if (machines_[node] == nullptr || !machines_[node]->perform(x))
    perform_on_node(node, x);
}

void world::perform_on_node(size_t node, const step& x) {
  auto& where = machines_[node];
  switch (x.what) {
    case deed::crash:
      all_.judge.fault();
      destroy(node);
      break;
    case deed::restart:
      all_.judge.fault();
      restart(node, x);
      break;
    case deed::leave:
      all_.judge.fault();
      if (where != nullptr)
        where->leave();
      break;
    case deed::start:
      if (where != nullptr && where->leaves())
        destroy(node);
      if (where == nullptr && x.how % 4 == 0)
        move(node);
      start(node);
      break;
    default:
      perform_on_network(node, x);
      break;
  }
}

void world::perform_on_network(size_t node, const step& x) {
  dice rng{x.salt ^ 1};
  auto other = (node + 1 + x.whom % (machines_.size() - 1)) % machines_.size();
  switch (x.what) {
    case deed::cut:
      all_.judge.fault();
      all_.net.cut(rng);
      break;
    case deed::freeze:
      all_.judge.fault();
      all_.net.freeze(rng);
      break;
    case deed::forbid_dials:
      all_.judge.fault();
      all_.net.forbid(node, other, x.how % 2 == 0);
      break;
    case deed::allow_dials:
      all_.net.allow(node, other);
      break;
    case deed::slow_down:
      all_.net.slow(true);
      break;
    case deed::speed_up:
      all_.net.slow(false);
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
    if (x != nullptr && x->run_one(rng))
      return true;
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
    all_.net.tick(rng);
  }
  if (rng.one_in(2))
    run_all(rng);
  look();
}

void world::pass(caf::timespan how_long, caf::timespan slice, dice& rng) {
  for (caf::timespan x{0}; x < how_long; x += slice) {
    advance(slice, rng);
    for (int i = 0; i < 4; ++i) {
      run_all(rng);
      all_.net.tick(rng);
    }
    run_all(rng);
    if (all_.net.is_disturbed())
      all_.judge.disturbed();
  }
  look();
}

// Each timer has its own time.
void world::advance(caf::timespan x, dice& rng) {
  while (x > caf::timespan{0}) {
    auto next = x;
    for_each_machine(
      [&](machine& y) { next = std::min(next, y.next_timer()); });
    next = std::max(next, caf::timespan{1});
    all_.advance(next);
    for_each_machine([&](machine& y) { y.advance(next); });
    run_all(rng);
    x -= next;
  }
}

void world::look() {
  for_each_machine([](machine& x) { x.look(); });
  auto disturbed = all_.net.is_disturbed();
  for (size_t i = 0; i < machines_.size(); ++i)
    if (story_.nodes[i].what != node_kind::liar)
      disturbed |= machines_[i] == nullptr || machines_[i]->leaves();
  if (disturbed)
    all_.judge.disturbed();
}

// Everything heals, ends, and has had its time.
void world::finish() {
  dice rng{story_.seed ^ 2};
  all_.net.heal();
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i] != nullptr)
      machines_[i]->resume();
    if (machines_[i] != nullptr && machines_[i]->leaves())
      destroy(i);
    if (story_.nodes[i].what == node_kind::liar)
      destroy(i);
    else
      start(i);
  }
  all_.judge.disturbed();
  pass(60s, 250ms, rng);
  for_each_machine([](machine& x) { x.resume(); });
  for_each_machine([](machine& x) { x.call_all(); });
  pass(10s, 250ms, rng);
  all_.judge.all_arrived();
  pass(all_.judge.bounds().watch_after_fault, 1s, rng);
  all_.judge.all_healed();
  for_each_machine([](machine& x) { x.end_watched(); });
  pass(all_.judge.bounds().watch_after_fault, 500ms, rng);
  all_.judge.all_told();
  pass(story_.opts.request_expiry + 1min, 10s, rng);
  all_.judge.all_answered();
  for_each_machine([](machine& x) { x.end_all(); });
  pass(60s, 1s, rng);
  for_each_machine([](machine& x) { x.count_leftovers(); });
}

} // namespace caf_remote::test
