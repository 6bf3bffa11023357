// SPDX-License-Identifier: BSD-3-Clause

// One process of a benchmark over this module; see README.md.

#include "caf_remote/all.hpp"

#include "support/messages.hpp"
#include "support/process.hpp"
#include "support/workload.hpp"

#include <iostream>
#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::bench;

namespace {

class bench_config : public caf_remote::config {
public:
  bench_config() {
    load<remoting>();
    load<caf::id_block::caf_remote_bench>();
  }
};

/// Throws what is wrong.
void require(const caf::error& err) {
  if (err)
    throw std::runtime_error{render(err)};
}

template <class T>
T require(caf::expected<T> x) {
  if (!x)
    require(x.error());
  return std::move(*x);
}

uint64_t count_dead_letters(const counters& xs) {
  uint64_t result = 0;
  for (auto& kvp : xs.dead_letters)
    result += kvp.second;
  return result;
}

int serve(caf::actor_system& sys) {
  auto& rm = get(sys);
  require(rm.publish(sys.spawn(counter), "counter"));
  require(rm.publish(sys.spawn(bench::echo), "echo"));
  auto address = require(rm.listen());
  auto before = usage::now();
  std::cout << "listening on " << address << std::endl;
  wait_for_end_of_input();
  json_line line;
  auto xs = rm.snapshot();
  line.add("mode", "server");
  add_usage(line, before);
  add_scheduler(line, sys);
  line.add("received", xs.received_messages)
    .add("batches", xs.received_batches)
    .add("dead_letters", count_dead_letters(xs));
  line.print();
  return 0;
}

/// What was written to the one endpoint of a client.
struct written {
  uint64_t messages = 0;
  uint64_t batches = 0;
};

written count_written(remoting& rm) {
  written result;
  for (auto& x : rm.snapshot().endpoints) {
    result.messages += x.written;
    result.batches += x.batches;
  }
  return result;
}

int measure(caf::actor_system& sys, const command& cmd) {
  auto& rm = get(sys);
  require(rm.listen());
  auto target = require(rm.lookup(cmd.address, cmd.what.target()));
  pacer pace{[&rm, target] { return rm.load_of(target).has_room; },
             [&rm, target](const caf::actor& who) {
               require(rm.notify_when_room(target, who));
             }};
  written before;
  client cl{sys, target, pace, [&] { before = count_written(rm); }};
  json_line line;
  cl.run(cmd.what, line);
  add_scheduler(line, sys);
  auto after = count_written(rm);
  auto batches = after.batches - before.batches;
  auto dead_letters = count_dead_letters(rm.snapshot());
  line.add("batches", batches)
    .add("mean_batch", static_cast<double>(after.messages - before.messages)
                         / static_cast<double>(batches))
    .add("dead_letters", dead_letters);
  line.print();
  if (dead_letters > 0)
    throw std::runtime_error{"there were dead letters"};
  return 0;
}

int run(int argc, char** argv) {
  bench_config cfg;
  if (auto err = cfg.parse(argc, argv))
    throw std::invalid_argument{caf::actor_system_config::render(err)};
  if (cfg.cli_helptext_printed)
    return 0;
  auto cmd = command::parse(cfg.remainder);
  require(check(cfg));
  caf::actor_system sys{cfg};
  require(get(sys).status());
  // what went wrong is counted
  require(get(sys).set_log_sink(nullptr));
  // published actors are kept alive by the module
  struct stopper {
    remoting& rm;
    ~stopper() {
      rm.stop();
    }
  } guard{get(sys)};
  return cmd.serve ? serve(sys) : measure(sys, cmd);
}

} // namespace

int main(int argc, char** argv) {
  return guarded_main("caf_remote_bench", [&] { return run(argc, argv); });
}
