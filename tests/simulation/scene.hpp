// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "simulation/checker.hpp"
#include "simulation/dice.hpp"
#include "simulation/network.hpp"
#include "simulation/story.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace caf_remote::test {

/// What the nodes of a story share: the story, the network, who judges them,
/// and the words in which it is told.
class scene {
public:
  /// Names that are published from the start, and those that only come about by
  /// spawning.
  static constexpr size_t published_names = 3;
  static constexpr size_t names = 5;

  scene(const story& plot, bool with_tale);

  scene(const scene&) = delete;
  scene& operator=(const scene&) = delete;

  const story& plot;
  checker judge;
  network net;
  dice carelessness;
  /// The numbers of messages that were sent with a header.
  std::set<uint32_t> with_header;

  // -- who is where -----------------------------------------------------------

  /// The address of a node, or another name for it.
  const std::string& address_of(size_t node, bool alias = false) const {
    return net.hosts[node].addresses[alias ? 1 : 0];
  }

  /// How the actor is called that has the name on a node.
  std::string id_of(checker::place x) const;

  /// The node that a step is about, besides its own: another one, or now and
  /// then the same.
  size_t target_of(size_t node, const step& x) const;

  /// The place that a step is about.
  checker::place place_of(size_t node, const step& x) const;

  /// A number for somebody who has not had one before.
  uint32_t next_person() noexcept {
    return ++last_person_;
  }

  /// The run of a node at the moment.
  checker::run_id run_of(size_t node) const {
    return {node, runs[node]};
  }

  /// How often each node has started.
  std::vector<uint32_t> runs;

  /// Whether nodes can reach one another, and nothing is so low that they
  /// refuse to.
  bool is_open(size_t from, size_t to) const;

  // -- time -------------------------------------------------------------------

  void advance(caf::timespan x);

  // -- the tale ---------------------------------------------------------------

  void say(const std::string& x);

  const std::vector<std::string>& tale() const noexcept {
    return tale_;
  }

private:
  network::observer observer();
  void on_written(const network::passage& x);
  void on_arrived(const network::passage& x);

  const bool with_tale_;
  std::vector<std::string> tale_;
  caf::timespan now_{0};
  uint32_t last_person_ = 0;
};

// How nodes and places are called in the tale.

std::string name_of(size_t node);
std::string name_of(checker::place x);

} // namespace caf_remote::test
