// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/error.hpp>

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
  };

  /// A name on a node, whoever holds it.
  struct place {
    size_t node;
    size_t name;
  };

  // -- messages ---------------------------------------------------------------

  /// An actor sends a message or a request; returns the number that it carries.
  uint32_t sends(run_id from, uint32_t sender, place to, bool request);

  /// It stands in a frame that was handed to a stream.
  void written(uint32_t message, uint32_t link);

  /// A handler looks at it.
  void delivered(uint32_t message, run_id where, uint32_t receiver);

  /// A node has published it as a dead letter.
  void dead_letter(uint32_t message, run_id where);

  /// The requester gets the answer, or an error.
  void answered(uint32_t message, const caf::error& why);

  // -- actors and watches -----------------------------------------------------

  void holds(uint32_t actor, run_id where, size_t name);
  void holds_no_more(uint32_t actor);
  void ends(uint32_t actor);

  uint32_t watches(run_id where, place whom);
  void takes_back(uint32_t watch);
  void told(uint32_t watch, const caf::error& why);

  // -- nodes ------------------------------------------------------------------

  /// A fault that programs may be told of.
  void fault() noexcept {
    faults_ = true;
  }

  /// The run is over, by a crash or a stop: it owes nothing any more.
  void over(run_id x);

  void connected(run_id where, const std::string& address,
                 const std::string& member_id);
  void terminated(run_id where, const std::string& address,
                  const std::string& member_id);

  /// The figures of an endpoint.
  void accounts(run_id where, const std::string& address, uint64_t accepted,
                uint64_t written, uint64_t dead, uint64_t queued);

  /// Something is left over at the end.
  void left_over(run_id where, const std::string& what, size_t count);

  /// Another promise is broken.
  void complain(std::string what);

  // -- the end ----------------------------------------------------------------

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
    bool request = false;
    uint32_t link = 0;
    uint32_t written = 0;
    uint32_t delivered = 0;
    uint32_t dead = 0;
    uint32_t answers = 0;
    std::string why;
  };

  struct watch_record {
    run_id where{};
    place whom{};
    uint64_t begin = 0;
    bool taken_back = false;
    std::vector<std::string> told;
  };

  struct holding {
    run_id where{};
    size_t name;
    uint32_t actor;
    uint64_t end;
  };

  void note(uint32_t what, uint64_t x, uint64_t y = 0) noexcept;

  bool is_over(run_id x) const {
    return over_.count(x) != 0;
  }

  bool could_have_ended(const watch_record& x) const;
  static std::string name_of(uint32_t id, const message_record& x);

  std::vector<message_record> messages_;
  std::vector<watch_record> watches_;
  std::vector<holding> holdings_;
  std::set<uint32_t> ended_;
  std::set<run_id> over_;
  // sender, receiver, link -> the last message
  std::map<std::pair<std::pair<uint32_t, uint32_t>, uint32_t>, uint32_t> last_;
  // receiver, sender's node -> the last run heard
  std::map<std::pair<uint32_t, size_t>, uint32_t> heard_;
  std::map<std::pair<run_id, std::string>, std::set<std::string>> up_;
  uint64_t now_ = 0;
  uint64_t trace_ = 14695981039346656037u;
  bool faults_ = false;
  std::vector<std::string> complaints_;
};

} // namespace caf_remote::test
