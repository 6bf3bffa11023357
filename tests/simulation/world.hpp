// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "simulation/checker.hpp"
#include "simulation/dice.hpp"
#include "simulation/network.hpp"
#include "simulation/story.hpp"
#include "support/actor_fixture.hpp"

#include <caf/resumable.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace caf_remote::test {

/// Plays one story: nodes in one process, each with an actor system of its own,
/// over a network that is drawn, on clocks and schedulers that are driven from
/// here. Which actor runs next is drawn as well. One thread.
class world {
public:
  world(const story& what, bool with_tale);

  ~world();

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Plays it to its end, at which all that is promised must have come true.
  void play();

  const checker& judge() const noexcept {
    return judge_;
  }

  /// What has happened, for persons, if it was asked for.
  const std::vector<std::string>& tale() const noexcept {
    return tale_;
  }

private:
  /// Names on each node, and actors that send.
  static constexpr size_t names = 3;
  static constexpr size_t senders = 2;

  /// An actor that does what it is told, and tells what it sees.
  struct person {
    uint32_t id = 0;
    size_t node = 0;
    uint32_t run = 0;
    caf::actor hdl;
    bool ended = false;
    /// What its down or exit message is for.
    std::vector<uint32_t> watches;
    /// Requests that it does not answer.
    std::vector<caf::typed_response_promise<Ping>> held;
  };

  struct machine {
    std::unique_ptr<actor_fixture> system;
    uint32_t run = 0;
    bool leaves = false;
    std::vector<uint32_t> senders;
    /// Whoever has the name; 0: nobody.
    std::vector<uint32_t> holders;
    /// By node, name, and whether by an alias.
    std::map<std::tuple<size_t, size_t, bool>, caf::actor> handles;
    std::set<const caf::resumable*> blocked;
    size_t events_seen = 0;
  };

  struct observer {
    uint32_t person;
    uint32_t watch;
    checker::place whom;
    bool alias;
    bool link;
  };

  void say(const std::string& x);
  /// What users' code does that the module calls.
  void throw_now_and_then();

  // -- people -----------------------------------------------------------------

  caf::behavior behave(caf::event_based_actor* self, uint32_t id);
  uint32_t spawn(size_t node);
  person& at(uint32_t id) {
    return *people_[id - 1];
  }
  bool is_alive(const person& x) const;
  void tell_to(uint32_t id, std::function<void(caf::event_based_actor*)> f);
  caf::result<Ping> on_request(caf::event_based_actor* self, uint32_t id,
                               uint64_t content);
  void on_message(const person& me, uint32_t number);
  void on_answer(uint32_t requester, uint32_t number, const caf::error& why);
  void on_told(uint32_t id, const caf::error& why);

  // -- nodes ------------------------------------------------------------------

  checker::run_id run_of(size_t node) const {
    return {node, machines_[node].run};
  }
  void start(size_t node);
  void destroy(size_t node);
  void publish(size_t node, size_t name);
  void unpublish(size_t node, size_t name);
  caf::actor handle(size_t from, checker::place to, bool alias);
  void look_at(size_t node);

  // -- steps ------------------------------------------------------------------

  void perform(const step& x);
  bool perform_at(machine& where, size_t node, const step& x);
  void send(size_t node, const step& x, size_t count);
  void request(size_t node, const step& x);
  void watch(size_t node, const step& x, bool link);
  void take_back(size_t node, const step& x, bool link);
  void perform_fault(const step& x);
  bool uses_alias(const step& x) const;
  size_t other_node(size_t node, const step& x) const;

  // -- time -------------------------------------------------------------------

  bool run_one(dice& rng);
  void run_all(dice& rng);
  void settle(dice& rng);
  void pass(caf::timespan how_long, caf::timespan slice, dice& rng);
  void finish();

  const story& story_;
  checker judge_;
  network net_;
  std::vector<machine> machines_;
  std::vector<std::unique_ptr<person>> people_;
  std::vector<observer> observers_;
  const bool with_tale_;
  dice carelessness_;
  std::vector<std::string> tale_;
  caf::timespan now_{0};
  bool ran_short_ = false;
};

} // namespace caf_remote::test
