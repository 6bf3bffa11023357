// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/scene.hpp"

#include "caf_remote/wire/system_messages.hpp"

#include "simulation/numbers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace caf_remote::test {

namespace {

using namespace std::chrono_literals;

// What docs/reconnect.md allows for: all attempts to reach the peer, or to be
// reached by it, and full renewals of the watches twice in a row.
checker::limits limits_for(const story& plot) {
  auto& x = plot.opts;
  auto look = std::clamp<caf::timespan>(x.retry_wait, 100ms, 5s);
  auto attempt = x.connect_timeout + x.retry_wait;
  checker::limits result;
  result.watch_after_fault = attempt * static_cast<int>(x.max_retry_count)
                             + 25 * look + 10s;
  constexpr size_t low = 1000;
  auto hidden = std::any_of(plot.nodes.begin(), plot.nodes.end(),
                            [](auto& y) { return y.hidden; });
  if (hidden || x.max_streams < low || x.max_endpoints < low
      || x.control_messages < low)
    result.watch = result.watch_after_fault;
  return result;
}

} // namespace

scene::scene(const story& what, bool with_tale)
  : plot(what), judge(limits_for(what)), net(observer()),
    carelessness(what.seed), runs(what.nodes.size(), 0), with_tale_(with_tale) {
  for (size_t i = 0; i < what.nodes.size(); ++i) {
    auto n = std::to_string(i + 1);
    network::host x;
    x.ip = "10.0.0." + n;
    x.addresses = {x.ip + ":9000", "node-" + n + ".example:9000"};
    x.hidden = what.nodes[i].hidden;
    net.hosts.push_back(std::move(x));
  }
}

// -- what the network shows ---------------------------------------------------

network::observer scene::observer() {
  return {[this](const network::passage& x) { on_written(x); },
          [this](const network::passage& x) { on_arrived(x); },
          [this](uint32_t link) { judge.lost(link); },
          [this](size_t host) {
            if (plot.nodes[host].what != node_kind::caf)
              return;
            judge.complain("streams: " + name_of(host)
                           + " does to one what is forbidden");
          }};
}

void scene::on_written(const network::passage& x) {
  auto batch = messages_in(x.frame);
  if (plot.nodes[x.from].what == node_kind::caf)
    judge.bounded(run_of(x.from), "messages in a batch", batch.size(),
                  plot.opts.batch_size);
  judge.hands_over(run_of(x.from), static_cast<size_t>(std::count_if(
                                     batch.begin(), batch.end(), is_of_user)));
  for (auto& y : batch) {
    auto number = number_in(y);
    auto answered = answered_in(y);
    if (number && judge.knows(*number))
      judge.written(*number, x.link);
    if (answered && judge.knows(*answered))
      judge.answer_written(*answered, x.link);
  }
}

void scene::on_arrived(const network::passage& x) {
  wire::watch watch;
  for (auto& y : messages_in(x.frame)) {
    auto number = number_in(y);
    if (number && judge.knows(*number))
      judge.arrives(*number, run_of(x.to));
    else if (y.type_name == wire::watch::type_name
             && wire::decode(y.payload, watch))
      judge.watch_arrives(watch.watcher.id + ' ' + y.target.id,
                          watch.watcher.request_id, x.link, run_of(x.to));
  }
}

// -- who is where -------------------------------------------------------------

bool scene::is_open(size_t from, size_t to) const {
  constexpr size_t enough = 1000;
  auto& opts = plot.opts;
  auto takes_part = [](const node_plan& x) {
    return !x.hidden && x.what != node_kind::liar;
  };
  return from != to && takes_part(plot.nodes[from])
         && takes_part(plot.nodes[to]) && opts.max_endpoints >= enough
         && opts.max_streams >= enough && opts.control_messages >= enough
         && opts.queue_messages >= enough && opts.queue_bytes >= enough * enough
         && opts.inbound_messages >= enough
         && opts.inbound_bytes >= enough * enough;
}

std::string scene::id_of(checker::place x) const {
  auto name = "n" + std::to_string(x.name);
  // protocol fact: how Go calls what was spawned by a peer
  if (x.name >= published_names && plot.nodes[x.node].what == node_kind::go)
    return "activator/Remote$" + name;
  return name;
}

size_t scene::target_of(size_t node, const step& x) const {
  auto n = plot.nodes.size();
  return x.whom % 9 == 8 ? node : (node + 1 + x.whom % (n - 1)) % n;
}

checker::place scene::place_of(size_t node, const step& x) const {
  // names that come about by spawning are less often asked for
  auto name = x.how % 16;
  return {target_of(node, x),
          name < 2 ? published_names + name : name % published_names};
}

void scene::advance(caf::timespan x) {
  now_ += x;
  net.advance(x);
  judge.time(now_);
}

void scene::say(const std::string& x) {
  using seconds = std::chrono::duration<double>;
  if (!with_tale_)
    return;
  char time[32];
  std::snprintf(time, sizeof(time), "%8.2f  ", seconds{now_}.count());
  tale_.push_back(time + x);
}

std::string name_of(size_t node) {
  return "node " + std::to_string(node);
}

std::string name_of(checker::place x) {
  return "n" + std::to_string(x.name) + " on " + name_of(x.node);
}

} // namespace caf_remote::test
