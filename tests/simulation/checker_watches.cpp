// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/checker.hpp"

#include <caf/exit_reason.hpp>

#include <algorithm>
#include <limits>

namespace caf_remote::test {

namespace {

constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

} // namespace

// -- actors and watches -------------------------------------------------------

void checker::holds(uint32_t actor, run_id where, size_t name, bool certain) {
  ++now_;
  holdings_of_[actor].push_back(holdings_.size());
  holdings_.push_back({where, name, actor, never, certain});
}

void checker::holds_no_more(uint32_t actor) {
  ++now_;
  for (auto& x : holdings_)
    if (x.actor == actor)
      x.end = std::min(x.end, now_);
}

void checker::ends(uint32_t actor) {
  note(6, actor);
  auto is_doomed = [&](size_t n) {
    return doomed_.count({holdings_[n].where.node, holdings_[n].name}) != 0;
  };
  auto& names = holdings_of_[actor];
  if (!names.empty() && endings_.count(actor) == 0 && liars_.empty()
      && std::none_of(names.begin(), names.end(), is_doomed))
    complain("ends: actor " + std::to_string(actor)
             + " has ended, and nobody wanted it to");
  holds_no_more(actor);
  ended_.emplace(actor, time_);
}

// Whoever has the name now; 0: nobody, or not for certain.
uint32_t checker::holder_of(place x) const {
  uint32_t result = 0;
  for (auto& y : holdings_)
    if (y.where.node == x.node && y.name == x.name && y.end == never) {
      if (result != 0 || !y.certain)
        return 0;
      result = y.actor;
    }
  return result;
}

uint32_t checker::watches(run_id where, place whom) {
  watch_record x;
  x.where = where;
  x.whom = whom;
  x.begin = ++now_;
  x.begin_time = time_;
  watches_.push_back(std::move(x));
  return static_cast<uint32_t>(watches_.size() - 1);
}

void checker::takes_back(uint32_t watch) {
  watches_.at(watch).taken_back = true;
}

void checker::told(uint32_t watch, const caf::error& why) {
  note(7, watch, why ? why.code() + 1u : 0);
  auto& x = watches_.at(watch);
  auto name = "watch " + std::to_string(watch) + " of name "
              + std::to_string(x.whom.name) + " of node "
              + std::to_string(x.whom.node);
  x.told.push_back(text(why));
  if (x.told.size() > 1)
    complain("watches: " + name + " is told twice");
  if (why == caf::exit_reason::remote_link_unreachable && !faults_)
    complain("watches: " + name + " is out of reach, and nothing has happened");
  // a liar may say of its own what it likes
  if (!why && !could_have_ended(x) && liars_.count(x.whom.node) == 0)
    complain("watches: " + name
             + " is told of an end, and nobody has ended who had the name");
  auto dead = [&](uint32_t actor) { return ended_.count(actor) != 0; };
  if (why != caf::exit_reason::remote_link_unreachable && x.actor != 0
      && !dead(x.actor))
    complain("watches: " + name + " is told of an end, but came to actor "
             + std::to_string(x.actor) + ", which has not ended");
  check_time(watch, x);
}

void checker::observer_ends(uint32_t watch, bool fails) {
  auto& x = watches_.at(watch);
  x.taken_back = true;
  // the other end of a link that still stands
  if (fails && x.told.empty())
    may_end(x.whom);
}

void checker::is_known_as(uint32_t watch, const std::string& key,
                          uint32_t number) {
  watches_.at(watch).key = key;
  watches_.at(watch).number = number;
}

// Only the first time counts, later ones may be for somebody else.
void checker::watch_arrives(const std::string& key, uint32_t number,
                            uint32_t link, run_id where) {
  ++now_;
  if (sharing_.count(where.node) != 0)
    return;
  for (size_t i = 0; i < watches_.size(); ++i) {
    auto& x = watches_[i];
    if (x.key != key || x.number > number)
      continue;
    auto holder = holder_of({where.node, x.whom.name});
    arrivals_.push_back({static_cast<uint32_t>(i), link, now_, holder});
    x.key.clear();
  }
}

// What came before a message, over the same connection, was looked at as well.
void checker::looked_at(const message_record& x) {
  for (auto& y : arrivals_) {
    if (y.link != x.link || y.when > x.arrived || y.holder == 0)
      continue;
    auto& watch = watches_[y.watch];
    if (holder_of(watch.whom) == y.holder)
      watch.actor = y.holder;
    y.holder = 0;
  }
}

// Whether somebody who had the name since the watch began has ended.
bool checker::could_have_ended(const watch_record& x) const {
  auto since = sharing_.count(x.whom.node) != 0 ? 0 : x.begin;
  return std::any_of(holdings_.begin(), holdings_.end(), [&](auto& y) {
    return y.where.node == x.whom.node && y.name == x.whom.name
           && y.end >= since && ended_.count(y.actor) != 0;
  });
}

// If all have ended who had the name since the watch began, the observer is to
// be told by now.
void checker::check_time(uint32_t id, const watch_record& x) {
  auto since = x.begin_time;
  for (auto& y : holdings_) {
    if (y.where.node != x.whom.node || y.name != x.whom.name || y.end < x.begin)
      continue;
    auto i = ended_.find(y.actor);
    auto j = over_.find(y.where);
    if (i == ended_.end() && j == over_.end())
      return;
    since = std::max(since, i != ended_.end() ? i->second : j->second);
  }
  auto limit = limits_.watch;
  if (last_disturbance_ + limits_.watch_after_fault > since) {
    since = std::max(since, last_disturbance_);
    limit = limits_.watch_after_fault;
  }
  if (time_ - since > limit && !x.taken_back)
    complain("late: watch " + std::to_string(id) + " of name "
             + std::to_string(x.whom.name) + " of node "
             + std::to_string(x.whom.node) + " is told after "
             + text_of(time_ - since) + ", and not within " + text_of(limit));
}

// -- the end ------------------------------------------------------------------

void checker::all_healed() {
  for (size_t i = 0; i < watches_.size(); ++i) {
    auto& x = watches_[i];
    if (x.told.empty() && !x.taken_back && !is_over(x.where) && x.actor != 0
        && ended_.count(x.actor) != 0)
      complain("watches: " + std::to_string(i) + " of name "
               + std::to_string(x.whom.name) + " of node "
               + std::to_string(x.whom.node) + " came to actor "
               + std::to_string(x.actor)
               + ", which has ended, and it is not told");
  }
}

void checker::all_told() {
  for (size_t i = 0; i < watches_.size(); ++i) {
    auto& x = watches_[i];
    if (x.told.empty() && !x.taken_back && !is_over(x.where))
      complain("watches: " + std::to_string(i) + " of name "
               + std::to_string(x.whom.name) + " of node "
               + std::to_string(x.whom.node) + " was never told");
  }
}

} // namespace caf_remote::test
