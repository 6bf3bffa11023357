// SPDX-License-Identifier: BSD-3-Clause

// What the addresses that streams to us claim can make us dial.

#include "support/actor_fixture.hpp"
#include "support/monitor_senders.hpp"
#include "support/text.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using transport::status_code;

options with_endpoints(size_t max) {
  options result;
  result.max_endpoints = max;
  return result;
}

/// With these options, all streams together may open 128 endpoints.
struct claim_fixture : actor_fixture {
  static constexpr size_t bound = 128;
  static constexpr size_t many = 3 * bound;

  explicit claim_fixture(size_t max = 1000)
    : actor_fixture(with_endpoints(max)) {
    publish_echo("alice");
  }

  static std::string address(size_t number, const std::string& net = "10.0.") {
    return net + std::to_string(number / 256) + "."
           + std::to_string(number % 256) + ":80";
  }

  /// Short streams, each with another address, that say one thing each.
  void say_from_all(envelope x, size_t count = many) {
    for (size_t i = 0; i < count; ++i) {
      auto in = accept("member-x", address(i));
      x.sender = {"", "somebody", 7};
      receive(in, {x});
      cut(in);
    }
  }

  static envelope ping() {
    return make_envelope_for("alice", make_ping("hi"));
  }

  static envelope watch(const std::string& target = "alice") {
    return make_system_envelope(target, wire::watch::type_name,
                                wire::encode(wire::watch{{"", "w", 0}}));
  }
};

TEST_SUITE_BEGIN("endpoint.claimed_addresses");

// -- what we answer -------------------------------------------------------------

TEST_CASE_FIXTURE(claim_fixture, "whatever makes us answer those who claim an "
                                 "address, what it makes us dial is bounded") {
  SUBCASE("a value that an actor returns") {
    say_from_all(ping());
    CHECK_EQ(dead_letters(errc::queue_full), many - bound);
  }
  SUBCASE("Touch") {
    say_from_all(make_system_envelope("alice", "actor.Touch"));
  }
  SUBCASE("nobody there") {
    say_from_all(make_envelope_for("nobody", make_ping("hi")));
  }
  SUBCASE("a garbled message") {
    auto x = ping();
    x.payload = "\xFF";
    say_from_all(x);
  }
  SUBCASE("a Watch of nobody") {
    say_from_all(watch("nobody"));
  }
  SUBCASE("an actor that monitors who sends to it") {
    publish(sys.spawn(monitor_senders), "bob");
    say_from_all(make_envelope_for("bob", make_ping("hi")));
  }
  CHECK_EQ(dials(), bound);
  CHECK_EQ(home->endpoints.size(), bound);
}

TEST_CASE_FIXTURE(claim_fixture, "handles of those who have claimed an address "
                                 "do not dial at will either") {
  std::vector<caf::actor> senders;
  publish(sys.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&senders, self](const Ping&) {
      senders.push_back(caf::actor_cast<caf::actor>(self->current_sender()));
    }};
  }),
          "bob");
  say_from_all(make_envelope_for("bob", make_ping("hi")));
  REQUIRE_EQ(senders.size(), many);
  for (auto& x : senders)
    send_ping(x, "of the strangers' doing");
  CHECK_EQ(dials(), bound);
}

TEST_CASE_FIXTURE(claim_fixture, "what actors left in their mailboxes is "
                                 "answered within the bound") {
  auto target = sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::skip);
    return {[](int) {}};
  });
  publish(target, "bob");
  std::vector<fake_stream_ptr> streams;
  for (size_t i = 0; i < many; ++i) {
    streams.push_back(accept("member-x", address(i)));
    auto x = make_envelope_for("bob", make_ping("hi"));
    x.sender = {"", "somebody", 7};
    receive(streams.back(), {x});
  }
  caf::anon_send_exit(target, caf::exit_reason::kill);
  run();
  CHECK_EQ(dials(), bound);
}

TEST_CASE_FIXTURE(claim_fixture, "so are the endpoints that are made for "
                                 "watches") {
  size_t open = 0;
  for (size_t i = 0; i < many; ++i) {
    auto in = accept("member-x", address(i));
    receive(in, {watch()});
    open += in->over() ? 0 : 1;
  }
  CHECK_EQ(home->endpoints.size(), bound);
  CHECK_EQ(open, bound);
  CHECK_EQ(home->snapshot().shortages, many - bound);
}

TEST_CASE_FIXTURE(claim_fixture, "a peer whose Watch is beyond the bound is "
                                 "hung up on, and served when it comes later") {
  say_from_all(ping());
  auto before = dead_letters(errc::queue_full);
  auto in = accept("member-y", peer_address);
  receive(in, {watch()});
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::unavailable);
  CHECK(contains(in->finished()->message, "max-endpoints"));
  // it is not lost: the peer says it again
  CHECK_EQ(dead_letters(errc::queue_full), before);
  CHECK_EQ(home->snapshot().shortages, 1);
  advance(1s);
  in = accept("member-y", peer_address);
  receive(in, {watch()});
  CHECK_FALSE(in->over());
  CHECK_NE(peer_endpoint(), nullptr);
}

TEST_CASE_FIXTURE(claim_fixture, "there is as much again in a minute") {
  say_from_all(ping());
  REQUIRE_EQ(dials(), bound);
  // all of them are tried in vain
  for (size_t i = 0; i < bound; ++i)
    dialled(i)->close(status_code::unavailable);
  auto per_second = bound / 60;
  advance(1s);
  auto before = home->endpoints.size();
  say_from_all(ping(), many);
  CHECK_EQ(home->endpoints.size(), before + per_second);
}

// -- who is known to live there ---------------------------------------------------

TEST_CASE_FIXTURE(claim_fixture, "who comes from the host that it claims does "
                                 "not pay for strangers") {
  say_from_all(ping());
  REQUIRE_EQ(dials(), bound);
  for (auto [address, from] :
       {std::pair{"10.9.9.9:80", "10.9.9.9:50000"},
        std::pair{"10.9.9.10:80", "[::ffff:10.9.9.10]:50000"},
        std::pair{"[2001:DB8::0:1]:80", "[2001:db8::1]:50000"}}) {
    CAPTURE(address);
    auto before = dials();
    auto in = accept("member-y", address, {}, from);
    auto x = ping();
    x.sender = {"", "somebody", 7};
    receive(in, {x, watch()});
    CHECK_FALSE(in->over());
    CHECK_EQ(dials(), before + 1);
  }
}

TEST_CASE_FIXTURE(claim_fixture, "what a host makes us dial at itself is "
                                 "bounded, too") {
  auto ask_from = [this](const std::string& host) {
    auto before = dials();
    for (size_t port = 1; port <= many; ++port) {
      auto in = accept("member-x", host + ":" + std::to_string(port), {},
                       host + ":50000");
      auto x = ping();
      x.sender = {"", "somebody", 7};
      receive(in, {x});
      cut(in);
    }
    return dials() - before;
  };
  CHECK_EQ(ask_from("10.9.9.9"), bound);
  // not at the cost of others
  CHECK_EQ(ask_from("10.9.9.10"), bound);
  say_from_all(ping());
  CHECK_EQ(dials(), 3 * bound);
}

TEST_CASE_FIXTURE(claim_fixture, "who has named its actor from its own host "
                                 "does not wait for a stranger's budget") {
  caf::actor bob;
  publish(sys.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&bob, self](const Ping&) {
      bob = caf::actor_cast<caf::actor>(self->current_sender());
    }};
  }),
          "keeper");
  auto name_bob = [this](const fake_stream_ptr& in) {
    auto x = make_envelope_for("keeper", make_ping("hello"));
    x.sender = {peer_address, "bob", 0};
    receive(in, {x});
  };
  auto near = "127.0.0.1:5555";
  auto early = false;
  SUBCASE("a stranger names it afterwards") {}
  SUBCASE("a stranger has named it before") {
    early = true;
    name_bob(accept("member-s", "10.0.0.9:7000"));
  }
  auto b = accept("member-b", peer_address, {}, near);
  name_bob(b);
  cut(b);
  REQUIRE_NE(bob, nullptr);
  say_from_all(ping());
  if (!early)
    name_bob(accept("member-s", "10.0.0.9:7000"));
  auto before = dials();
  auto lost = dead_letters(errc::queue_full);
  send_ping(bob, "news");
  CHECK_EQ(dials(), before + 1);
  CHECK_EQ(dead_letters(errc::queue_full), lost);
}

TEST_CASE("a hundred nodes behind one address translation that start at the "
          "same moment are all answered") {
  size_t max = 10000;
  SUBCASE("by default") {}
  SUBCASE("where few endpoints may be open") {
    max = 200;
  }
  claim_fixture fix{max};
  std::vector<fake_stream_ptr> streams;
  for (size_t i = 0; i < 100; ++i)
    streams.push_back(fix.accept("member" + std::to_string(i), fix.address(i)));
  for (auto& in : streams) {
    auto x = fix.ping();
    x.sender = {"", "somebody", 7};
    fix.receive(in, {x, fix.watch()});
  }
  CHECK_EQ(fix.dials(), 100);
  CHECK_EQ(fix.dead_letters(errc::queue_full), 0);
  for (auto& in : streams)
    CHECK_FALSE(in->over());
}

// -- whom we ask ------------------------------------------------------------------

TEST_CASE_FIXTURE(claim_fixture, "how many addresses are asked because of "
                                 "claims is bounded") {
  for (size_t i = 0; i < many; ++i)
    accept("member-a", address(i));
  std::vector<fake_stream_ptr> rivals;
  for (size_t i = 0; i < many; ++i)
    rivals.push_back(accept("member-b", address(i)));
  CHECK_EQ(dials(), bound);
  CHECK_FALSE(rivals.front()->over());
  REQUIRE(rivals.back()->finished());
  CHECK_EQ(rivals.back()->finished()->code, status_code::unavailable);
  CHECK_EQ(home->snapshot().protocol_errors, many - bound);
}

TEST_CASE_FIXTURE(claim_fixture, "a claim from the host itself is asked about, "
                                 "whatever strangers claim") {
  say_from_all(ping());
  auto from = "127.0.0.1:50000";
  accept("member-a", peer_address, {}, from);
  auto next = accept("member-b", peer_address, {}, from);
  answer_probe("member-b");
  CHECK_FALSE(next->over());
}

TEST_CASE_FIXTURE(claim_fixture, "how many addresses are asked because we have "
                                 "met a restarted node is bounded") {
  for (size_t i = 0; i < many; ++i)
    accept(peer_member, address(i));
  auto str = connect(peer_member);
  auto before = dials();
  cut(str);
  CHECK_EQ(dials(), before + 1);
  shake_hands("member-b");
  CHECK_EQ(dials(), before + 1 + bound);
}

TEST_CASE_FIXTURE(claim_fixture, "how many names of a node are asked because a "
                                 "stream claims its restart is bounded") {
  constexpr size_t of_stream = 10;
  for (size_t i = 0; i < 3 * of_stream; ++i) {
    send_ping(remote("joe", address(i)), "hello");
    shake_hands(peer_member);
  }
  accept(peer_member);
  auto before = dials();
  auto next = accept("member-b");
  answer_probe("member-b");
  CHECK_EQ(dials(), before + of_stream - 1);
  while (dials() > before)
    answer_probe("member-b");
  CHECK_FALSE(next->over());
}

TEST_CASE_FIXTURE(claim_fixture, "the notes that one stream makes us send to "
                                 "others are paid by that stream") {
  constexpr size_t own_share = 10; // a hundredth
  for (size_t i = 0; i < 3 * own_share; ++i)
    accept("member-" + std::to_string(i), address(i));
  auto in = accept("member-y", peer_address);
  for (size_t i = 0; i < 3 * own_share; ++i) {
    auto x = make_envelope_for("nobody", make_ping("hi"));
    x.sender = {address(i), "somebody", 7};
    receive(in, {x});
  }
  CHECK_EQ(dials(), own_share);
}

TEST_CASE("what a stranger's listener says costs no other host anything") {
  options opts;
  opts.max_endpoints = 16; // eight dials of a host in a minute
  actor_fixture fix{opts};
  auto alice = fix.publish_echo("alice");
  auto old = fix.accept("victim", "10.9.9.9:80", {}, "10.9.9.9:50000");
  auto in = fix.accept("evil", "10.6.6.6:80", {}, "10.6.6.6:40000");
  auto ping = make_envelope_for("alice", make_ping("hi"));
  ping.sender = {"", "me", 7};
  fix.receive(in,
              {make_system_envelope("alice", wire::watch::type_name,
                                    wire::encode(wire::watch{{"", "w", 1}})),
               ping});
  REQUIRE_EQ(fix.dials(), 1);
  // or it would not be dialled again
  fix.send_ping(fix.remote("me", "10.6.6.6:80"), "hello");
  // each time it answers as somebody else
  for (int i = 0; i < 60; ++i) {
    auto str = fix.last_dialled();
    fix.shake_hands(i % 2 == 0 ? "victim" : "evil-" + std::to_string(i));
    if (fix.last_dialled() != str)
      fix.answer_probe("victim");
    fix.cut(str);
    fix.advance(2s);
    REQUIRE_NE(fix.last_dialled(), str);
  }
  CHECK_FALSE(old->over());
  // the other one restarts, and is asked
  auto before = fix.dials();
  fix.accept("victim-2", "10.9.9.9:80", {}, "10.9.9.9:50001");
  CHECK_EQ(fix.dials(), before + 1);
  fix.answer_probe("victim-2");
}

TEST_SUITE_END();

} // namespace
