// SPDX-License-Identifier: BSD-3-Clause

#include "support/workload.hpp"

#include "support/messages.hpp"
#include "support/process.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace caf_remote::bench {

namespace {

using google::protobuf::Empty;
using google::protobuf::UInt64Value;
using clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds{60};

constexpr auto usage_text = "usage: [OPTIONS] server\n"
                            "       [OPTIONS] client HOST:PORT "
                            "oneway|pingpong|window COUNT SIZE "
                            "[SENDERS|WINDOW]";

uint64_t parse_number(const std::string& text) {
  size_t end = 0;
  auto result = std::stoull(text, &end);
  if (end != text.size() || result == 0)
    throw std::invalid_argument{"not a positive number: " + text};
  return result;
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<size_t>(q
                                    * static_cast<double>(sorted.size() - 1))];
}

/// Time and CPU from its construction on.
class stopwatch {
public:
  stopwatch() : before_(usage::now()), start_(clock::now()) {
    // nop
  }

  void report(uint64_t count, json_line& result) const {
    std::chrono::duration<double> took = clock::now() - start_;
    result.add("msgs_per_s", static_cast<double>(count) / took.count())
      .add("seconds", took.count());
    add_usage(result, before_);
  }

private:
  usage before_;
  clock::time_point start_;
};

} // namespace

// -- workload -----------------------------------------------------------------

workload workload::parse(const std::vector<std::string>& args) {
  if (args.size() != 3 && args.size() != 4)
    throw std::invalid_argument{usage_text};
  workload result;
  result.mode_name = args[0];
  result.count = parse_number(args[1]);
  result.size = parse_number(args[2]);
  if (args[0] == "oneway") {
    result.mode = kind::one_way;
  } else if (args[0] == "pingpong") {
    result.mode = kind::ping_pong;
  } else if (args[0] == "window") {
    result.mode = kind::window;
    result.width = 100;
  } else {
    throw std::invalid_argument{"unknown mode " + args[0]};
  }
  if (args.size() == 4)
    result.width = parse_number(args[3]);
  if (result.mode == kind::ping_pong && result.width != 1)
    throw std::invalid_argument{"pingpong has one message in flight"};
  return result;
}

std::string workload::target() const {
  return mode == kind::one_way ? "counter" : "echo";
}

// -- client -------------------------------------------------------------------

client::client(caf::actor_system& sys, caf::actor target, pacer pace,
               std::function<void()> before_measuring)
  : sys_(sys), target_(std::move(target)), pace_(std::move(pace)),
    before_measuring_(std::move(before_measuring)) {
  // nop
}

void client::run(const workload& what, json_line& result) {
  result.add("mode", what.mode_name)
    .add("count", what.count)
    .add("size", uint64_t{what.size})
    .add("width", what.width);
  if (what.mode == workload::kind::one_way)
    run_one_way(what, result);
  else
    run_replies(what, result);
}

void client::run_one_way(const workload& what, json_line& result) {
  auto before = ask_count();
  before_measuring_();
  stopwatch watch;
  auto pauses = await(what.width, [&](uint64_t i, const caf::actor& boss) {
    auto share = what.count / what.width + (i < what.count % what.width);
    return sys_.spawn(sender,
                      sender_task{target_, share, what.size, pace_, boss});
  });
  auto arrived = ask_count() - before;
  watch.report(arrived, result);
  result.add("pauses", pauses);
  if (arrived != what.count)
    throw std::runtime_error{std::to_string(arrived) + " of "
                             + std::to_string(what.count)
                             + " messages arrived"};
}

void client::run_replies(const workload& what, json_line& result) {
  auto warm_up = what;
  warm_up.count = std::clamp<uint64_t>(what.count / 10, 100, 2000);
  request_all(warm_up, nullptr);
  std::shared_ptr<std::vector<double>> times;
  if (what.mode == workload::kind::ping_pong) {
    times = std::make_shared<std::vector<double>>();
    times->reserve(what.count);
  }
  before_measuring_();
  stopwatch watch;
  request_all(what, times);
  watch.report(what.count, result);
  if (times != nullptr) {
    std::sort(times->begin(), times->end());
    result.add("p50_us", quantile(*times, 0.5))
      .add("p99_us", quantile(*times, 0.99));
  }
}

uint64_t client::ask_count() {
  uint64_t result = 0;
  caf::scoped_actor self{sys_};
  self->request(target_, patience, Empty{})
    .receive([&](const UInt64Value& x) { result = x.value(); },
             [&](const caf::error& err) {
               throw std::runtime_error{"no answer from the counter: "
                                        + sys_.render(err)};
             });
  return result;
}

template <class Spawn>
uint64_t client::await(uint64_t count, Spawn spawn) {
  caf::scoped_actor self{sys_};
  auto boss = caf::actor_cast<caf::actor>(self);
  // an actor that only waits for a reply would not be kept alive by anyone
  std::vector<caf::actor> workers;
  for (uint64_t i = 0; i < count; ++i)
    workers.push_back(spawn(i, boss));
  for (auto& x : workers)
    caf::anon_send(x, caf::tick_atom::value);
  uint64_t result = 0;
  for (uint64_t i = 0; i < count; ++i)
    self->receive([&](caf::ok_atom, uint64_t x) { result += x; },
                  caf::after(patience) >>
                    [] { throw std::runtime_error{"not finished in time"}; });
  return result;
}

uint64_t client::request_all(const workload& what,
                             std::shared_ptr<std::vector<double>> times) {
  return await(1, [&](uint64_t, const caf::actor& boss) {
    return sys_.spawn(requester, requester_task{target_, what.count, what.size,
                                                what.width, times, boss});
  });
}

// -- command line -------------------------------------------------------------

command command::parse(const std::vector<std::string>& args) {
  command result;
  if (args.size() == 1 && args[0] == "server") {
    result.serve = true;
    return result;
  }
  if (args.size() < 2 || args[0] != "client")
    throw std::invalid_argument{usage_text};
  result.address = args[1];
  result.what = workload::parse({args.begin() + 2, args.end()});
  return result;
}

std::pair<std::string, uint16_t> command::host_and_port() const {
  auto colon = address.rfind(':');
  if (colon == std::string::npos)
    throw std::invalid_argument{"not HOST:PORT: " + address};
  return {address.substr(0, colon),
          static_cast<uint16_t>(parse_number(address.substr(colon + 1)))};
}

int guarded_main(const char* program, const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::invalid_argument& err) {
    std::cerr << program << ": " << err.what() << std::endl;
    return 2;
  } catch (const std::exception& err) {
    std::cerr << program << ": " << err.what() << std::endl;
    return 1;
  }
}

} // namespace caf_remote::bench
