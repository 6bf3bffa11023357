// SPDX-License-Identifier: BSD-3-Clause

// The same as caf_remote.bench.cpp over CAF's own protocol; see README.md.

#include "caf_remote/all.hpp"

#include "support/messages.hpp"
#include "support/process.hpp"
#include "support/workload.hpp"

#include <caf/io/all.hpp>

#include <iostream>
#include <stdexcept>
#include <vector>

using namespace caf_remote::bench;

namespace {

class bench_config : public caf::actor_system_config {
public:
  bench_config() {
    load<caf::io::middleman>();
    load<caf::id_block::caf_remote>();
    load<caf::id_block::caf_remote_bench>();
  }
};

template <class T>
T require(caf::expected<T> x, caf::actor_system& sys) {
  if (!x)
    throw std::runtime_error{sys.render(x.error())};
  return std::move(*x);
}

caf::atom_value name_of(const std::string& actor) {
  return caf::atom_from_string(actor);
}

int serve(caf::actor_system& sys) {
  auto& names = sys.registry();
  std::vector<caf::actor> actors{sys.spawn(counter), sys.spawn(echo)};
  names.put(name_of("counter"),
            caf::actor_cast<caf::strong_actor_ptr>(actors[0]));
  names.put(name_of("echo"), caf::actor_cast<caf::strong_actor_ptr>(actors[1]));
  auto port = require(sys.middleman().open(0, "127.0.0.1"), sys);
  auto before = usage::now();
  std::cout << "listening on 127.0.0.1:" << port << std::endl;
  wait_for_end_of_input();
  json_line line;
  line.add("mode", "server");
  add_usage(line, before);
  add_scheduler(line, sys);
  line.print();
  for (auto name : {"counter", "echo"})
    names.erase(name_of(name));
  // else they would live as long as a client that has seen them
  for (auto& hdl : actors)
    caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
  return 0;
}

int measure(caf::actor_system& sys, const command& cmd) {
  auto where = cmd.host_and_port();
  auto node = require(sys.middleman().connect(where.first, where.second), sys);
  auto ptr = sys.middleman().remote_lookup(name_of(cmd.what.target()), node);
  if (ptr == nullptr)
    throw std::runtime_error{"the server has no such actor"};
  if (cmd.what.mode == workload::kind::spread)
    throw std::invalid_argument{"spread is not for BASP"};
  client cl{sys, {caf::actor_cast<caf::actor>(ptr)}, {}, [] {}};
  json_line line;
  cl.run(cmd.what, line);
  add_scheduler(line, sys);
  line.print();
  return 0;
}

int run(int argc, char** argv) {
  bench_config cfg;
  if (auto err = cfg.parse(argc, argv))
    throw std::invalid_argument{caf::actor_system_config::render(err)};
  if (cfg.cli_helptext_printed)
    return 0;
  auto cmd = command::parse(cfg.remainder);
  limit_life(cmd.life());
  caf::actor_system sys{cfg};
  return cmd.serve ? serve(sys) : measure(sys, cmd);
}

} // namespace

int main(int argc, char** argv) {
  return guarded_main("basp_bench", [&] { return run(argc, argv); });
}
