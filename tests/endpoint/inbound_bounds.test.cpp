// SPDX-License-Identifier: BSD-3-Clause

// What a frame of a peer may make the node hold or say.

#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "support/actor_fixture.hpp"

#include "remote.pb.h"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct bounds_fixture : actor_fixture {
  explicit bounds_fixture(options opts = {}) : actor_fixture(std::move(opts)) {
    out = connect();
    in = accept();
  }

  uint64_t refused() const {
    return home->snapshot().refused_envelopes;
  }

  bool logged(const std::string& what) const {
    for (auto& line : *log_lines)
      if (line.find(what) != std::string::npos)
        return true;
    return false;
  }

  fake_stream_ptr out;
  fake_stream_ptr in;
};

const std::string longest(max_id_length, 'x');
const std::string too_long(max_id_length + 1, 'x');

TEST_SUITE_BEGIN("endpoint.inbound_bounds");

TEST_CASE_FIXTURE(bounds_fixture, "envelopes that use an entry above its bound "
                                  "are refused, counted, and say why") {
  auto alice = publish_witness("alice");
  auto good = make_system_envelope("alice", "some.Type");
  auto type = make_system_envelope("alice", too_long);
  auto target = make_system_envelope(too_long, "some.Type");
  auto sender = good;
  sender.sender = {"", too_long, 7};
  receive(in, {good, type, target, sender, good});
  CHECK_EQ(alice.count<raw_message>(), 2);
  CHECK_EQ(refused(), 3);
  for (auto fault : {"long_type_name", "long_target", "long_sender"})
    CHECK(logged(fault));
  CHECK_EQ(events.count<dead_letter>(), 0);
}

TEST_CASE_FIXTURE(bounds_fixture, "names at their bounds are good") {
  auto alice = spawn_witness();
  publish(alice.hdl, longest);
  auto x = make_system_envelope(longest, longest);
  x.sender = {"", longest, 7};
  receive(in, {x});
  auto xs = alice.all<raw_message>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, longest);
  CHECK_EQ(refused(), 0);
}

TEST_CASE_FIXTURE(bounds_fixture, "the news of the end of an actor names one") {
  auto end_of = [](const std::string& id) {
    return make_system_envelope("x", "actor.Terminated",
                                wire::encode(wire::terminated{{"", id, 0}}));
  };
  receive(in, {end_of(too_long), end_of("a\n"), end_of(longest)});
  CHECK_EQ(refused(), 2);
}

TEST_CASE_FIXTURE(bounds_fixture, "a requester is told of a dead letter by "
                                  "names of any length, as often as its batch "
                                  "pays for it") {
  auto ask = [this](const std::string& id, size_t count) {
    auto x = make_system_envelope(id, "some.Type");
    x.sender = {"", "me", 7};
    receive(in, std::vector<envelope>(count, x));
    return of_type(sent(), "actor.DeadLetterResponse").size();
  };
  CHECK_EQ(ask("nobody", 1000), 1000);
  CHECK_EQ(ask(longest, 1), 1);
  auto told = ask(longest, 1000);
  CHECK_GE(told, 4);
  CHECK_LE(told, 60);
  // each batch pays for itself
  CHECK_EQ(ask(longest, 1), 1);
  CHECK_EQ(dead_letters(errc::dead_letter), 2002);
}

TEST_CASE_FIXTURE(bounds_fixture, "a dead letter of a peer has all its parts") {
  auto x = make_system_envelope("nobody", "some.Type", "bytes");
  x.serializer_id = 1;
  x.sender = {"", "me", 7};
  auto late = make_system_envelope("late", "some.Type");
  late.target.request_id = 5;
  receive(in, {x, x, late});
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 3);
  for (size_t i = 0; i < 2; ++i) {
    CHECK_EQ(xs[i].pid, pid{own_address, "nobody"});
    CHECK_EQ(xs[i].sender, pid{peer_address, "me"});
    CHECK_EQ(xs[i].sender.request_id, 7);
    REQUIRE(xs[i].message.match_elements<raw_message>());
    auto& content = xs[i].message.get_as<raw_message>(0);
    CHECK_EQ(content.type_name, "some.Type");
    CHECK_EQ(content.serializer_id, 1);
    CHECK_EQ(content.bytes, "bytes");
  }
  CHECK_EQ(xs[2].pid.request_id, 5);
  CHECK(xs[2].sender.id.empty());
}

TEST_CASE_FIXTURE(bounds_fixture, "so has one that an actor left behind") {
  auto alice = publish_witness("alice");
  auto x = make_system_envelope("alice", "some.Type", "bytes");
  x.sender = {"", "me", 0};
  alice.quit();
  receive(in, {x});
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].pid, pid{own_address, "alice"});
  CHECK_EQ(xs[0].sender, pid{peer_address, "me"});
  REQUIRE(xs[0].message.match_elements<raw_message>());
  CHECK_EQ(xs[0].message.get_as<raw_message>(0).bytes, "bytes");
}

TEST_CASE(
  "an object that is far larger than its encoded form is refused if one "
  "target may not hold so much") {
  options opts;
  opts.inbound_bytes = 64u << 10;
  bounds_fixture fix{opts};
  auto alice = fix.publish_witness("alice");
  Nested small;
  Nested large;
  Nested huge;
  for (auto i = 0; i < 1000; ++i)
    large.add_pings();
  for (auto i = 0; i < 9000; ++i)
    huge.add_pings();
  for (auto i = 0; i < 100; ++i)
    small.add_pings();
  Nested paid;
  paid.set_name(std::string(60000, 'x'));
  for (auto& x : {large, huge, small, paid})
    fix.receive(fix.in, {make_envelope_for("alice", x)});
  CHECK_EQ(alice.count<Nested>(), 2);
  CHECK_EQ(fix.refused(), 2);
  CHECK(fix.logged("2000 bytes become"));
  CHECK(fix.logged("18000 bytes of a caf_remote.test.Nested may take"));
}

// -- watches ------------------------------------------------------------------

// News for our watchers beyond the bound, in one frame.
struct news_fixture : bounds_fixture {
  explicit news_fixture(const options& opts) : bounds_fixture(opts) {
    publish_witness("alice");
    for (uint32_t i = 1; i <= 10; ++i)
      watches.push_back(
        make_system_envelope("alice", wire::watch::type_name,
                             wire::encode(wire::watch{{"", "w", i}})));
    run();
  }

  std::vector<envelope> watches;
};

TEST_CASE("news for our watchers that come together are taken together") {
  options opts;
  opts.inbound_messages = 8;
  news_fixture fix{opts};
  for (int i = 0; i < 3; ++i)
    fix.receive(fix.in, fix.watches);
  CHECK_FALSE(fix.in->finished());
}

TEST_CASE("news for our watchers that are not worked off end the peer's "
          "streams, and are no dead letters") {
  options opts;
  opts.inbound_messages = 8;
  news_fixture fix{opts};
  auto news = fix.watches;
  SUBCASE("Watch") {}
  SUBCASE("Terminated") {
    wire::terminated over{{"", "joe", 1}, wire::terminated_reason::stopped};
    news.assign(10, make_system_envelope(fix.watcher_id(),
                                         wire::terminated::type_name,
                                         wire::encode(over)));
  }
  fix.in->receive(batch_frame(news));
  fix.in->receive(batch_frame(news));
  REQUIRE_EQ(fix.sched.jobs.size(), 1);
  fix.sched.run_once(); // the reader,
  fix.sched.run_once(); // before the watcher
  fix.run();
  REQUIRE(fix.in->finished());
  CHECK_EQ(fix.in->finished()->code, transport::status_code::unavailable);
  CHECK_NE(fix.in->finished()->message.find("inbound-messages"),
           std::string::npos);
  CHECK(fix.logged("inbound-messages"));
  CHECK_EQ(fix.dead_letters(errc::queue_full), 0);
  CHECK_EQ(fix.home->snapshot().shortages, 1);
}

TEST_CASE("a question behind news that found no room is not answered") {
  options opts;
  opts.max_endpoints = 1;
  bounds_fixture fix{opts};
  fix.publish_witness("alice");
  auto in = fix.accept("member-x", "127.0.0.1:7777");
  auto watch = make_system_envelope("alice", wire::watch::type_name,
                                    wire::encode(wire::watch{{"", "w", 1}}));
  auto question = make_system_envelope("alice", wire::touch::type_name);
  question.sender = {"", "$watcher.run@x:1", 7};
  fix.receive(in, {watch, question});
  CHECK(in->finished());
  // for want of an endpoint, the answer would be one
  CHECK_EQ(fix.dead_letters(errc::queue_full), 0);
}

// -- frames -------------------------------------------------------------------

TEST_CASE_FIXTURE(bounds_fixture,
                  "a frame whose tables are too long is told so") {
  remote::RemoteMessage msg;
  for (int i = 0; i < 257; ++i)
    msg.mutable_message_batch()->add_type_names("x");
  in->receive(msg.SerializeAsString());
  run();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, transport::status_code::invalid_argument);
  CHECK_NE(in->finished()->message.find("more names than they can use"),
           std::string::npos);
}

TEST_SUITE_END();

} // namespace
