// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/checker.hpp"

#include "caf_remote/error.hpp"

#include <caf/exit_reason.hpp>

#include <algorithm>
#include <cstdio>
#include <limits>

namespace caf_remote::test {

namespace {

constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

std::string text(const caf::error& x) {
  return x ? render(x) : "none";
}

std::string text(caf::timespan x) {
  char result[32];
  std::snprintf(result, sizeof(result), "%.2f s",
                std::chrono::duration<double>{x}.count());
  return result;
}

} // namespace

std::string checker::name_of(uint32_t id, const message_record& x) {
  return std::string{x.what == kind::message ? "message " : "request "}
         + std::to_string(id) + " to name " + std::to_string(x.to.name)
         + " of node " + std::to_string(x.to.node);
}

void checker::complain(std::string what) {
  complaints_.push_back(std::move(what));
}

// FNV-1a
void checker::note(uint32_t what, uint64_t x, uint64_t y) noexcept {
  for (auto word : {uint64_t{what}, x, y})
    for (int i = 0; i < 8; ++i)
      trace_ = (trace_ ^ ((word >> (8 * i)) & 0xff)) * 1099511628211u;
}

// -- messages -----------------------------------------------------------------

uint32_t checker::add(message_record x) {
  note(1, x.sender, x.to.node * 16 + x.to.name);
  ++now_;
  x.home = homes_[x.from.node];
  // what becomes of a message within a node is CAF's business
  x.traced = x.from.node != x.to.node;
  messages_.push_back(std::move(x));
  return static_cast<uint32_t>(messages_.size() - 1);
}

uint32_t checker::sends(run_id from, uint32_t sender, place to, kind what) {
  message_record x;
  x.from = from;
  x.sender = sender;
  x.to = to;
  x.what = what;
  x.origin = static_cast<uint32_t>(messages_.size());
  return add(std::move(x));
}

uint32_t checker::passes_on(uint32_t request, run_id from, uint32_t by,
                            place to) {
  message_record x;
  x.from = from;
  x.sender = by;
  x.to = to;
  x.origin = origin_of(request);
  return add(std::move(x));
}

uint32_t checker::origin_of(uint32_t message) const {
  return messages_.at(message).origin;
}

void checker::expires(uint32_t message, caf::timespan after) {
  messages_.at(message).due = time_ + after;
}

void checker::may_be_untraced(uint32_t message) {
  messages_.at(message).traced = false;
}

void checker::written(uint32_t message, uint32_t link) {
  note(2, message, link);
  auto& x = messages_.at(message);
  x.link = link;
  if (++x.written > 1)
    complain("at most once: " + name_of(message, x) + " was written twice");
  if (x.due != caf::timespan::max() && time_ > x.due + limits_.slack)
    complain("expiry: " + name_of(message, x) + " was written "
             + text(time_ - x.due) + " after its time");
}

void checker::delivered(uint32_t message, run_id where, uint32_t receiver) {
  note(3, message, receiver);
  auto& x = messages_.at(message);
  if (++x.delivered > 1)
    complain("at most once: " + name_of(message, x) + " came twice");
  if (x.dead > 0)
    complain("accounts: " + name_of(message, x)
             + " came, and was a dead letter before");
  if (x.to.node != where.node)
    complain("identity: " + name_of(message, x) + " came to node "
             + std::to_string(where.node));
  auto& last = last_[{{x.sender, receiver}, x.link}];
  if (last > message)
    complain("order: " + name_of(message, x) + " came after "
             + std::to_string(last) + " over the same connection");
  last = message;
  auto& run = heard_[{receiver, {x.from.node, x.home}}];
  if (run > x.from.run)
    complain("incarnations: " + name_of(message, x)
             + " of an earlier run came after one of a later run");
  run = x.from.run;
}

void checker::dead_letter(uint32_t message, run_id) {
  note(4, message);
  auto& x = messages_.at(message);
  if (++x.dead > 1)
    complain("accounts: " + name_of(message, x) + " is a dead letter twice");
  if (x.delivered > 0)
    complain("accounts: " + name_of(message, x)
             + " came, and is a dead letter as well");
}

void checker::answered(uint32_t message, const caf::error& why) {
  note(5, message, why ? why.code() + 1u : 0);
  auto& x = messages_.at(message);
  x.why = text(why);
  if (++x.answers > 1)
    complain("requests: " + name_of(message, x) + " is answered twice");
}

// -- actors and watches -------------------------------------------------------

void checker::holds(uint32_t actor, run_id where, size_t name) {
  ++now_;
  holdings_.push_back({where, name, actor, never});
}

void checker::holds_no_more(uint32_t actor) {
  ++now_;
  for (auto& x : holdings_)
    if (x.actor == actor)
      x.end = std::min(x.end, now_);
}

void checker::ends(uint32_t actor) {
  note(6, actor);
  holds_no_more(actor);
  ended_.emplace(actor, time_);
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
  if (!why && !could_have_ended(x))
    complain("watches: " + name
             + " is told of an end, and nobody has ended who had the name");
  check_time(watch, x);
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
             + text(time_ - since));
}

// -- nodes --------------------------------------------------------------------

void checker::moves(size_t node) {
  ++homes_[node];
}

void checker::over(run_id x) {
  ++now_;
  over_.emplace(x, time_);
  for (auto& y : holdings_)
    if (y.where.node == x.node && y.where.run == x.run)
      y.end = std::min(y.end, now_);
}

void checker::connected(run_id where, const std::string& address,
                        const std::string& member_id) {
  if (!up_[{where, address}].insert(member_id).second)
    complain("events: " + address + " is connected twice");
  if (up_[{where, address}].size() > 1)
    complain("events: two incarnations are connected at " + address);
}

void checker::terminated(run_id where, const std::string& address,
                         const std::string& member_id) {
  if (up_[{where, address}].erase(member_id) == 0)
    complain("events: " + address + " is terminated, and was not connected");
}

void checker::accounts(run_id where, const std::string& address,
                       uint64_t accepted, uint64_t written, uint64_t dead,
                       uint64_t queued) {
  if (accepted != written + dead + queued)
    complain("accounts: of node " + std::to_string(where.node) + " with "
             + address + ": " + std::to_string(accepted) + " accepted, "
             + std::to_string(written) + " written, " + std::to_string(dead)
             + " dead, " + std::to_string(queued) + " queued");
}

void checker::endpoint_is(run_id where, const std::string& address,
                          const std::string& state) {
  auto& last = states_[{where, address}];
  if (last != state)
    ++changes_["endpoints: " + (last.empty() ? "none" : last) + " to " + state];
  last = state;
}

void checker::bounded(run_id where, const std::string& what, uint64_t value,
                      uint64_t bound) {
  if (value > bound)
    complain("bounds: node " + std::to_string(where.node) + " has "
             + std::to_string(value) + ' ' + what + ", not more than "
             + std::to_string(bound) + " are promised");
}

void checker::left_over(run_id where, const std::string& what, size_t count) {
  if (count != 0)
    complain("left over at node " + std::to_string(where.node) + ": "
             + std::to_string(count) + " " + what);
}

// -- the end ------------------------------------------------------------------

void checker::all_told() {
  for (size_t i = 0; i < watches_.size(); ++i) {
    auto& x = watches_[i];
    if (x.told.empty() && !x.taken_back && !is_over(x.where))
      complain("watches: " + std::to_string(i) + " of name "
               + std::to_string(x.whom.name) + " of node "
               + std::to_string(x.whom.node) + " was never told");
  }
}

void checker::all_answered() {
  for (size_t i = 0; i < messages_.size(); ++i) {
    auto& x = messages_[i];
    auto name = name_of(static_cast<uint32_t>(i), x);
    if (is_over(x.from))
      continue;
    if (x.what != kind::message && x.answers == 0)
      complain("requests: " + name + " was never answered");
    if (x.what == kind::question || !x.traced)
      continue;
    if (x.written == 0 && x.dead == 0 && x.delivered == 0)
      complain("accounts: " + name + " was neither written nor a dead letter");
    if (!faults_ && x.delivered + x.dead == 0)
      complain("accounts: " + name
               + " was lost without a fault, and is no dead letter");
  }
}

std::map<std::string, size_t> checker::sum() const {
  auto result = changes_;
  auto code = [](const std::string& x) { return x.substr(0, x.find(':')); };
  for (auto& x : messages_) {
    ++result[x.what == kind::message   ? "messages"
             : x.what == kind::request ? "requests"
                                       : "questions"];
    result["deliveries"] += x.delivered;
    result["dead letters"] += x.dead;
    if (x.answers > 0)
      ++result["requests: " + code(x.why)];
  }
  for (auto& x : watches_) {
    ++result["watches"];
    for (auto& y : x.told)
      ++result["watches: " + code(y)];
  }
  return result;
}

} // namespace caf_remote::test
