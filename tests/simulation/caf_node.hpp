// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "simulation/machine.hpp"
#include "simulation/numbers.hpp"
#include "support/actor_fixture.hpp"

#include <caf/resumable.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace caf_remote::test {

/// A node of the module with actors that do what they are told and tell what
/// they see.
class caf_node final : public machine {
public:
  caf_node(scene& all, checker::run_id id);

  ~caf_node() override;

  network::outlet outlet() override;
  bool perform(const step& x) override;
  bool run_one(dice& rng) override;
  caf::timespan next_timer() const override;
  void advance(caf::timespan x) override;
  void look() override;
  void leave() override;
  void resume() override;
  void call_all() override;
  void end_watched() override;
  void end_all() override;
  void count_leftovers() override;

private:
  static constexpr size_t senders = 2;

  struct person {
    caf::actor hdl;
    bool ended = false;
    /// What its down or exit message is for.
    std::vector<uint32_t> watches;
    /// Waits for room.
    std::vector<uint32_t> waits;
    /// Requests that it does not answer.
    std::vector<caf::typed_response_promise<Ping>> held;
  };

  struct observer {
    uint32_t person;
    uint32_t watch;
    checker::place whom;
    bool alias;
    bool link;
  };

  using self_ptr = caf::event_based_actor*;

  void throw_now_and_then();

  // -- people -----------------------------------------------------------------

  caf::behavior behave(self_ptr self, uint32_t id);
  uint32_t spawn();
  person& at(uint32_t id) {
    return *people_.at(id);
  }
  bool is_there(const person& x) const {
    return !over_ && !x.ended;
  }
  void tell(uint32_t id, std::function<void(self_ptr)> f);
  void on_message(self_ptr self, uint32_t id, uint32_t number);
  caf::result<Ping> on_request(self_ptr self, uint32_t id, uint64_t content);
  caf::result<Ping> pass_on(self_ptr self, uint32_t id, uint32_t number,
                            bool in_time);
  void on_answer(uint32_t requester, uint32_t number, const caf::error& why);
  void on_told(uint32_t id, const caf::error& why);
  void on_end(uint32_t id);

  // -- names ------------------------------------------------------------------

  void publish(size_t name);
  void unpublish(size_t name);
  caf::actor make_for_peer();
  caf::actor handle(checker::place to, bool alias = false);
  bool uses_alias(const step& x) const {
    return all_.plot.aliases && x.whom % 5 == 0;
  }

  // -- steps ------------------------------------------------------------------

  uint32_t sender_of(const step& x) const {
    return senders_[x.how / 16 % senders];
  }
  /// How a request is made.
  struct terms {
    wish what = wish::answer;
    /// Zero: none.
    caf::timespan limit{0};
    /// The module is told of the time limit.
    bool is_known = true;
  };

  void send(const step& x, size_t count);
  void request(const step& x);
  uint32_t ask(self_ptr self, uint32_t sender, checker::place whom,
               const caf::actor& to, terms how);
  void watch(checker::place whom, bool alias, bool link);
  void end_sender(const step& x);
  void end_observer(const step& x);
  void end_actor(const step& x);
  void spawn_there(const step& x);
  void wait_for_room(const step& x);
  void take_back(const step& x, bool link);
  bool perform_on_own(const step& x);

  void resume(caf::resumable* job, size_t throughput);

  bool over_ = false;
  std::map<uint32_t, std::unique_ptr<person>> people_;
  std::vector<uint32_t> senders_;
  /// Whoever has the name; 0: nobody.
  std::vector<uint32_t> holders_;
  std::vector<observer> observers_;
  size_t events_seen_ = 0;
  uint64_t dead_letters_ = 0;
  bool ran_short_ = false;
  std::set<const caf::resumable*> blocked_;
  // the actors use what is above until they end
  actor_fixture system_;
  caf::actor activator_;
  caf::actor spawner_;
  /// By address and name.
  std::map<std::pair<std::string, std::string>, caf::actor> handles_;
};

} // namespace caf_remote::test
