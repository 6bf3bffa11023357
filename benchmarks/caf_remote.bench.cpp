// SPDX-License-Identifier: BSD-3-Clause

// One process of a benchmark over this module; see README.md.

#include "caf_remote/all.hpp"

#include "support/messages.hpp"
#include "support/process.hpp"
#include "support/workload.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
  auto resident = resident_kb();
  std::cout << "listening on " << address << std::endl;
  wait_for_end_of_input();
  json_line line;
  auto xs = rm.snapshot();
  line.add("mode", "server");
  add_usage(line, before);
  add_scheduler(line, sys);
  line.add("received", xs.received_messages)
    .add("batches", xs.received_batches)
    .add("start_rss_kb", resident)
    .add("dead_letters", count_dead_letters(xs));
  line.print();
  return 0;
}

/// The i-th address of the server, from 1, if that listens everywhere. Each is
/// an endpoint of its own.
std::string loopback_address(uint64_t i, const command& cmd) {
  return "127.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256)
         + ':' + std::to_string(cmd.host_and_port().second);
}

/// What was written to all endpoints.
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

/// The actor at the other end; for `spread` under many addresses.
std::vector<caf::actor> find_targets(remoting& rm, const command& cmd) {
  auto& what = cmd.what;
  if (what.mode != workload::kind::spread)
    return {require(rm.lookup(cmd.address, what.target()))};
  std::vector<caf::actor> result;
  for (uint64_t i = 1; i <= what.width; ++i)
    result.push_back(
      require(rm.lookup(loopback_address(i, cmd), what.target())));
  return result;
}

int measure(caf::actor_system& sys, const command& cmd) {
  auto& rm = get(sys);
  require(rm.listen());
  pacer pace{[&rm](const caf::actor& x) { return rm.load_of(x).has_room; },
             [&rm](const caf::actor& x, const caf::actor& who) {
               require(rm.notify_when_room(x, who));
             }};
  written before;
  client cl{sys, find_targets(rm, cmd), pace,
            [&] { before = count_written(rm); }};
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
  if (dead_letters > 0 && cmd.what.mode != workload::kind::flood)
    throw std::runtime_error{"there were dead letters"};
  return 0;
}

// -- memory -------------------------------------------------------------------

/// Connects endpoints and returns when they are idle.
void connect(caf::actor_system& sys, const command& cmd, uint64_t first,
             uint64_t last) {
  caf::scoped_actor self{sys};
  for (auto i = first; i <= last; ++i)
    self
      ->request(require(get(sys).lookup(loopback_address(i, cmd), "counter")),
                cmd.what.patience(), google::protobuf::Empty{})
      .receive([](const google::protobuf::UInt64Value&) {},
               [](const caf::error& err) { require(err); });
  settle();
}

int measure_idle(caf::actor_system& sys, const command& cmd) {
  auto& rm = get(sys);
  require(rm.listen());
  auto count = cmd.what.count;
  connect(sys, cmd, 1, 1);
  auto before = resident_kb();
  connect(sys, cmd, 2, count + 1);
  auto after = resident_kb();
  auto xs = rm.snapshot().endpoints;
  auto connected = std::count_if(xs.begin(), xs.end(), [](const auto& x) {
    return x.state == connection_state::connected;
  });
  if (static_cast<uint64_t>(connected) != count + 1)
    throw std::runtime_error{"not all endpoints stayed connected"};
  json_line line;
  cmd.what.describe(line);
  line.add("bytes_per_endpoint", static_cast<double>(after - before) * 1024
                                   / static_cast<double>(count));
  line.print();
  return 0;
}

/// An address that refuses connections as long as this exists.
class dead_end {
public:
  dead_end() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(where);
    auto ptr = reinterpret_cast<sockaddr*>(&where);
    if (bind(fd_, ptr, size) != 0 || getsockname(fd_, ptr, &size) != 0)
      throw std::runtime_error{"no port"};
    address = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
  }

  dead_end(const dead_end&) = delete;
  dead_end& operator=(const dead_end&) = delete;

  ~dead_end() {
    close(fd_);
  }

  std::string address;

private:
  int fd_;
};

int measure_queue(caf::actor_system& sys, const command& cmd) {
  auto& rm = get(sys);
  auto& what = cmd.what;
  require(rm.listen());
  dead_end nowhere;
  auto target = require(rm.lookup(nowhere.address, "counter"));
  auto before = resident_kb();
  caf::scoped_actor self{sys};
  auto worker = sys.spawn(
    sender,
    sender_task{{target}, what.count, what.size, burst, {}, caf::actor{self}});
  self->send(worker, caf::tick_atom::value);
  self->receive([](caf::ok_atom, uint64_t) {},
                caf::after(what.patience()) >>
                  [] { throw std::runtime_error{"not finished in time"}; });
  auto after = resident_kb();
  auto load = rm.load_of(target);
  if (load.queued_messages != what.count)
    throw std::runtime_error{std::to_string(load.queued_messages)
                             + " messages are in the queue"};
  auto count = static_cast<double>(what.count);
  json_line line;
  what.describe(line);
  line.add("charged_bytes", static_cast<double>(load.queued_bytes) / count)
    .add("held_bytes", static_cast<double>(after - before) * 1024 / count);
  line.print();
  return 0;
}

int run_command(caf::actor_system& sys, const command& cmd) {
  if (cmd.serve)
    return serve(sys);
  switch (cmd.what.mode) {
    case workload::kind::idle:
      return measure_idle(sys, cmd);
    case workload::kind::queue:
      return measure_queue(sys, cmd);
    default:
      return measure(sys, cmd);
  }
}

int run(int argc, char** argv) {
  bench_config cfg;
  if (auto err = cfg.parse(argc, argv))
    throw std::invalid_argument{caf::actor_system_config::render(err)};
  if (cfg.cli_helptext_printed)
    return 0;
  auto cmd = command::parse(cfg.remainder);
  limit_life(cmd.life());
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
  return run_command(sys, cmd);
}

} // namespace

int main(int argc, char** argv) {
  return guarded_main("caf_remote_bench", [&] { return run(argc, argv); });
}
