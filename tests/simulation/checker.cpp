// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/checker.hpp"

#include "caf_remote/error.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <cstdio>

namespace caf_remote::test {

std::string checker::text(const caf::error& x) {
  return x ? render(x) : "none";
}

std::string checker::text_of(caf::timespan x) {
  char result[32];
  std::snprintf(result, sizeof(result), "%.2f s",
                std::chrono::duration<double>{x}.count());
  return result;
}

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
  x.begin = ++now_;
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
  messages_.at(x.origin).passed_on = true;
  return add(std::move(x));
}

uint32_t checker::origin_of(uint32_t message) const {
  return messages_.at(message).origin;
}

void checker::expires(uint32_t message, caf::timespan after) {
  messages_.at(message).due = time_ + after;
}

void checker::goes_to(uint32_t message, const std::string& address) {
  auto& x = messages_.at(message);
  x.address = address;
  for (auto& member : up_[{x.from, address}])
    if (auto i = members_.find({address, member}); i != members_.end())
      x.met = i->second.run;
}

void checker::may_be_untraced(uint32_t message) {
  messages_.at(message).traced = false;
}

void checker::may_stay_open(uint32_t request) {
  messages_.at(request).may_stay_open = true;
}

void checker::must_succeed(uint32_t message) {
  messages_.at(message).must_succeed = true;
}

void checker::written(uint32_t message, uint32_t link) {
  note(2, message, link);
  auto& x = messages_.at(message);
  x.link = link;
  if (++x.written > 1)
    complain("at most once: " + name_of(message, x) + " was written twice");
  if (x.due != caf::timespan::max() && time_ > x.due + limits_.slack)
    complain("expiry: " + name_of(message, x) + " was written "
             + text_of(time_ - x.due) + " after its time");
}

void checker::answer_written(uint32_t message, uint32_t link) {
  messages_.at(message).answer_link = link;
}

void checker::arrives(uint32_t message, run_id where) {
  auto& x = messages_.at(message);
  x.arrived = ++now_;
  auto i = met_.find({where, x.from.node});
  x.is_stale = i != met_.end() && i->second > x.from.run;
}

void checker::lost(uint32_t link) {
  lost_links_.insert(link);
}

// Whether an actor has the name that a message is for, or has had it since.
bool checker::had_name(uint32_t actor, const message_record& x) const {
  auto i = holdings_of_.find(actor);
  return i != holdings_of_.end()
         && std::any_of(i->second.begin(), i->second.end(), [&](size_t n) {
              auto& y = holdings_[n];
              return y.where.node == x.to.node && y.name == x.to.name
                     && y.end >= x.begin;
            });
}

void checker::delivered(uint32_t message, run_id where, uint32_t receiver) {
  note(3, message, receiver);
  auto& x = messages_.at(message);
  if (++x.delivered > 1)
    complain("at most once: " + name_of(message, x) + " came twice");
  if (x.dead > 0)
    complain("accounts: " + name_of(message, x)
             + " came, and was a dead letter before");
  if (x.to.node != where.node || !had_name(receiver, x))
    complain("identity: " + name_of(message, x) + " came to actor "
             + std::to_string(receiver) + " of node "
             + std::to_string(where.node));
  auto& last = last_[{{x.sender, receiver}, x.link}];
  if (last > message)
    complain("order: " + name_of(message, x) + " came after "
             + std::to_string(last) + " over the same connection");
  last = message;
  auto& run = heard_[{receiver, {x.from.node, x.home}}];
  // Go's rules know nothing of that
  auto knows_runs = sharing_.count(where.node) == 0;
  if (run > x.from.run && knows_runs)
    complain("incarnations: " + name_of(message, x)
             + " of an earlier run came after one of a later run");
  run = x.from.run;
  if (x.is_stale && knows_runs)
    complain("incarnations: " + name_of(message, x)
             + " of an earlier run came after a later run was met");
  looked_at(x);
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
  x.timed_out = why == caf::sec::request_timeout;
  if (++x.answers > 1)
    complain("requests: " + name_of(message, x) + " is answered twice");
  if (x.must_succeed && why)
    complain("requests: " + name_of(message, x) + " fails with " + x.why
             + ", and nothing was in its way");
  if (code_of(why) == errc::incarnation_over && !x.passed_on && x.met != 0
      && x.met == last_run_[x.to.node])
    complain("incarnations: " + name_of(message, x)
             + " is told of a restart, and there was none");
  if (x.error_due != caf::timespan::max()
      && time_ > x.error_due + limits_.slack)
    complain("requests: " + name_of(message, x) + " is answered "
             + text_of(time_ - x.error_due) + " after its endpoint was over");
  if (why == caf::sec::request_timeout && !may_time_out(x))
    complain("requests: " + name_of(message, x)
             + " times out, and nothing of it was lost");
}

// A request without a time limit has one after all, for what is lost.
bool checker::may_time_out(const message_record& x) const {
  return x.may_stay_open || x.written == 0 || x.dead > 0 || is_over(x.from)
         || lost_links_.count(x.link) != 0
         || lost_links_.count(x.answer_link) != 0;
}

void checker::open_requests(run_id where, size_t count) {
  // One whose time limit is over is still open, and so may be what the module
  // asks for somebody who has ended.
  auto open = std::count_if(messages_.begin(), messages_.end(), [&](auto& x) {
    return x.what != kind::message && x.from == where
           && (x.what == kind::question || ended_senders_.count(x.sender) == 0)
           && (x.what == kind::question || x.answers == 0 || x.timed_out);
  });
  if (count > static_cast<size_t>(open))
    complain("left over at node " + std::to_string(where.node) + ": "
             + std::to_string(count) + " pending requests, and only "
             + std::to_string(open) + " were not answered");
}

// -- nodes --------------------------------------------------------------------

void checker::moves(size_t node) {
  ++homes_[node];
}

void checker::is_member(run_id x, const std::string& address,
                        const std::string& member_id) {
  members_[{address, member_id}] = x;
  last_run_[x.node] = x.run;
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
  auto i = members_.find({address, member_id});
  if (i != members_.end())
    met_[{where, i->second.node}] = i->second.run;
}

void checker::terminated(run_id where, const std::string& address,
                         const std::string& member_id) {
  if (up_[{where, address}].erase(member_id) == 0)
    complain("events: " + address + " is terminated, and was not connected");
}

void checker::figures(run_id where, uint64_t written) {
  auto frames = handed_over_[where];
  if (written != frames)
    complain("accounts: node " + std::to_string(where.node) + " says that "
             + std::to_string(written) + " messages are written, and "
             + std::to_string(frames) + " stood in its frames");
}

void checker::given_up(run_id where, const std::string& address) {
  for (auto& x : messages_)
    if (x.what == kind::request && x.answers == 0 && x.written > 0
        && x.address == address && x.from == where)
      x.error_due = std::min(x.error_due, time_);
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

void checker::all_arrived() {
  for (size_t i = 0; i < messages_.size(); ++i) {
    auto& x = messages_[i];
    if (x.must_succeed
        && (x.delivered == 0 || (x.what == kind::request && x.answers == 0)))
      complain("loss: " + name_of(static_cast<uint32_t>(i), x)
               + (x.delivered == 0 ? " did not come" : " has no answer")
               + ", and nothing was in its way");
  }
}

void checker::all_answered() {
  for (size_t i = 0; i < messages_.size(); ++i) {
    auto& x = messages_[i];
    auto name = name_of(static_cast<uint32_t>(i), x);
    if (is_over(x.from) || ended_senders_.count(x.sender) != 0)
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
