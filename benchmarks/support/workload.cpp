// SPDX-License-Identifier: BSD-3-Clause

#include "support/workload.hpp"

#include "support/messages.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

namespace caf_remote::bench {

namespace {

using google::protobuf::Empty;
using google::protobuf::UInt64Value;

constexpr auto usage_text = "usage: [OPTIONS] server\n"
                            "       [OPTIONS] client HOST:PORT MODE COUNT SIZE "
                            "[WIDTH]\n"
                            "       [OPTIONS] client HOST:PORT openloop RATE "
                            "SECONDS SIZE\n"
                            "MODE: oneway, flood, spread, pingpong, window, "
                            "idle, queue";

struct mode {
  const char* name;
  workload::kind kind;
  uint64_t width;
};

constexpr mode modes[] = {
  {"oneway", workload::kind::one_way, 1},
  {"flood", workload::kind::flood, 1},
  {"spread", workload::kind::spread, 1},
  {"pingpong", workload::kind::ping_pong, 1},
  {"window", workload::kind::window, 100},
  {"idle", workload::kind::idle, 1},
  {"queue", workload::kind::queue, 1},
};

workload parse_open_loop(const std::vector<std::string>& args) {
  if (args.size() != 4)
    throw std::invalid_argument{usage_text};
  workload result;
  result.mode = workload::kind::open_loop;
  result.rate = parse_number(args[1]);
  result.count = result.rate * parse_number(args[2]);
  result.size = parse_number(args[3]);
  if (result.size < sizeof(uint64_t))
    throw std::invalid_argument{"openloop needs at least 8 bytes"};
  return result;
}

} // namespace

// -- workload -----------------------------------------------------------------

workload workload::parse(const std::vector<std::string>& args) {
  if (args.size() != 3 && args.size() != 4)
    throw std::invalid_argument{usage_text};
  workload result;
  if (args[0] == "openloop") {
    result = parse_open_loop(args);
  } else {
    auto i = std::find_if(std::begin(modes), std::end(modes),
                          [&](const auto& x) { return x.name == args[0]; });
    if (i == std::end(modes))
      throw std::invalid_argument{"unknown mode " + args[0]};
    result.mode = i->kind;
    result.count = parse_number(args[1]);
    result.size = parse_number(args[2]);
    result.width = args.size() == 4 ? parse_number(args[3]) : i->width;
  }
  result.mode_name = args[0];
  if (result.mode == kind::ping_pong && result.width != 1)
    throw std::invalid_argument{"pingpong has one message in flight"};
  return result;
}

bool workload::has_replies() const {
  return mode == kind::ping_pong || mode == kind::window
         || mode == kind::open_loop;
}

std::string workload::target() const {
  return has_replies() ? "echo" : "counter";
}

std::chrono::seconds workload::patience() const {
  // nothing here is slower than 50,000 messages per second for long
  return std::chrono::seconds{60 + count / 50'000};
}

void workload::describe(json_line& result) const {
  result.add("mode", mode_name)
    .add("count", count)
    .add("size", uint64_t{size})
    .add("width", width);
  if (mode == kind::open_loop)
    result.add("rate", rate);
}

// -- client -------------------------------------------------------------------

client::client(caf::actor_system& sys, std::vector<caf::actor> targets,
               pacer pace, std::function<void()> before_measuring)
  : sys_(sys), targets_(std::move(targets)), pace_(std::move(pace)),
    before_measuring_(std::move(before_measuring)) {
  // nop
}

void client::run(const workload& what, json_line& result) {
  if (what.mode == workload::kind::idle || what.mode == workload::kind::queue)
    throw std::invalid_argument{what.mode_name + " is not for this program"};
  what.describe(result);
  if (what.mode == workload::kind::open_loop)
    run_open_loop(what, result);
  else if (what.has_replies())
    run_replies(what, result);
  else
    run_one_way(what, result);
}

void client::run_one_way(const workload& what, json_line& result) {
  auto may_lose = what.mode == workload::kind::flood;
  auto pace = may_lose ? pacer{} : pace_;
  auto spread = what.mode == workload::kind::spread;
  auto senders = spread ? 1 : what.width;
  auto before = ask_count(what);
  before_measuring_();
  stopwatch watch;
  caf::scoped_actor self{sys_};
  std::vector<caf::actor> workers;
  for (uint64_t i = 0; i < senders; ++i) {
    auto share = what.count / senders + (i < what.count % senders);
    workers.push_back(
      sys_.spawn(sender, sender_task{targets_, share, what.size,
                                     spread ? burst_of_many : burst, pace,
                                     caf::actor{self}}));
  }
  for (auto& x : workers)
    self->send(x, caf::tick_atom::value);
  auto pauses = await(self, what, senders);
  auto arrived = (may_lose ? insist_on_count(what) : ask_count(what)) - before;
  watch.report(arrived, result);
  result.add("pauses", pauses).add("lost", what.count - arrived);
  if (arrived != what.count && !may_lose)
    throw std::runtime_error{std::to_string(arrived) + " of "
                             + std::to_string(what.count)
                             + " messages arrived"};
}

void client::run_replies(const workload& what, json_line& result) {
  warm_up(what);
  std::shared_ptr<latencies> times;
  if (what.mode == workload::kind::ping_pong)
    times = std::make_shared<latencies>(what.count);
  before_measuring_();
  stopwatch watch;
  request_all(what, times);
  watch.report(what.count, result);
  if (times != nullptr)
    times->report(result);
}

void client::run_open_loop(const workload& what, json_line& result) {
  warm_up(what);
  auto times = std::make_shared<latencies>(what.count);
  before_measuring_();
  stopwatch watch;
  schedule plan{what.rate, what.count};
  caf::scoped_actor self{sys_};
  auto source = sys_.spawn(
    listener, listener_task{plan, what.count, times, caf::actor{self}});
  plan.run([&](uint64_t i) {
    caf::send_as(source, targets_.front(), numbered(i, what.size));
  });
  await(self, what, 1);
  watch.report(what.count, result);
  times->report(result);
}

uint64_t client::ask_count(const workload& what) {
  caf::scoped_actor self{sys_};
  auto ask = [&](const caf::actor& target) {
    return self->request(target, what.patience(), Empty{});
  };
  std::vector<decltype(ask(targets_.front()))> questions;
  questions.reserve(targets_.size());
  for (auto& target : targets_)
    questions.push_back(ask(target));
  uint64_t result = 0;
  for (auto& question : questions)
    question.receive(
      [&](const UInt64Value& x) { result = std::max(result, x.value()); },
      [&](const caf::error& err) {
        throw std::runtime_error{"no answer from the counter: "
                                 + sys_.render(err)};
      });
  return result;
}

uint64_t client::insist_on_count(const workload& what) {
  auto limit = std::chrono::steady_clock::now() + what.patience();
  for (;;) {
    try {
      return ask_count(what);
    } catch (const std::runtime_error&) {
      if (std::chrono::steady_clock::now() > limit)
        throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

uint64_t client::await(caf::scoped_actor& self, const workload& what,
                       uint64_t actors) {
  uint64_t result = 0;
  for (uint64_t i = 0; i < actors; ++i)
    self->receive([&](caf::ok_atom, uint64_t x) { result += x; },
                  caf::after(what.patience()) >>
                    [] { throw std::runtime_error{"not finished in time"}; });
  return result;
}

void client::request_all(const workload& what,
                         std::shared_ptr<latencies> times) {
  caf::scoped_actor self{sys_};
  // an actor that only waits for a reply would not be kept alive by anyone
  auto worker = sys_.spawn(
    requester, requester_task{targets_.front(), what.count, what.size,
                              what.width, std::move(times), caf::actor{self}});
  self->send(worker, caf::tick_atom::value);
  await(self, what, 1);
}

void client::warm_up(const workload& what) {
  auto some = what;
  some.count = std::clamp<uint64_t>(what.count / 10, 100, 2000);
  request_all(some, nullptr);
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

std::chrono::seconds command::life() const {
  return serve ? std::chrono::minutes{30} : 3 * what.patience();
}

std::pair<std::string, uint16_t> command::host_and_port() const {
  auto colon = address.rfind(':');
  if (colon == std::string::npos)
    throw std::invalid_argument{"not HOST:PORT: " + address};
  return {address.substr(0, colon),
          static_cast<uint16_t>(parse_number(address.substr(colon + 1)))};
}

uint64_t parse_number(const std::string& text) {
  size_t end = 0;
  auto result = std::stoull(text, &end);
  if (end != text.size() || result == 0)
    throw std::invalid_argument{"not a positive number: " + text};
  return result;
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
