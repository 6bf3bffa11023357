// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "simulation/checker.hpp"
#include "simulation/dice.hpp"
#include "simulation/network.hpp"
#include "simulation/scene.hpp"
#include "simulation/story.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <cstdint>

namespace caf_remote::test {

/// One run of a program on a node of the story, from its start to its crash or
/// stop.
class machine {
public:
  machine(scene& all, checker::run_id id) : all_(all), id_(id) {
    // nop
  }

  virtual ~machine() = default;

  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;

  virtual network::outlet outlet() = 0;

  /// Does what a step says that programs do. Returns false if it says something
  /// else.
  virtual bool perform(const step& x) = 0;

  /// Runs something that is to be done, whichever. Returns false if there is
  /// nothing.
  virtual bool run_one(dice& rng) = 0;

  /// The time until its next timer; the longest there is if it has none.
  virtual caf::timespan next_timer() const = 0;

  virtual void advance(caf::timespan x) = 0;

  /// Tells the checker what there is to be seen.
  virtual void look() {
    // nop
  }

  /// Takes leave of the others, in an orderly way; it is started anew later.
  virtual void leave() = 0;

  bool leaves() const noexcept {
    return leaves_;
  }

  // -- towards the end of the story -------------------------------------------

  /// Nothing is held up any more, and all names are taken.
  virtual void resume() {
    // nop
  }

  /// Sends to everybody who can be reached, and watches.
  virtual void call_all() {
    // nop
  }

  /// All end whom others may watch.
  virtual void end_watched() {
    // nop
  }

  /// All end.
  virtual void end_all() {
    // nop
  }

  /// Tells the checker what is left over.
  virtual void count_leftovers() {
    // nop
  }

protected:
  size_t here() const noexcept {
    return id_.node;
  }

  scene& all_;
  const checker::run_id id_;
  bool leaves_ = false;
};

} // namespace caf_remote::test
