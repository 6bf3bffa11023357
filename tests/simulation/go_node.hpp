// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"

#include "simulation/frame_node.hpp"
#include "simulation/numbers.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// A node by the rules of protoactor-go: its endpoints do not reconnect, it
/// writes no Watch and no Terminated twice, answers by connections of its own,
/// and does not survive what docs/guarantees.md says a Go process does not.
class go_node final : public frame_node {
public:
  go_node(scene& all, checker::run_id id);

  bool perform(const step& x) override;
  void leave() override;
  void resume() override;
  void call_all() override;
  void end_watched() override;
  void end_all() override;

protected:
  void on_frame(const line_ptr& from, const std::string& frame) override;
  void on_half_closed(const line_ptr& from) override;
  void on_over(const line_ptr& which, const transport::status& why) override;

private:
  struct actor {
    uint32_t id = 0;
    std::set<std::pair<std::string, std::string>> watchers;
  };

  /// The way to another node.
  struct endpoint {
    line_ptr way;
    bool ready = false;
    size_t failures = 0;
    std::vector<envelope> queue;
    /// By the actor that is watched: the names of those who watch.
    std::map<std::string, std::set<std::string>> watched;
  };

  /// A watch of one of ours.
  struct observation {
    uint32_t watch;
    pid whom;
  };

  // -- out --------------------------------------------------------------------

  pid mine(const std::string& id, uint32_t request_id = 0) const;
  void send(const pid& to, envelope x);
  void send_system(const pid& to, std::string_view type, std::string payload,
                   const pid& sender = {});
  void connect(const std::string& to);
  void flush(endpoint& x);
  void lose(const std::string& to);

  // -- in ---------------------------------------------------------------------

  void check(const std::string& frame);
  void receive(const envelope& x);
  bool receive_system(const envelope& x);
  void on_message(const envelope& x);
  void on_answer(const envelope& x, const caf::error& why);
  void spawn_for(const envelope& x);
  void no_such_actor(const envelope& x);

  // -- actors -----------------------------------------------------------------

  void spawn(const std::string& id, size_t name);
  void end(const std::string& id);
  void want_end(const std::string& id);
  void told(const std::string& watcher, const caf::error& why);
  uint32_t send_to(checker::place whom);
  uint32_t request(checker::place whom, wish what);
  void watch(checker::place whom);
  void take_back(const step& x);

  const std::string member_id_;
  const uint32_t sender_;
  std::map<std::string, actor> actors_;
  std::map<std::string, endpoint> endpoints_;
  /// By the name that the answer goes to.
  std::map<std::string, uint32_t> futures_;
  std::map<std::string, observation> observers_;
  uint32_t last_future_ = 0;
  uint32_t last_watcher_ = 0;
};

} // namespace caf_remote::test
