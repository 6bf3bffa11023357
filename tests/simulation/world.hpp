// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "simulation/checker.hpp"
#include "simulation/dice.hpp"
#include "simulation/machine.hpp"
#include "simulation/scene.hpp"
#include "simulation/story.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace caf_remote::test {

/// Plays one story: nodes in one process, over a network that is drawn, on
/// clocks and schedulers that are driven from here. Which actor runs next is
/// drawn as well. One thread.
class world {
public:
  world(const story& what, bool with_tale);

  ~world();

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Plays it to its end, at which all that is promised must have come true.
  void play();

  const checker& judge() const noexcept {
    return all_.judge;
  }

  /// What has happened, for persons, if it was asked for.
  const std::vector<std::string>& tale() const noexcept {
    return all_.tale();
  }

private:
  // -- nodes ------------------------------------------------------------------

  void start(size_t node);
  void destroy(size_t node);
  void move(size_t node);
  void restart(size_t node, const step& x);

  // -- steps ------------------------------------------------------------------

  void perform(const step& x);
  void perform_on_node(size_t node, const step& x);
  void perform_on_network(size_t node, const step& x);

  // -- time -------------------------------------------------------------------

  bool run_one(dice& rng);
  void run_all(dice& rng);
  void settle(dice& rng);
  void pass(caf::timespan how_long, caf::timespan slice, dice& rng);
  void advance(caf::timespan x, dice& rng);
  void look();
  void finish();

  template <class F>
  void for_each_machine(F f) {
    for (auto& x : machines_)
      if (x != nullptr)
        f(*x);
  }

  const story& story_;
  scene all_;
  /// By node; null: it does not run.
  std::vector<std::unique_ptr<machine>> machines_;
  std::vector<size_t> moves_;
};

} // namespace caf_remote::test
