// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"

#include "simulation/frame_node.hpp"
#include "simulation/numbers.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace caf_remote::test {

/// A node that keeps to no rules: it claims addresses and member ids of others,
/// names senders that are not its own, answers twice, unasked and wrongly, and
/// says that actors have ended which have not. But it does not claim an
/// address and a member id that belong together: docs/guarantees.md says that
/// nobody can tell such a one from the node itself.
class liar final : public frame_node {
public:
  liar(scene& all, checker::run_id id);

  bool perform(const step& x) override;
  void leave() override {
    leaves_ = true;
  }

protected:
  void on_frame(const line_ptr& from, const std::string& frame) override;
  void on_half_closed(const line_ptr& from) override;
  void on_over(const line_ptr&, const transport::status&) override {
    // nop
  }

private:
  void claim(size_t whose);
  void say_something();
  envelope invent();
  envelope invent_message(const pid& from);
  void read(const envelope& x);
  void answer(const envelope& x, uint32_t number);
  line_ptr some_line();
  size_t some_node();
  pid some_actor();
  pid some_watcher(const pid& whom);

  dice dice_;
  const uint32_t sender_;
  /// Member ids of others, as it was told.
  std::vector<std::string> members_;
  struct question {
    pid requester;
    uint32_t number;
  };

  /// Who watches its actors.
  std::vector<pid> watchers_;
  /// Who has asked what, and perhaps still waits.
  std::vector<question> questions_;
};

} // namespace caf_remote::test
