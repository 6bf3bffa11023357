// SPDX-License-Identifier: BSD-3-Clause

// Each endpoint_connected has one endpoint_terminated, whatever happens.

#include "support/actor_fixture.hpp"

#include <map>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// Tells the story of the events, and keeps a count of the nodes as a
/// subscriber might.
struct events_fixture : actor_fixture {
  using actor_fixture::actor_fixture;

  /// "+member" for a node that was met, "-member" for one that is over,
  /// "!address" for one that could not be reached.
  strings story() const {
    strings result;
    for (auto& x : events.everything()) {
      if (x.match_elements<endpoint_connected>())
        result.push_back('+' + x.get_as<endpoint_connected>(0).member_id);
      else if (x.match_elements<endpoint_terminated>())
        result.push_back('-' + x.get_as<endpoint_terminated>(0).member_id);
      else if (x.match_elements<endpoint_unreachable>())
        result.push_back('!' + x.get_as<endpoint_unreachable>(0).address);
    }
    return result;
  }

  /// The nodes that are there, by address and member id; none may be there
  /// twice, or less than not at all.
  size_t nodes() const {
    std::map<std::string, int> count;
    size_t sum = 0;
    for (auto& x : events.everything()) {
      if (x.match_elements<endpoint_connected>()) {
        auto& y = x.get_as<endpoint_connected>(0);
        CHECK_EQ(++count[y.address + ' ' + y.member_id], 1);
        ++sum;
      } else if (x.match_elements<endpoint_terminated>()) {
        auto& y = x.get_as<endpoint_terminated>(0);
        CHECK_EQ(--count[y.address + ' ' + y.member_id], 0);
        --sum;
      }
    }
    return sum;
  }

  /// Another incarnation opens a stream, and answers when it is asked.
  void restart(const std::string& member_id) {
    accept(member_id);
    answer_probe(member_id);
  }

  std::string last_reason() const {
    auto xs = events.all<endpoint_terminated>();
    return xs.empty() ? "" : xs.back().reason;
  }
};

TEST_SUITE_BEGIN("endpoint.endpoint_events");

TEST_CASE_FIXTURE(events_fixture, "a connection that comes back is the same "
                                  "node") {
  cut(connect());
  shake_hands();
  cut(last_dialled());
  advance(2s);
  shake_hands();
  CHECK_EQ(story(), strings{"+member-a"});
  last_dialled()->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK_EQ(story(), strings{"+member-a", "-member-a"});
  CHECK_EQ(last_reason(), "the peer disconnects");
  CHECK_EQ(nodes(), 0);
}

TEST_CASE_FIXTURE(events_fixture, "who was never reached is not terminated") {
  send_ping(remote("joe"), "x");
  refuse_all_connections();
  send_ping(remote("joe"), "x");
  refuse_all_connections();
  auto address = '!' + std::string{peer_address};
  CHECK_EQ(story(), strings{address, address});
}

TEST_CASE_FIXTURE(events_fixture, "a restart met by our own dial") {
  cut(connect("member-a"));
  shake_hands("member-b");
  CHECK_EQ(story(), strings{"+member-a", "-member-a", "+member-b"});
  CHECK_NE(last_reason().find("the endpoint goes on"), std::string::npos);
  CHECK_EQ(nodes(), 1);
}

TEST_CASE_FIXTURE(events_fixture, "a restart met on the peer's stream to us") {
  connect("member-a");
  accept("member-a");
  restart("member-b");
  CHECK_EQ(story(), strings{"+member-a", "-member-a"});
  shake_hands("member-b");
  CHECK_EQ(story(), strings{"+member-a", "-member-a", "+member-b"});
  CHECK_EQ(nodes(), 1);
}

TEST_CASE_FIXTURE(events_fixture, "a restart, and then nobody is there") {
  connect("member-a");
  restart("member-b");
  refuse_all_connections();
  CHECK_EQ(story(),
           strings{"+member-a", "-member-a", '!' + std::string{peer_address}});
  CHECK_EQ(nodes(), 0);
}

TEST_CASE_FIXTURE(events_fixture,
                  "restarts met before we have reached anybody") {
  send_ping(remote("joe"), "x");
  accept("member-a");
  restart("member-b");
  restart("member-c");
  CHECK_EQ(story(), strings{});
  refuse_connection();
  advance(2s);
  shake_hands("member-c");
  CHECK_EQ(story(), strings{"+member-c"});
}

TEST_CASE_FIXTURE(events_fixture,
                  "a node with two addresses is two endpoints") {
  connect("member-a");
  send_ping(remote("joe", "localhost:9000"), "x");
  shake_hands("member-a");
  CHECK_EQ(nodes(), 2);
  restart("member-b");
  answer_probe("member-b"); // at the other address
  CHECK_EQ(nodes(), 0);
  CHECK_EQ(story(),
           strings{"+member-a", "+member-a", "-member-a", "-member-a"});
}

TEST_CASE_FIXTURE(events_fixture, "a peer that is only heard is no event") {
  auto alice = publish_witness("alice");
  auto in = accept();
  receive(in, {make_system_envelope("alice", "actor.Unwatch",
                                    wire::encode(wire::watch{{"", "w"}})),
               make_system_envelope("alice", "actor.Watch",
                                    wire::encode(wire::watch{{"", "w"}}))});
  cut(in);
  CHECK_EQ(story(), strings{});
}

TEST_CASE_FIXTURE(events_fixture, "leaving ends those who were met, and says "
                                  "nothing of others") {
  connect("member-a");
  send_ping(remote("joe", "127.0.0.1:9001"), "never connects");
  caf::anon_send(home->manager(), leave{});
  advance(1min);
  CHECK_EQ(story(), strings{"+member-a", "-member-a"});
  CHECK_EQ(nodes(), 0);
}

/// Does something while a dead letter is told.
class busy_hook final : public tracing_hook {
public:
  explicit busy_hook(std::function<void()> f) : f_(std::move(f)) {
    // nop
  }

  void dead_lettered(const pid&, std::string_view, const caf::error&) override {
    if (auto f = std::exchange(f_, nullptr))
      f();
  }

private:
  std::function<void()> f_;
};

/// The endpoint is given up with a message in its queue. While that becomes a
/// dead letter, other threads go on: somebody sends to the node again, which is
/// reached.
struct handover_fixture : events_fixture {
  handover_fixture() : jim(remote("jim")) {
    home->hook(std::make_shared<busy_hook>([this] {
      caf::anon_send(jim, make_ping("next"));
      steps([this] { return dials() == next_dial; });
      last_dialled()->complete_writes();
      last_dialled()->receive(
        wire::encode(wire::connect_response{peer_member, false}));
      steps([this] { return peer_endpoint()->connected(); });
    }));
  }

  ~handover_fixture() {
    home->hook(nullptr);
  }

  template <class Predicate>
  void steps(Predicate done) {
    while (!done())
      REQUIRE(sched.try_run_once());
  }

  caf::actor jim;
  size_t next_dial = 2;
};

TEST_CASE_FIXTURE(handover_fixture, "the next endpoint is connected after the "
                                    "former was terminated, however much that "
                                    "has to do") {
  auto out = connect();
  out->hold_writes();
  send_ping(remote("joe"), "written");
  send_ping(remote("joe"), "waits");
  out->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK_EQ(story(), strings{"+member-a", "-member-a", "+member-a"});
  CHECK_EQ(last_reason(), "the peer disconnects");
  CHECK_EQ(nodes(), 1);
}

TEST_CASE_FIXTURE(handover_fixture, "the next endpoint is connected after it "
                                    "was said that the former was not") {
  send_ping(remote("joe"), "waits");
  next_dial = home->opts.max_retry_count + 1;
  while (dials() < home->opts.max_retry_count) {
    refuse_connection();
    advance(home->opts.retry_wait);
  }
  refuse_connection();
  CHECK_EQ(story(), strings{'!' + std::string{peer_address}, "+member-a"});
  CHECK_EQ(nodes(), 1);
}

TEST_CASE_FIXTURE(events_fixture, "a stop ends those who were met, also if no "
                                  "actor of ours can run any more") {
  connect("member-a");
  send_ping(remote("joe", "127.0.0.1:9001"), "never connects");
  home->shut_down();
  run();
  CHECK_EQ(story(), strings{"+member-a", "-member-a"});
  CHECK_EQ(last_reason(), "the module was stopped");
}

TEST_SUITE_END();

} // namespace
