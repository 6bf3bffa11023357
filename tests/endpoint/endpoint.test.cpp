// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint.hpp"

#include "support/actor_fixture.hpp"

#include <caf/default_attachable.hpp>

#include <algorithm>
#include <map>
#include <random>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

TEST_SUITE_BEGIN("endpoint.endpoint");

// -- bounds -------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a message is charged with the memory it "
                                 "holds") {
  send_ping(remote("joe"), std::string(1000, 'x'));
  auto bytes = totals().queued_bytes;
  CHECK_GE(bytes, 1000 + sizeof(outbound_element));
  // blocks come in a few sizes
  CHECK_LE(bytes, 1300);
  shake_hands();
  CHECK_EQ(totals().queued_bytes, 0);
}

TEST_CASE_FIXTURE(actor_fixture, "what waits can be asked without the other "
                                 "figures") {
  send_ping(remote("joe"), "x");
  send_ping(remote("joe"), "y");
  auto where = peer_endpoint();
  CHECK_EQ(where->queued(), 2);
  CHECK_EQ(where->queued_bytes(), where->read().queued_bytes);
  CHECK_GT(where->queued_bytes(), 0);
  shake_hands();
  CHECK_EQ(where->queued(), 0);
  CHECK_EQ(where->queued_bytes(), 0);
}

TEST_CASE("the bound in bytes holds, whatever the count") {
  options opts;
  opts.queue_bytes = 10000;
  actor_fixture fix{opts};
  for (int i = 0; i < 20; ++i)
    fix.send_ping(fix.remote("joe"), std::string(1000, 'x'));
  auto figures = fix.totals();
  CHECK_LE(figures.queued_bytes, 10000);
  CHECK_GE(figures.queued, 6);
  CHECK_EQ(figures.queued + figures.dead_lettered, 20);
  CHECK_EQ(fix.dead_letters(errc::queue_full), figures.dead_lettered);
  // small ones still find room
  fix.send_ping(fix.remote("joe"), "x");
  CHECK_EQ(fix.totals().queued, figures.queued + 1);
}

TEST_CASE("the batch being filled counts") {
  options opts;
  opts.queue_messages = 3;
  actor_fixture fix{opts};
  fix.send_ping(fix.remote("joe"), "in flight");
  fix.shake_hands_slowly();
  for (int i = 0; i < 5; ++i)
    fix.send_ping(fix.remote("joe"), "x");
  CHECK_EQ(fix.totals().queued, 3);
  CHECK_EQ(fix.dead_letters(errc::queue_full), 2);
}

TEST_CASE("a dead letter is made on the sender's thread") {
  options opts;
  opts.queue_messages = 1;
  actor_fixture fix{opts};
  auto joe = fix.remote("joe");
  caf::anon_send(joe, make_ping("x"));
  caf::anon_send(joe, make_ping("x"));
  // no actor has run meanwhile
  CHECK_EQ(fix.dead_letters(errc::queue_full), 1);
}

// -- room ---------------------------------------------------------------------

struct room_fixture : actor_fixture {
  static options settings() {
    options result;
    result.pause_messages = 10;
    result.batch_size = 2;
    return result;
  }

  room_fixture() : actor_fixture(settings()), alice(spawn_witness()) {
    run();
  }

  void fill(int n) {
    for (int i = 0; i < n; ++i)
      send_ping(remote("joe"), "x");
  }

  witness alice;
};

TEST_CASE_FIXTURE(room_fixture,
                  "who asks while there is room is told at once") {
  fill(9);
  auto where = peer_endpoint();
  CHECK(where->has_room());
  where->notify_when_room(alice.hdl);
  run();
  REQUIRE_EQ(alice.count<endpoint_room>(), 1);
  CHECK_EQ(alice.all<endpoint_room>()[0].address, peer_address);
}

TEST_CASE_FIXTURE(room_fixture, "above the mark one is told once, when half is "
                                "written") {
  fill(10);
  auto where = peer_endpoint();
  CHECK_FALSE(where->has_room());
  where->notify_when_room(alice.hdl);
  run();
  CHECK_EQ(alice.count<endpoint_room>(), 0);
  auto str = shake_hands_slowly(); // two batches are under way
  CHECK_EQ(totals().queued, 6);
  CHECK_EQ(alice.count<endpoint_room>(), 0);
  str->complete_write();
  run();
  CHECK_EQ(totals().queued, 4);
  CHECK_EQ(alice.count<endpoint_room>(), 1);
  str->complete_writes();
  run();
  CHECK_EQ(alice.count<endpoint_room>(), 1);
}

TEST_CASE_FIXTURE(room_fixture, "who asks again and again is told once, but of "
                                "each of the two by itself") {
  fill(10);
  auto where = peer_endpoint();
  auto bob = spawn_witness();
  for (int i = 0; i < 100; ++i) {
    where->notify_when_room(alice.hdl);
    where->notify_when_empty(alice.hdl);
    where->notify_when_room(bob.hdl);
  }
  auto str = shake_hands_slowly();
  str->complete_write();
  run();
  CHECK_EQ(totals().queued, 4);
  CHECK_EQ(alice.count<endpoint_room>(), 1);
  CHECK_EQ(bob.count<endpoint_room>(), 1);
  str->complete_writes();
  run();
  CHECK_EQ(alice.count<endpoint_room>(), 2);
  CHECK_EQ(bob.count<endpoint_room>(), 1);
}

TEST_CASE_FIXTURE(room_fixture, "the end of an endpoint is room as well") {
  fill(10);
  peer_endpoint()->notify_when_room(alice.hdl);
  refuse_all_connections();
  CHECK_EQ(alice.count<endpoint_room>(), 1);
}

TEST_CASE_FIXTURE(room_fixture,
                  "who waits for an empty queue hears when nothing "
                  "is left") {
  fill(3);
  auto where = peer_endpoint();
  where->notify_when_empty(alice.hdl);
  run();
  CHECK_EQ(alice.count<endpoint_room>(), 0);
  auto str = shake_hands_slowly();
  CHECK_EQ(alice.count<endpoint_room>(), 0);
  str->complete_write();
  run();
  CHECK_EQ(alice.count<endpoint_room>(), 1);
  where->notify_when_empty(alice.hdl);
  run();
  CHECK_EQ(alice.count<endpoint_room>(), 2);
}

TEST_CASE_FIXTURE(room_fixture, "who does not wait any more is let go") {
  fill(3);
  auto where = peer_endpoint();
  auto bob = spawn_witness();
  where->notify_when_empty(alice.hdl);
  where->notify_when_empty(bob.hdl);
  where->notify_when_room(alice.hdl); // at once
  run();
  alice.clear();
  auto key = caf::actor_cast<caf::strong_actor_ptr>(alice.hdl);
  auto held = key->strong_refs.load();
  where->forget_waiting_for_empty(alice.hdl);
  where->forget_waiting_for_empty(alice.hdl);
  CHECK_EQ(key->strong_refs.load(), held - 1);
  shake_hands();
  CHECK_EQ(alice.size(), 0);
  CHECK_EQ(bob.count<endpoint_room>(), 1);
}

TEST_CASE_FIXTURE(room_fixture, "those that have ended do not wait") {
  fill(10);
  auto where = peer_endpoint();
  std::vector<caf::weak_actor_ptr> all;
  for (int i = 0; i < 1000; ++i) {
    auto x = spawn_witness();
    all.push_back(caf::actor_cast<caf::weak_actor_ptr>(x.hdl));
    where->notify_when_room(x.hdl);
    x.quit();
    run();
  }
  auto kept = std::count_if(all.begin(), all.end(),
                            [](auto& x) { return x->strong_refs.load() != 0; });
  CHECK_LE(kept, purge_mark::least);
}

// -- accounting ---------------------------------------------------------------

/// Sends, loses and restores connections at random, and knows from outside what
/// became of each message.
class schedule {
public:
  explicit schedule(uint32_t seed) : fix_(settings()), rng_(seed) {
    fix_.home->hook(hook_);
  }

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        send();
        break;
      case 4:
        fix_.sched.try_run_once();
        break;
      case 5:
      case 6:
        fix_.run();
        break;
      case 7:
        if (auto str = stream(); str != nullptr && str->writing())
          str->complete_write();
        break;
      case 8:
        if (auto str = stream())
          str->receive(wire::encode(
            wire::connect_response{below(4) == 0 ? "b" : "a", false}));
        break;
      case 9:
        if (auto str = stream(); str != nullptr && below(2) == 0)
          str->close(transport::status_code::unavailable);
        break;
      case 10:
        fix_.advance(std::chrono::milliseconds{below(3000)});
        break;
      case 11:
        if (auto str = stream(); str != nullptr && below(8) == 0)
          str->receive(wire::encode(wire::disconnect_request{}));
        break;
    }
    check();
  }

  void finish() {
    fix_.run();
    while (fix_.peer_endpoint() != nullptr) {
      fix_.last_dialled()->close(transport::status_code::unavailable);
      fix_.advance(2s);
      check();
    }
    fix_.run();
    auto x = fix_.totals();
    CHECK_EQ(x.queued, 0);
    CHECK_EQ(x.queued_bytes, 0);
    CHECK_EQ(x.written + x.dead_lettered, accepted_);
    check_each_once();
  }

private:
  static options settings() {
    options result;
    result.queue_messages = 8;
    result.queue_bytes = 8000;
    result.batch_size = 3;
    result.max_batch_bytes = 3000;
    result.max_retry_count = 2;
    return result;
  }

  uint32_t below(uint32_t n) {
    return static_cast<uint32_t>(rng_() % n);
  }

  fake_stream_ptr stream() const {
    return fix_.dials() == 0 ? nullptr : fix_.last_dialled();
  }

  void send() {
    auto text = std::to_string(accepted_++) + " ";
    text.append(below(6) == 0 ? 2000 : below(100), 'x');
    auto joe = fix_.remote("joe");
    if (below(6) == 0)
      // of no use to the peer
      caf::anon_send(joe, raw_message{"other.Type", 0, text});
    else
      caf::anon_send(joe, make_ping(text));
  }

  size_t written() const {
    size_t result = 0;
    for (auto& x : fix_.connector->dials)
      for (auto& y : batches_of(*x.str))
        result += y.size();
    return result;
  }

  static std::vector<std::vector<envelope>> batches_of(const fake_stream& x) {
    std::vector<std::vector<envelope>> result;
    for (auto& frame : x.written)
      if (std::holds_alternative<wire::batch_bytes>(wire::decode_frame(frame)))
        result.push_back(read_batch(frame));
    return result;
  }

  void check() {
    auto x = fix_.totals();
    CHECK_EQ(x.accepted, accepted_);
    CHECK_EQ(x.written, written());
    CHECK_EQ(x.dead_lettered, hook_->events_of("dead letter"));
    CHECK(balanced(x));
    CHECK_LE(x.queued, 8);
    CHECK_LE(x.queued_bytes, 8000);
    CHECK_LE(x.unconfirmed, x.written);
  }

  /// Nothing twice, nothing lost, and in order on each stream.
  void check_each_once() {
    std::map<int, int> seen;
    for (auto& x : fix_.connector->dials) {
      auto last = -1;
      for (auto& batch : batches_of(*x.str))
        for (auto& y : batch) {
          auto number = std::stoi(content_of<Ping>(y).text());
          CHECK_GT(number, last);
          last = number;
          ++seen[number];
        }
    }
    for (auto& x : fix_.events.all<dead_letter>()) {
      auto text = x.message.match_elements<Ping>()
                    ? x.message.get_as<Ping>(0).text()
                    : x.message.get_as<raw_message>(0).bytes;
      ++seen[std::stoi(text)];
    }
    CHECK_EQ(seen.size(), accepted_);
    CHECK(std::all_of(seen.begin(), seen.end(),
                      [](auto& kvp) { return kvp.second == 1; }));
  }

  std::shared_ptr<recording_hook> hook_ = std::make_shared<recording_hook>();
  actor_fixture fix_;
  std::mt19937 rng_;
  size_t accepted_ = 0;
};

TEST_CASE("accepted = written + dead-lettered + queued, at every step of any "
          "schedule") {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    schedule x{seed};
    for (int i = 0; i < 150; ++i)
      x.step();
    x.finish();
  }
}

/// Monitors without running any actor.
void monitor_at_once(const witness& observer, const caf::actor& x) {
  x->attach(
    caf::default_attachable::make_monitor(x.address(), observer.hdl.address()));
}

TEST_CASE_FIXTURE(actor_fixture, "a watch is answered if its endpoint never "
                                 "opens because the node ends") {
  auto observer = spawn_witness();
  run();
  monitor_at_once(observer, remote("joe"));
  REQUIRE_NE(peer_endpoint(), nullptr);
  // before the manager has heard of the endpoint
  home->endpoints.stop();
  home->endpoints.clear();
  run();
  CHECK_EQ(observer.downs(),
           std::vector<caf::error>{caf::exit_reason::remote_link_unreachable});
}

TEST_CASE_FIXTURE(actor_fixture, "a watch that comes too late for an endpoint "
                                 "that never opens is answered, and keeps "
                                 "nothing") {
  // as if the manager could not open it, while the sender is about to watch
  home->endpoints.stop();
  home->endpoints.start(home, [](endpoint_ptr x) { x->abandon(); });
  auto observer = spawn_witness();
  observer.monitor(remote("joe"));
  run();
  CHECK_EQ(observer.downs(),
           std::vector<caf::error>{caf::exit_reason::remote_link_unreachable});
  CHECK_EQ(home->proxies.size(), 0);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a watch that comes after the watcher's end is "
                  "answered") {
  connect();
  auto where = peer_endpoint();
  auto hdl = remote("joe");
  home->endpoints.stop();
  home->endpoints.clear();
  home->actors.end_all();
  run();
  // as a thread that has looked for an endpoint right before
  auto proxy = caf::actor_cast<caf::strong_actor_ptr>(hdl);
  CHECK_FALSE(where->watch(proxy, as_remote_proxy(proxy)->target(), 1));
}

TEST_SUITE_END();

} // namespace
