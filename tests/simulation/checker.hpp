// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>
#include <caf/timespan.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// Holds what happens in a run against what docs/guarantees.md promises. Told
/// of everything, in order; whatever breaks a promise becomes a complaint. It
/// knows nothing of how a run is made, so that tests with real processes can
/// use it as well.
class checker {
public:
  /// One run of a node.
  struct run_id {
    size_t node;
    uint32_t run;

    friend bool operator<(const run_id& x, const run_id& y) {
      return std::pair{x.node, x.run} < std::pair{y.node, y.run};
    }

    friend bool operator==(const run_id& x, const run_id& y) {
      return x.node == y.node && x.run == y.run;
    }
  };

  /// A name on a node, whoever holds it.
  struct place {
    size_t node;
    size_t name;
  };

  /// What comes true in time.
  struct limits {
    /// From the end of an actor until its observers are told, while nothing
    /// happens to the network and its nodes.
    caf::timespan watch = std::chrono::seconds(10);
    /// The same after something has happened.
    caf::timespan watch_after_fault = std::chrono::seconds(120);
    /// How much later than its time a request may be written.
    caf::timespan slack = std::chrono::seconds(1);
  };

  enum class kind : uint8_t {
    message,
    request,
    /// A request whose way is not known here, such as one to the module.
    question,
  };

  checker() = default;

  explicit checker(limits xs) : limits_(xs) {
    // nop
  }

  const limits& bounds() const noexcept {
    return limits_;
  }

  // -- time -------------------------------------------------------------------

  /// The time at which happens what is told next.
  void time(caf::timespan x) noexcept {
    time_ = x;
  }

  /// The network, or a node, is not as it should be.
  void disturbed() noexcept {
    last_disturbance_ = time_;
  }

  // -- messages ---------------------------------------------------------------

  /// An actor sends something; returns the number that it carries.
  uint32_t sends(run_id from, uint32_t sender, place to, kind what);

  /// The handler of a request passes it on; returns the number that it carries
  /// from there on.
  uint32_t passes_on(uint32_t request, run_id from, uint32_t by, place to);

  /// The request that a number stands for, which was perhaps passed on.
  uint32_t origin_of(uint32_t message) const;

  /// Whether it was sent by this run.
  bool is_from(uint32_t message, run_id x) const {
    return messages_.at(message).from == x;
  }

  /// It goes by the endpoint to this address.
  void goes_to(uint32_t message, const std::string& address);

  /// A request is of no use after so long.
  void expires(uint32_t message, caf::timespan after);

  /// Nobody says what has become of it: a node was involved that lies.
  void may_be_untraced(uint32_t message);

  /// Its requester gets no answer of its own accord, or cannot be reached.
  void may_stay_open(uint32_t request);

  /// Nothing stands in its way: it must come, and a request gets its answer.
  void must_succeed(uint32_t message);

  /// The number that `sends` returns next.
  uint32_t next_message() const {
    return static_cast<uint32_t>(messages_.size());
  }

  /// Whether a number is one that was given.
  bool knows(uint32_t message) const {
    return message < messages_.size();
  }

  /// It stands in a frame that was handed to a stream.
  void written(uint32_t message, uint32_t link);

  /// So does its answer.
  void answer_written(uint32_t message, uint32_t link);

  /// Its frame has come to this run.
  void arrives(uint32_t message, run_id where);

  /// What a connection had not brought is lost.
  void lost(uint32_t link);

  /// A handler looks at it.
  void delivered(uint32_t message, run_id where, uint32_t receiver);

  /// A node has published it as a dead letter.
  void dead_letter(uint32_t message, run_id where);

  /// The requester gets the answer, or an error.
  void answered(uint32_t message, const caf::error& why);

  /// It wants no answers any more.
  void sender_ends(uint32_t sender) {
    ended_senders_.insert(sender);
  }

  // -- actors and watches -----------------------------------------------------

  /// An actor has a name, or (not `certain`) perhaps.
  void holds(uint32_t actor, run_id where, size_t name, bool certain = true);
  void holds_no_more(uint32_t actor);
  void ends(uint32_t actor);

  /// Somebody wants an actor to end, or whoever has a name.
  void may_end(uint32_t actor) {
    endings_.insert(actor);
  }
  void may_end(place whom) {
    doomed_.insert({whom.node, whom.name});
  }

  /// All observers of a name on this node hear of the first end, also those who
  /// came after it.
  void shares_ends(size_t node) {
    sharing_.insert(node);
  }

  uint32_t watches(run_id where, place whom);
  void takes_back(uint32_t watch);
  void told(uint32_t watch, const caf::error& why);

  /// The observer has ended, by an error if it is a link that `fails`.
  void observer_ends(uint32_t watch, bool fails);

  /// In frames the watch is a Watch with this key, and a number not lower.
  void is_known_as(uint32_t watch, const std::string& key, uint32_t number);

  /// A Watch has come to this run.
  void watch_arrives(const std::string& key, uint32_t number, uint32_t link,
                     run_id where);

  // -- nodes ------------------------------------------------------------------

  /// A fault that programs may be told of.
  void fault() noexcept {
    faults_ = true;
    disturbed();
  }

  /// A node keeps to no rules.
  void lies(size_t node) {
    liars_.insert(node);
    fault();
  }

  /// The run is over, by a crash or a stop: it owes nothing any more.
  void over(run_id x);

  /// The next run of the node has another address.
  void moves(size_t node);

  /// A run has started, and calls itself that.
  void is_member(run_id x, const std::string& address,
                 const std::string& member_id);

  void connected(run_id where, const std::string& address,
                 const std::string& member_id);
  void terminated(run_id where, const std::string& address,
                  const std::string& member_id);

  /// Nobody is, or was, reached there any more: who waits is told.
  void given_up(run_id where, const std::string& address);

  /// The requests of a run that its module has not heard the end of.
  void open_requests(run_id where, size_t count);

  /// A run has handed over a frame with so many messages that count.
  void hands_over(run_id from, size_t messages) {
    handed_over_[from] += messages;
  }

  /// How many it says it has written.
  void figures(run_id where, uint64_t written);

  /// The figures of an endpoint.
  void accounts(run_id where, const std::string& address, uint64_t accepted,
                uint64_t written, uint64_t dead, uint64_t queued);

  /// An endpoint is in this state.
  void endpoint_is(run_id where, const std::string& address,
                   const std::string& state);

  /// A figure that has a bound.
  void bounded(run_id where, const std::string& what, uint64_t value,
               uint64_t bound);

  /// Something is left over at the end.
  void left_over(run_id where, const std::string& what, size_t count);

  /// Another promise is broken.
  void complain(std::string what);

  // -- the end ----------------------------------------------------------------

  /// Everything has been as it should be for long, and all is still there.
  void all_healed();

  /// What must succeed has had its time.
  void all_arrived();

  /// All actors have ended, the network is as it should be, and the time is
  /// over within which observers are told.
  void all_told();

  /// The time is over within which requests are answered.
  void all_answered();

  /// In the order in which they were found.
  const std::vector<std::string>& complaints() const noexcept {
    return complaints_;
  }

  /// Stands for all that was told, in its order: equal runs have equal ones.
  uint64_t trace() const noexcept {
    return trace_;
  }

  /// How often what has happened.
  std::map<std::string, size_t> sum() const;

private:
  struct message_record {
    run_id from{};
    uint32_t sender = 0;
    place to{};
    kind what = kind::message;
    /// Where the sender lives, among all its addresses.
    size_t home = 0;
    uint32_t origin = 0;
    bool passed_on = false;
    uint64_t begin = 0;
    std::string address;
    /// The run of its target's node that had been met at that address last; 0:
    /// none.
    uint32_t met = 0;
    /// When its endpoint was over, an error was due.
    caf::timespan error_due = caf::timespan::max();
    bool traced = true;
    bool may_stay_open = false;
    bool must_succeed = false;
    /// It has come after the next run was met.
    bool is_stale = false;
    uint64_t arrived = 0;
    caf::timespan due = caf::timespan::max();
    uint32_t link = 0;
    uint32_t answer_link = 0;
    uint32_t written = 0;
    uint32_t delivered = 0;
    uint32_t dead = 0;
    uint32_t answers = 0;
    bool timed_out = false;
    std::string why;
  };

  struct watch_record {
    run_id where{};
    place whom{};
    uint64_t begin = 0;
    caf::timespan begin_time{0};
    bool taken_back = false;
    std::vector<std::string> told;
    std::string key;
    uint32_t number = 0;
    /// Whose end it is certain to be for; 0: not known.
    uint32_t actor = 0;
  };

  /// A Watch that has come, but perhaps was not looked at yet.
  struct arrival {
    uint32_t watch;
    uint32_t link;
    uint64_t when;
    uint32_t holder;
  };

  struct holding {
    run_id where{};
    size_t name;
    uint32_t actor;
    uint64_t end;
    bool certain;
  };

  uint32_t add(message_record x);
  bool had_name(uint32_t actor, const message_record& x) const;
  bool may_time_out(const message_record& x) const;
  uint32_t holder_of(place x) const;
  void looked_at(const message_record& x);

  void note(uint32_t what, uint64_t x, uint64_t y = 0) noexcept;

  bool is_over(run_id x) const {
    return over_.count(x) != 0;
  }

  bool could_have_ended(const watch_record& x) const;
  void check_time(uint32_t id, const watch_record& x);
  static std::string name_of(uint32_t id, const message_record& x);
  static std::string text(const caf::error& x);
  static std::string text_of(caf::timespan x);

  std::vector<message_record> messages_;
  std::vector<watch_record> watches_;
  std::vector<holding> holdings_;
  const limits limits_{};
  /// When they have ended.
  std::map<uint32_t, caf::timespan> ended_;
  std::map<run_id, caf::timespan> over_;
  std::map<uint32_t, std::vector<size_t>> holdings_of_;
  std::set<uint32_t> endings_;
  std::set<std::pair<size_t, size_t>> doomed_;
  std::set<uint32_t> ended_senders_;
  std::set<uint32_t> lost_links_;
  std::vector<arrival> arrivals_;
  std::map<std::pair<std::string, std::string>, run_id> members_;
  // observing node, node -> the run that was met last
  std::map<std::pair<run_id, size_t>, uint32_t> met_;
  std::map<size_t, uint32_t> last_run_;
  std::map<size_t, size_t> homes_;
  std::set<size_t> sharing_;
  // sender, receiver, link -> the last message
  std::map<std::pair<std::pair<uint32_t, uint32_t>, uint32_t>, uint32_t> last_;
  // receiver, sender's node and home -> the last run heard
  std::map<std::pair<uint32_t, std::pair<size_t, size_t>>, uint32_t> heard_;
  std::map<std::pair<run_id, std::string>, std::set<std::string>> up_;
  std::map<run_id, uint64_t> handed_over_;
  std::map<std::pair<run_id, std::string>, std::string> states_;
  std::map<std::string, size_t> changes_;
  uint64_t now_ = 0;
  caf::timespan time_{0};
  caf::timespan last_disturbance_ = caf::timespan::min() / 2;
  uint64_t trace_ = 14695981039346656037u;
  bool faults_ = false;
  std::set<size_t> liars_;
  std::vector<std::string> complaints_;
};

} // namespace caf_remote::test
