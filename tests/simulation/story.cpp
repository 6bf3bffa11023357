// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/story.hpp"

#include "simulation/dice.hpp"

#include <array>
#include <chrono>

namespace caf_remote::test {

namespace {

using namespace std::chrono_literals;

struct frequency {
  deed what;
  uint32_t weight;
  const char* name;
  bool is_fault;
};

constexpr std::array<frequency, deeds> frequencies{{
  {deed::send, 14, "send", false},
  {deed::flood, 3, "flood", false},
  {deed::request, 14, "request", false},
  {deed::spawn, 4, "spawn", false},
  {deed::wait_for_room, 2, "wait for room", false},
  {deed::monitor, 14, "monitor", false},
  {deed::demonitor, 4, "demonitor", false},
  {deed::link, 6, "link", false},
  {deed::unlink, 2, "unlink", false},
  {deed::stop_actor, 2, "stop actor", false},
  {deed::end_actor, 6, "end actor", false},
  {deed::end_sender, 2, "end sender", false},
  {deed::end_observer, 2, "end observer", false},
  {deed::publish, 6, "publish", false},
  {deed::unpublish, 2, "unpublish", false},
  {deed::rename, 3, "rename", false},
  {deed::block_actor, 2, "block actor", false},
  {deed::unblock_actor, 2, "unblock actor", false},
  {deed::forget_handles, 2, "forget handles", false},
  {deed::cut, 10, "cut", true},
  {deed::freeze, 3, "freeze", true},
  {deed::forbid_dials, 4, "forbid dials", true},
  {deed::allow_dials, 5, "allow dials", true},
  {deed::slow_down, 2, "slow down", false},
  {deed::speed_up, 3, "speed up", false},
  {deed::crash, 2, "crash", true},
  {deed::restart, 3, "restart", true},
  {deed::run_short, 1, "run short of memory", true},
  {deed::leave, 2, "leave", true},
  {deed::start, 4, "start", true},
  {deed::pass_time, 12, "pass time", false},
}};

deed draw_deed(dice& rng, bool quiet) {
  uint32_t sum = 0;
  for (auto& x : frequencies)
    if (!quiet || !x.is_fault)
      sum += x.weight;
  auto n = rng.below(sum);
  for (auto& x : frequencies) {
    if (quiet && x.is_fault)
      continue;
    if (n < x.weight)
      return x.what;
    n -= x.weight;
  }
  return deed::pass_time;
}

// Now and then a bound is so low that a story comes to it.
void draw_options(dice& rng, bool may_refuse_watches, options& opts) {
  opts.request_expiry = 10min;
  opts.queued_request_expiry = 20s;
  opts.max_retry_count = 1 + rng.below(5);
  opts.retry_wait = caf::timespan{1ms} * (100 + rng.below(3000));
  if (rng.one_in(2))
    opts.batch_size = 1 + rng.below(8);
  if (rng.one_in(6))
    opts.max_batch_bytes = 4096;
  if (rng.one_in(4))
    opts.pause_messages = opts.queue_messages = 8 + rng.below(64);
  if (rng.one_in(8)) {
    opts.queue_bytes = 16384;
    opts.pause_bytes = 4096;
  }
  if (rng.one_in(6))
    opts.inbound_messages = 8 + rng.below(64);
  if (rng.one_in(8))
    opts.inbound_bytes = 65536;
  if (rng.one_in(6))
    opts.max_pending_requests = 8 + rng.below(16);
  if (may_refuse_watches && rng.one_in(6))
    opts.control_messages = 1 + rng.below(12);
  if (may_refuse_watches && rng.one_in(12))
    opts.max_endpoints = 1 + rng.below(3);
  if (may_refuse_watches && rng.one_in(12))
    opts.max_streams = 2 + rng.below(4);
}

// One to three of the module, and now and then somebody else.
std::vector<node_plan> draw_nodes(dice& rng, bool quiet) {
  std::vector<node_plan> result(2 + rng.below(2));
  if (rng.one_in(4))
    result.back().what = node_kind::go;
  else if (!quiet && rng.one_in(5))
    result.push_back({node_kind::liar, false});
  if (!quiet && rng.one_in(12))
    result[rng.below(result.size())].hidden = true;
  return result;
}

} // namespace

story draw_story(uint64_t seed) {
  dice rng{seed};
  story result;
  result.seed = seed;
  result.quiet = rng.one_in(5);
  result.nodes = draw_nodes(rng, result.quiet);
  result.careless = rng.one_in(4);
  result.aliases = rng.one_in(3);
  result.own_aliases = result.quiet || rng.one_in(2);
  draw_options(rng, !result.quiet, result.opts);
  auto n = 20 + rng.below(max_steps - 20);
  for (uint32_t i = 0; i < n; ++i)
    result.steps.push_back({draw_deed(rng, result.quiet), rng.below(1u << 16),
                            rng.below(1u << 16), rng.below(1u << 16),
                            rng.next()});
  return result;
}

const char* to_string(deed x) {
  return frequencies[static_cast<size_t>(x)].name;
}

} // namespace caf_remote::test
