// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/config.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace caf_remote::test {

/// What can happen in a story.
enum class deed : uint8_t {
  // what programs do
  send,
  flood,
  request,
  spawn,
  wait_for_room,
  monitor,
  demonitor,
  link,
  unlink,
  stop_actor, // by an exit message or a poison pill
  end_actor, // by itself
  end_sender,
  end_observer, // normally or by an error
  publish,
  unpublish,
  rename, // another actor gets the name
  block_actor,
  unblock_actor,
  forget_handles,
  // what happens to them
  cut,
  freeze,
  forbid_dials,
  allow_dials,
  slow_down,
  speed_up,
  crash,
  restart, // at once, with much on its way
  run_short, // of memory, once
  leave,
  start,
  pass_time,
};

/// More a story does not have.
constexpr size_t max_steps = 128;

constexpr size_t deeds = static_cast<size_t>(deed::pass_time) + 1;

/// One of them. The numbers are choices among whatever there is when it is its
/// turn, so that a story from which others were taken out is still a story.
struct step {
  deed what;
  uint32_t who;
  uint32_t whom;
  uint32_t how;
  /// For what the network and the scheduler do until the next one.
  uint64_t salt;
};

enum class node_kind : uint8_t {
  /// The module.
  caf,
  /// Keeps to the rules of protoactor-go.
  go,
  /// Keeps to no rules, and pretends to be others.
  liar,
};

struct node_plan {
  node_kind what = node_kind::caf;
  /// Behind address translation.
  bool hidden = false;
};

/// What happens in one run, but for what the product makes of it.
struct story {
  uint64_t seed = 0;
  std::vector<node_plan> nodes;
  /// Nothing happens to the programs, and nobody may be told that it has.
  bool quiet = false;
  /// Code of users throws now and then.
  bool careless = false;
  /// Whether names of nodes are used besides addresses.
  bool aliases = false;
  /// Whether nodes know those of their own.
  bool own_aliases = true;
  options opts;
  std::vector<step> steps;
};

/// The story of a seed.
story draw_story(uint64_t seed);

const char* to_string(deed x);

} // namespace caf_remote::test
