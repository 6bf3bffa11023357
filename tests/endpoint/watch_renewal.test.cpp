// SPDX-License-Identifier: BSD-3-Clause

// What a peer watches again after our endpoint to it has ended, which knew whom
// its watches were for.

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

struct renewal_fixture : actor_fixture {
  renewal_fixture() : first(publish_witness("name")), in(come()) {
    // nop
  }

  fake_stream_ptr come(const std::string& member_id = peer_member) {
    return accept(member_id, peer_address, intro);
  }

  void reach(const std::string& member_id = peer_member) {
    shake_hands(member_id, intro);
  }

  void watch(const fake_stream_ptr& by, uint32_t number,
             const std::string& name = "name") {
    wire::watch content{{"", "w", number}};
    receive(by, {make_system_envelope(name, wire::watch::type_name,
                                      wire::encode(content))});
  }

  /// The actor ends, and another one has its name.
  void hand_over() {
    first.quit();
    run();
    second = publish_witness("name");
  }

  /// The peer cannot be reached, and is hung up on.
  void give_up() {
    cut(last_dialled());
    refuse_all_connections();
    REQUIRE(in->finished());
    cut(in);
  }

  /// What the peer was told, such as "name 0..4 unreachable".
  strings told() {
    strings result;
    for (auto& x : of_type(sent(), wire::terminated::type_name)) {
      wire::terminated msg;
      REQUIRE(wire::decode(x.payload, msg));
      using wire::terminated_reason;
      auto why = msg.why == terminated_reason::stopped     ? " stopped"
                 : msg.why == terminated_reason::not_found ? " not found"
                                                           : " unreachable";
      result.push_back(msg.who.id + " " + std::to_string(x.target.request_id)
                       + ".." + std::to_string(msg.who.request_id) + why);
    }
    return result;
  }

  const transport::metadata intro = caf_remote_intro(1 << 20);
  witness first;
  witness second;
  fake_stream_ptr in;
};

/// Our stream to the peer is up.
struct reached_fixture : renewal_fixture {
  reached_fixture() {
    connect(peer_member, intro);
  }
};

TEST_SUITE_BEGIN("endpoint.watch_renewal");

TEST_CASE_FIXTURE(reached_fixture, "an end that could not be told is not lost "
                                   "when the name has a successor before the "
                                   "peer watches again") {
  watch(in, 5);
  cut(last_dialled());
  hand_over();
  give_up();
  watch(come(), 5);
  reach();
  CHECK_EQ(told(), strings{"name 0..5 unreachable"});
  second.quit();
  run();
  CHECK(told().empty());
}

TEST_CASE_FIXTURE(reached_fixture, "nor when nobody has the name any more, or "
                                   "the actor is still there") {
  SUBCASE("nobody") {
    watch(in, 5);
    first.quit();
    run();
    sent();
  }
  SUBCASE("still there") {
    watch(in, 5);
  }
  give_up();
  watch(come(), 5);
  reach();
  CHECK_EQ(told(), strings{"name 0..5 unreachable"});
}

TEST_CASE_FIXTURE(reached_fixture, "a later watch is for who has the name now, "
                                   "those that it stands for are over") {
  watch(in, 5);
  hand_over();
  sent();
  give_up();
  in = come();
  watch(in, 9);
  reach();
  CHECK_EQ(told(), strings{"name 0..5 unreachable"});
  watch(in, 9);
  CHECK(told().empty());
  second.quit();
  run();
  CHECK_EQ(told(), strings{"name 6..9 stopped"});
  watch(in, 12);
  CHECK_EQ(told(), strings{"name 10..12 not found"});
}

TEST_CASE_FIXTURE(reached_fixture, "one number says it for all names, and for "
                                   "all endpoints before") {
  watch(in, 5);
  watch(in, 8, "other");
  give_up();
  in = come();
  watch(in, 10, "third");
  reach();
  CHECK_EQ(told(), strings{"third 0..8 unreachable", "third 9..10 not found"});
  publish_witness("fourth");
  watch(in, 11, "fourth");
  told();
  give_up();
  in = come();
  watch(in, 5);
  watch(in, 11, "fourth");
  reach();
  CHECK_EQ(told(),
           strings{"name 0..5 unreachable", "fourth 0..11 unreachable"});
}

TEST_CASE_FIXTURE(reached_fixture,
                  "another incarnation numbers its watches anew") {
  watch(in, 5);
  give_up();
  in = come("member-b");
  watch(in, 3);
  first.quit();
  run();
  reach("member-b");
  CHECK_EQ(told(), strings{"name 0..3 stopped"});
}

TEST_CASE_FIXTURE(reached_fixture, "a peer that does not number its watches is "
                                   "served as it comes") {
  watch(in, 0);
  give_up();
  hand_over();
  watch(come(), 0);
  second.quit();
  run();
  reach();
  CHECK_EQ(told(), strings{"name 0..0 stopped"});
}

TEST_CASE_FIXTURE(renewal_fixture, "a peer that only watches, and stays away "
                                   "for longer than we wait, hears of the end "
                                   "that it has missed") {
  watch(in, 5);
  cut(in);
  advance(34s);
  REQUIRE_EQ(peer_endpoint(), nullptr);
  hand_over();
  watch(come(), 5);
  REQUIRE_EQ(dials(), 1);
  reach();
  CHECK_EQ(told(), strings{"name 0..5 unreachable"});
}

TEST_CASE_FIXTURE(reached_fixture, "a Watch that comes for the next endpoint "
                                   "before the former is quite over is known "
                                   "all the same") {
  watch(in, 5);
  auto old = peer_endpoint();
  home->endpoints.remove(old);
  watch(in, 5);
  reach();
  CHECK_EQ(told(), strings{"name 0..5 unreachable"});
  old->close();
  caf::anon_send(home->manager(),
                 end_endpoint{old, errc::endpoint_terminated, "test"});
  run();
}

TEST_SUITE_END();

} // namespace
