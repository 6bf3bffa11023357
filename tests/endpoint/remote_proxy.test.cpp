// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/remote_proxy.hpp"

#include "support/actor_fixture.hpp"
#include "support/effort.hpp"
#include "support/text.hpp"
#include "support/twin_system.hpp"
#include "support/unprintable.hpp"

#include <caf/default_attachable.hpp>

#include <algorithm>
#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

raw_message raw(const std::string& type_name, int32_t serializer_id = 0) {
  return {type_name, serializer_id, "bytes"};
}

TEST_SUITE_BEGIN("endpoint.remote_proxy");

// -- handles ------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "the same PID gives the same handle") {
  CHECK_EQ(remote("joe"), remote("joe"));
  CHECK_NE(remote("joe"), remote("jim"));
  CHECK_NE(remote("joe"), remote("joe", "127.0.0.1:9001"));
  CHECK_NE(to_string(remote("joe")).find(peer_address), std::string::npos);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a handle works again after its peer was lost") {
  auto joe = remote("joe");
  send_ping(joe, "lost");
  refuse_all_connections();
  send_ping(joe, "kept");
  shake_hands();
  CHECK_EQ(texts_of(sent()), strings{"kept"});
}

TEST_CASE_FIXTURE(actor_fixture, "a handle keeps no endpoint that was given up "
                                 "and replaced") {
  auto joe = remote("joe");
  send_ping(joe, "lost");
  auto first = home->endpoints.find(peer_address);
  REQUIRE_NE(first, nullptr);
  refuse_all_connections();
  for (int i = 0; i < 3; ++i) {
    send_ping(joe, "lost");
    refuse_all_connections();
  }
  send_ping(joe, "kept");
  shake_hands();
  // ours, and the directory's, which keeps its figures as long as we do
  CHECK_EQ(first->get_reference_count(), 2);
}

// -- what may be sent ---------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "what is no single registered message is "
                                 "refused at the sender") {
  auto joe = remote("joe");
  outcome_ptr answer;
  SUBCASE("an integer") {
    answer = request(joe, 42);
  }
  SUBCASE("an error") {
    answer = request(joe, caf::make_error(caf::sec::runtime_error));
  }
  SUBCASE("a type of CAF's own") {
    answer = request(joe, std::string{"text"});
  }
  SUBCASE("a raw message without a type name") {
    answer = request(joe, raw(""));
  }
  SUBCASE("nothing") {
    answer = request(joe, caf::make_message(), {{"k", "v"}});
  }
  SUBCASE("an integer with a header") {
    answer = request(joe, 42, {{"k", "v"}});
  }
  REQUIRE(answer != nullptr);
  CHECK(answer->failed_with(errc::not_serializable));
  CHECK_EQ(dead_letters(errc::not_serializable), 1);
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE("events about refused messages count what is in them") {
  auto test = [](const auto& content) {
    options opts;
    opts.max_endpoints = 1;
    actor_fixture fix{opts};
    fix.connect();
    fix.home->events->unsubscribe(fix.events.hdl);
    auto bob = fix.spawn_witness();
    fix.home->events->subscribe(bob.hdl);
    auto joe = fix.remote("joe", "10.0.0.1:1");
    fix.run();
    constexpr uint64_t most = event_hub::max_waiting_bytes >> 20;
    for (uint64_t i = 0; i < most + 5; ++i)
      joe->enqueue(nullptr, caf::make_message_id(), content, nullptr);
    CHECK_GT(fix.home->snapshot().events_suppressed, 5);
    CHECK_LT(fix.home->snapshot().events_suppressed, 10);
  };
  std::string large(1u << 20, 'x');
  google::protobuf::BytesValue bytes;
  bytes.set_value(large);
  test(caf::make_message(bytes));
  test(caf::make_message(raw_message{"some.Type", 0, large}));
  test(caf::make_message(large));
  test(caf::make_message(1, large));
}

TEST_CASE("events about what cannot be looked into count a figure") {
  actor_fixture fix;
  fix.home->events->unsubscribe(fix.events.hdl);
  auto bob = fix.spawn_witness();
  fix.home->events->subscribe(bob.hdl);
  auto joe = fix.remote("joe");
  fix.run();
  auto content = caf::make_message(std::vector<int>(100));
  for (size_t i = 0; i < event_hub::max_waiting_bytes / 4096; ++i)
    joe->enqueue(nullptr, caf::make_message_id(), content, nullptr);
  CHECK_GT(fix.home->snapshot().events_suppressed, 0);
}

TEST_CASE_FIXTURE(actor_fixture, "two elements are refused") {
  caf::anon_send(remote("joe"), make_ping("a"), make_ping("b"));
  run();
  CHECK_EQ(dead_letters(errc::not_serializable), 1);
  CHECK_EQ(events.count<dead_letter>(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "what is refused is named, by its C++ type if "
                                 "it cannot travel") {
  auto joe = remote("joe");
  auto line_for = [&](caf::message x) {
    log_lines->clear();
    caf::anon_send(joe, std::move(x));
    run();
    REQUIRE_EQ(log_lines->size(), 1);
    return log_lines->back();
  };
  auto begin = std::string{"[caf_remote] dead letter: "};
  auto end = std::string{" to 127.0.0.1:9000/joe: not_serializable: "};
  auto starts = [&](caf::message x, const std::string& name) {
    auto line = line_for(std::move(x));
    INFO(line);
    CHECK_EQ(line.compare(0, (begin + name + end).size(), begin + name + end),
             0);
  };
  starts(caf::make_message(std::string{"text"}), "std::string");
  starts(caf::make_message(test::task{}), "caf_remote::test::task");
  starts(caf::make_message(int64_t{42}, make_ping("x")),
         "(long, caf_remote.test.Ping)");
  auto answer = request(joe, 42);
  CHECK(
    contains(render(answer->reason),
             "int is not a Protobuf message that CAF_REMOTE_ADD_MESSAGE has "
             "registered"));
}

TEST_CASE_FIXTURE(actor_fixture, "why a request fails is told to a caf_remote "
                                 "peer, and to no other") {
  connect();
  auto in = accept();
  auto reasons = [&] {
    publish(sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {
        [self](const Ping& x) {
          self->quit();
          return x;
        },
        [](const Nested&) -> caf::result<Ping> {
          return make_error(errc::not_found, "no such order");
        },
      };
    }),
            "joe");
    // the second ping is left in the mailbox
    std::vector<envelope> xs{make_envelope_for("joe", Nested{}),
                             make_envelope_for("joe", Blob{}),
                             make_envelope_for("joe", make_ping("x")),
                             make_envelope_for("joe", make_ping("y")),
                             make_envelope_for("nobody", make_ping("x"))};
    for (auto& x : xs)
      x.sender = {"", "requester", 7};
    receive(in, xs);
    std::vector<std::string> result;
    for (auto& x : of_type(sent(), wire::dead_letter_response::type_name))
      result.push_back(x.header.empty() ? "" : x.header.begin()->second);
    std::sort(result.begin(), result.end());
    return result;
  };
  CHECK_EQ(reasons(), strings{"", "", "", ""});
  cut(last_dialled());
  shake_hands(peer_member, caf_remote_intro(1u << 20));
  CHECK_EQ(reasons(), strings{"the actor ended before it answered",
                              "the actor failed: not_found: no such order",
                              "the actor has no handler for the message",
                              "there is no actor of that name"});
}

TEST_CASE_FIXTURE(actor_fixture,
                  "messages that never reached the peer say why") {
  auto answer = request(remote("joe"), make_ping("x"));
  log_lines->clear();
  refuse_all_connections();
  CHECK(answer->failed_with(errc::endpoint_terminated));
  CHECK(contains(render(answer->reason), "UNAVAILABLE: refused"));
  CHECK_EQ(
    lines_with(*log_lines, {"dead letter: caf_remote.test.Ping",
                            "5 attempts failed, last: UNAVAILABLE: refused"}),
    1);
}

TEST_CASE_FIXTURE(actor_fixture, "a string that is not UTF-8 is refused, and "
                                 "the connection stays") {
  connect();
  auto answer = request(remote("joe"), make_ping("bad\xff"));
  CHECK(answer->failed_with(errc::invalid_utf8));
  auto header = request(remote("joe"), make_ping("x"), {{"k", "bad\xff"}});
  CHECK(header->failed_with(errc::invalid_utf8));
  CHECK(sent().empty());
  CHECK_EQ(dead_letters(errc::invalid_utf8), 2);
  send_ping(remote("joe"), "next");
  CHECK_EQ(texts_of(sent()), strings{"next"});
}

TEST_CASE_FIXTURE(actor_fixture, "headers travel, within their bounds") {
  connect();
  auto joe = remote("joe");
  send(joe, make_ping("x"), {{"k", "v"}});
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].header, std::map<std::string, std::string>{{"k", "v"}});
  // they are not carried over to the next message
  send_ping(joe, "y");
  CHECK(sent().at(0).header.empty());
  message_header many;
  for (int i = 0; i < 65; ++i)
    many.emplace_back(std::to_string(i), "v");
  CHECK(
    request(joe, make_ping("x"), many)->failed_with(errc::header_too_large));
  message_header large{{"k", std::string(17000, 'v')}};
  CHECK(
    request(joe, make_ping("x"), large)->failed_with(errc::header_too_large));
}

TEST_CASE_FIXTURE(actor_fixture, "JSON is one serializer of several") {
  connect();
  send(remote("joe"), make_ping("x"), {}, wire::json_serializer);
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].serializer_id, 1);
  CHECK_EQ(xs[0].payload, R"({"text":"x"})");
}

TEST_CASE_FIXTURE(actor_fixture, "an unknown serializer is refused") {
  CHECK(request(remote("joe"), make_ping("x"), {}, 42)
          ->failed_with(errc::not_found));
}

// -- what peers can take ------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a raw message of an unregistered type does "
                                 "not go to a peer that may not know it") {
  connect();
  CHECK(request(remote("joe"), raw("other.Type"))
          ->failed_with(errc::peer_cannot_take));
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 1);
  CHECK(sent().empty());
}

TEST_CASE_FIXTURE(actor_fixture, "it goes to the peer that itself sent the "
                                 "type, and to no other") {
  connect();
  receive(accept(), {make_system_envelope("nobody", "other.Type")});
  sent();
  send(remote("joe"), raw("other.Type"));
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "other.Type");
  CHECK_EQ(xs[0].payload, "bytes");
  send(remote("joe"), raw("yet.another.Type"));
  CHECK(sent().empty());
  send(remote("joe", "127.0.0.1:9001"), raw("other.Type"));
  shake_hands("member-x");
  CHECK(sent().empty());
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 2);
}

TEST_CASE_FIXTURE(actor_fixture, "what a peer knows is forgotten when it "
                                 "restarts") {
  connect("member-a");
  receive(accept("member-a"), {make_system_envelope("nobody", "other.Type")});
  accept("member-b");
  answer_probe("member-b");
  shake_hands("member-b");
  sent();
  send(remote("joe"), raw("other.Type"));
  CHECK(sent().empty());
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a caf_remote peer takes everything") {
  connect(peer_member, caf_remote_intro(1u << 20));
  send(remote("joe"), raw("other.Type"));
  send(remote("joe"), raw("other.Type", 42));
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[1].serializer_id, 42);
}

TEST_CASE_FIXTURE(actor_fixture, "a registered or declared type goes to every "
                                 "peer, but not with any serializer") {
  connect();
  home->types.declare("declared.Type");
  send(remote("joe"), raw("declared.Type"));
  send(remote("joe"), raw("caf_remote.test.Ping"));
  CHECK_EQ(sent().size(), 2);
  send(remote("joe"), raw("caf_remote.test.Ping", 42));
  CHECK(sent().empty());
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "what the peer can take is decided when it is "
                                 "known") {
  send(remote("joe"), raw("other.Type"));
  CHECK_EQ(dead_letters(errc::peer_cannot_take), 0);
  shake_hands(peer_member, caf_remote_intro(1u << 20));
  CHECK_EQ(sent().size(), 1);
}

// -- requests -----------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a requester that ends leaves no entry") {
  connect();
  auto alice = spawn_witness();
  alice.act([joe = remote("joe")](caf::event_based_actor* self) {
    self->request(joe, caf::infinite, make_ping("x")).then([](const Ping&) {});
  });
  run();
  CHECK_EQ(home->pending.size(), 1);
  alice.quit();
  run();
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE("a request beyond the bound fails at once") {
  options opts;
  opts.max_pending_requests = 1;
  actor_fixture fix{opts};
  fix.connect();
  auto first = fix.request(fix.remote("joe"), make_ping("x"));
  auto second = fix.request(fix.remote("joe"), make_ping("x"));
  CHECK_EQ(first->answers, 0);
  CHECK(second->failed_with(errc::too_many_requests));
  CHECK_EQ(texts_of(fix.sent()).size(), 1);
}

TEST_CASE("a request whose answer never comes expires") {
  options opts;
  opts.request_expiry = 1ns; // every request is old when it is looked at
  actor_fixture fix{opts};
  fix.connect();
  auto answer = fix.request(fix.remote("joe"), make_ping("x"));
  CHECK_EQ(answer->answers, 0);
  fix.advance(10ms);
  CHECK_EQ(answer->answers, 1);
  CHECK_EQ(answer->reason, caf::sec::request_timeout);
  CHECK_EQ(fix.home->pending.size(), 0);
}

TEST_CASE("a request over the bound of the queue fails at once") {
  options opts;
  opts.queue_messages = 1;
  actor_fixture fix{opts};
  fix.send_ping(fix.remote("joe"), "x");
  auto answer = fix.request(fix.remote("joe"), make_ping("x"));
  CHECK(answer->failed_with(errc::queue_full));
  CHECK_EQ(fix.home->pending.size(), 0);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a delegated request is answered by the remote "
                  "actor") {
  connect();
  auto joe = remote("joe");
  auto middle = sys.spawn([joe](caf::event_based_actor* self) -> caf::behavior {
    return {[self, joe](const Ping& x) { return self->delegate(joe, x); }};
  });
  auto answer = request(middle, make_ping("question"));
  auto asked = sent().at(0);
  auto reply = make_envelope_for(asked.sender.id, make_ping("answer"));
  reply.target.request_id = asked.sender.request_id;
  receive(accept(), {reply});
  CHECK_EQ(answer->as<Ping>().size(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a remote request that is delegated keeps its "
                                 "requester") {
  connect();
  auto jim = remote("jim", "127.0.0.1:9001");
  publish(sys.spawn([jim](caf::event_based_actor* self) -> caf::behavior {
    return {[self, jim](const Ping& x) { return self->delegate(jim, x); }};
  }),
          "middle");
  auto x = make_envelope_for("middle", make_ping("question"));
  x.sender = {"", "requester", 7};
  receive(accept(), {x});
  shake_hands("member-x");
  auto xs = sent();
  REQUIRE_EQ(texts_of(xs), strings{"question"});
  CHECK_EQ(xs[0].sender, pid{peer_address, "requester"});
  CHECK_EQ(xs[0].sender.request_id, 7);
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a requester that has ended leaves no entry "
                                 "behind") {
  connect();
  auto joe = remote("joe");
  auto alice = spawn_witness();
  SUBCASE("one whose name is known") {
    alice.act([joe](caf::event_based_actor* self) {
      self->send(joe, make_ping("hello"));
    });
  }
  SUBCASE("one that was never heard of") {}
  run();
  auto requester = caf::actor_cast<caf::strong_actor_ptr>(alice.hdl);
  alice.quit();
  run();
  // an actor in between has passed its request on only now
  joe->enqueue(requester, caf::make_message_id(42),
               caf::make_message(make_ping("late")), nullptr);
  run();
  CHECK_EQ(home->pending.size(), 0);
  CHECK_EQ(texts_of(sent()).back(), "late");
}

/// Does something in the middle of encoding.
struct interrupted final : serializer {
  std::function<void()> f;

  bool encode(const google::protobuf::Message&,
              std::string& result) const override {
    f();
    result = "x";
    return true;
  }

  bool decode(std::string_view, google::protobuf::Message&) const override {
    return false;
  }
};

TEST_CASE("a request is encoded while the system of its handle ends") {
  auto home = std::make_unique<actor_fixture>();
  auto codec = std::make_shared<interrupted>();
  codec->f = [&home] { home.reset(); };
  REQUIRE_FALSE(home->home->types.add(7, codec));
  auto joe = home->remote("joe");
  caf::actor_system_config cfg;
  caf::actor_system other{cfg};
  caf::scoped_actor self{other};
  errc reason = errc::none;
  caf_remote::request(self.ptr(), joe, caf::infinite, make_ping("x"),
                      message_header{{"key", "value"}}, 7)
    .receive([](const Ping&) {},
             [&reason](const caf::error& x) { reason = code_of(x); });
  CHECK_EQ(home, nullptr);
  CHECK_EQ(reason, errc::not_running);
}

// -- results ------------------------------------------------------------------

/// Answers requests of the peer.
struct result_fixture : actor_fixture {
  template <class F>
  std::vector<envelope> result_of(F handler,
                                  const transport::metadata& intro = {}) {
    publish(sys.spawn([handler](caf::event_based_actor*) -> caf::behavior {
      return {handler};
    }),
            "alice");
    connect(peer_member, intro);
    auto x = make_envelope_for("alice", make_ping("question"));
    x.sender = {"", "requester", 7};
    receive(accept(peer_member, peer_address, intro), {x});
    return sent();
  }

  void check_failed(const std::vector<envelope>& xs) {
    REQUIRE_EQ(xs.size(), 1);
    CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
    CHECK_EQ(xs[0].target.id, "requester");
    CHECK_EQ(xs[0].target.request_id, 7);
  }
};

TEST_CASE_FIXTURE(result_fixture, "an error result is a DeadLetterResponse") {
  check_failed(result_of([](const Ping&) -> caf::result<Ping> {
    return make_error(errc::not_found);
  }));
}

TEST_CASE_FIXTURE(result_fixture, "an error whose context cannot be printed is "
                                  "one, too") {
  check_failed(result_of([](const Ping&) -> caf::result<Ping> {
    return caf::make_error(caf::sec::runtime_error,
                           caf::make_message(unprintable{}));
  }));
  CHECK_NE(home->processes->find("alice").hdl, nullptr);
}

TEST_CASE_FIXTURE(result_fixture,
                  "a result that cannot be encoded is one, too") {
  check_failed(result_of([](const Ping&) { return 42; }));
  CHECK_EQ(dead_letters(errc::not_serializable), 1);
}

TEST_CASE_FIXTURE(result_fixture, "a result that is not UTF-8 is one, too") {
  check_failed(result_of([](const Ping&) { return make_ping("\xff"); }));
  CHECK_EQ(dead_letters(errc::invalid_utf8), 1);
}

TEST_CASE_FIXTURE(result_fixture, "a result that is too large is one, too") {
  check_failed(result_of(
    [](const Ping&) { return make_ping(std::string(5u << 20, 'x')); }));
  CHECK_EQ(dead_letters(errc::message_too_large), 1);
}

TEST_CASE_FIXTURE(result_fixture, "an empty result is not sent to Go") {
  CHECK(result_of([](const Ping&) {}).empty());
}

TEST_CASE_FIXTURE(result_fixture, "an empty result is an Empty to caf_remote") {
  auto xs = result_of([](const Ping&) {}, caf_remote_intro(1u << 20));
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "google.protobuf.Empty");
  CHECK_EQ(xs[0].target.request_id, 7);
  CHECK_EQ(xs[0].payload, "");
}

// -- system messages ----------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "send_exit sends Stop") {
  connect();
  caf::anon_send_exit(remote("joe"), caf::exit_reason::user_shutdown);
  run();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.Stop");
  CHECK_EQ(xs[0].target.id, "joe");
}

TEST_CASE_FIXTURE(actor_fixture, "an exit message ends the actor, whoever "
                                 "sends it") {
  connect();
  auto alice = spawn_witness();
  auto joe = remote("joe");
  caf::exit_msg end{caf::actor_addr{}, caf::exit_reason::normal};
  SUBCASE("without a source") {}
  SUBCASE("from itself") {
    end.source = joe.address();
  }
  SUBCASE("from another actor") {
    end.source = alice.hdl.address();
  }
  SUBCASE("passed on from an actor that has failed") {
    alice.quit();
    run();
    end = {alice.hdl.address(), caf::exit_reason::user_shutdown};
  }
  caf::anon_send(joe, end);
  run();
  CHECK_EQ(of_type(sent(), "actor.Stop").size(), 1);
}

/// Who is linked to joe, at a caf_remote peer.
struct link_fixture : actor_fixture {
  link_fixture() : alice(spawn_witness()), joe(remote("joe")) {
    connect(peer_member, intro);
    in = accept(peer_member, peer_address, intro);
    alice.link_to(joe);
    run();
    sent();
  }

  size_t stops() const {
    return of_type(sent(), "actor.Stop").size();
  }

  void end_joe() {
    wire::terminated x;
    x.who = {"", "joe", 0};
    x.why = wire::terminated_reason::stopped;
    receive(in, {make_system_envelope(watcher_id(), wire::terminated::type_name,
                                      wire::encode(x))});
  }

  const transport::metadata intro = caf_remote_intro(1u << 20);
  fake_stream_ptr in;
  witness alice;
  caf::actor joe;
};

TEST_CASE_FIXTURE(link_fixture, "the failure of a linked actor ends the remote "
                                "one, its normal end does not") {
  SUBCASE("failure") {
    alice.quit(caf::exit_reason::user_shutdown);
    run();
    CHECK_EQ(stops(), 1);
  }
  SUBCASE("normal end") {
    alice.quit();
    run();
    CHECK_EQ(stops(), 0);
  }
}

TEST_CASE_FIXTURE(link_fixture,
                  "the end of a link that is over ends nobody who "
                  "has the name now") {
  std::function<void()> end_link;
  auto reason = caf::exit_reason::normal;
  SUBCASE("the remote actor has ended") {
    end_link = [this] { end_joe(); };
  }
  SUBCASE("the peer has restarted") {
    end_link = [this] {
      cut(last_dialled());
      shake_hands("member-b", intro);
    };
  }
  SUBCASE("the remote actor has ended, and the local one fails") {
    end_link = [this] { end_joe(); };
    reason = caf::exit_reason::user_shutdown;
  }
  // alice is at work and has not heard of it
  alice.act([&](caf::event_based_actor* self) {
    end_link();
    self->quit(reason);
  });
  run();
  CHECK(alice.exits().empty());
  CHECK_EQ(stops(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "who has ended links nobody, and a failure is "
                                 "told at once") {
  connect();
  auto alice = spawn_witness();
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(alice.hdl);
  auto joe = caf::actor_cast<caf::strong_actor_ptr>(remote("joe"));
  SUBCASE("after a failure") {
    alice.quit(caf::exit_reason::user_shutdown);
    run();
    ptr->get()->add_link(joe->get());
    run();
    CHECK_EQ(of_type(sent(), "actor.Stop").size(), 1);
  }
  SUBCASE("after a normal end") {
    alice.quit();
    run();
    ptr->get()->add_link(joe->get());
    run();
    CHECK(of_type(sent(), "actor.Stop").empty());
  }
}

TEST_CASE_FIXTURE(actor_fixture,
                  "an actor without handles may end a remote one "
                  "when it ends") {
  connect();
  auto joe = remote("joe");
  sys.spawn([joe](caf::event_based_actor* self) -> caf::behavior {
    self->attach_functor(
      [joe] { caf::anon_send_exit(joe, caf::exit_reason::user_shutdown); });
    return {[](int) {}};
  });
  run();
  CHECK_EQ(of_type(sent(), "actor.Stop").size(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a poison pill keeps its place in the order") {
  connect();
  caf::anon_send(remote("joe"), make_ping("before"));
  caf::anon_send(remote("joe"), poison_pill{});
  run();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[1].type_name, "actor.PoisonPill");
}

TEST_CASE_FIXTURE(actor_fixture, "touch is answered by touched") {
  connect();
  auto answer = request<touched>(remote("joe"), touch{});
  auto asked = sent().at(0);
  CHECK_EQ(asked.type_name, "actor.Touch");
  wire::touched msg;
  msg.who = {"", "joe", 0};
  auto reply = make_system_envelope(asked.sender.id, "actor.Touched",
                                    wire::encode(msg));
  reply.target.request_id = asked.sender.request_id;
  receive(accept(), {reply, reply});
  REQUIRE_EQ(answer->as<touched>().size(), 1);
  CHECK_EQ(answer->as<touched>()[0].who, pid{peer_address, "joe"});
}

TEST_CASE_FIXTURE(actor_fixture,
                  "values that look like CAF's answer to a Touch "
                  "are refused like others") {
  caf::strong_actor_ptr who;
  SUBCASE("with an actor") {
    who = caf::actor_cast<caf::strong_actor_ptr>(spawn_witness().hdl);
  }
  SUBCASE("with an invalid handle") {}
  auto content = caf::make_message(caf::ok_atom::value, std::string{"info"},
                                   who, std::string{"actor"});
  caf::anon_send(remote("joe"), content);
  run();
  CHECK_EQ(dead_letters(errc::not_serializable), 1);
  // also as an answer
  publish(sys.spawn([content](caf::event_based_actor*) -> caf::behavior {
    return {
      [content](const Ping&) -> caf::result<caf::message> { return content; }};
  }),
          "alice");
  auto x = make_envelope_for("alice", make_ping("x"));
  x.sender = {"", "bob", 7};
  receive(accept(), {x});
  shake_hands();
  auto xs = sent();
  REQUIRE_EQ(xs.size(), 1);
  CHECK_EQ(xs[0].type_name, "actor.DeadLetterResponse");
  CHECK_EQ(dead_letters(errc::not_serializable), 2);
}

// -- observers ----------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "an actor of another system with the same id "
                                 "takes no observer of ours off") {
  using caf::default_attachable;
  auto alice = spawn_witness();
  twin_system others;
  auto twin = others.twin_of(alice.hdl.id());
  REQUIRE_EQ(twin, alice.hdl);
  auto joe = remote("joe");
  alice.monitor(joe);
  run();
  joe->attach(default_attachable::make_monitor(joe.address(), twin.address()));
  auto ptr = caf::actor_cast<caf::abstract_actor*>(joe);
  CHECK_EQ(ptr->detach(default_attachable::observe_token{
             twin.address(), default_attachable::monitor}),
           1);
  refuse_all_connections();
  CHECK_EQ(alice.downs().size(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "those that the end of one actor concerns are "
                                 "found among many others") {
  size_t joes = 0;
  auto prepare = [&](size_t n) {
    auto joe = remote("joe" + std::to_string(++joes), "127.0.0.1:9001");
    for (size_t i = 0; i < n; ++i)
      joe->attach_functor([] {});
    return caf::actor_cast<caf::strong_actor_ptr>(joe);
  };
  auto tell_none = [this](const caf::strong_actor_ptr& hdl) {
    auto joe = as_remote_proxy(hdl);
    auto serial = home->endpoints.find("127.0.0.1:9001")->serial();
    auto next = joe->last_watch() + 1;
    for (auto i = 0; i < 1000; ++i)
      CHECK(joe->fire({wire::terminated_reason::stopped, next, next}, serial));
  };
  auto small = effort([&] { return prepare(few); }, tell_none);
  auto large = effort([&] { return prepare(many); }, tell_none);
  CHECK_LT(large / small, flat);
}

TEST_CASE_FIXTURE(actor_fixture, "what cannot observe may throw") {
  auto before = home->snapshot().callback_exceptions;
  auto joe = remote("joe");
  home->endpoints.stop();
  CHECK_NOTHROW(joe->attach_functor(
    [](const caf::error&) { throw std::runtime_error{"failed"}; }));
  CHECK_EQ(home->snapshot().callback_exceptions, before + 1);
}

/// Of the user's: says whether it is meant when it is asked.
class odd_observer final : public caf::attachable {
public:
  odd_observer(size_t& told, std::function<bool()> is_meant)
    : told_(told), is_meant_(std::move(is_meant)) {
    // nop
  }

  void actor_exited(const caf::error&, caf::execution_unit*) override {
    ++told_;
  }

  bool matches(const token&) override {
    return is_meant_();
  }

private:
  size_t& told_;
  std::function<bool()> is_meant_;
};

TEST_CASE_FIXTURE(actor_fixture, "what throws when it is asked whether it is "
                                 "meant stays, and so do the others") {
  caf::actor joe;
  auto own = false;
  SUBCASE("an actor elsewhere") {
    connect();
    joe = remote("joe");
  }
  SUBCASE("an actor of our own") {
    own = true;
    publish_echo("joe");
    joe = remote("joe", own_address);
  }
  auto before = home->snapshot().callback_exceptions;
  size_t told = 0;
  auto alice = spawn_witness();
  auto bob = spawn_witness();
  alice.monitor(joe);
  bob.monitor(joe);
  run();
  auto ptr = caf::actor_cast<caf::abstract_actor*>(joe);
  for (auto i = 0; i < 3; ++i)
    ptr->attach(std::make_unique<odd_observer>(told, [i]() -> bool {
      if (i == 1)
        throw std::runtime_error{"odd"};
      return false;
    }));
  bob.demonitor(joe);
  run();
  CHECK_EQ(home->snapshot().callback_exceptions, before + 1);
  if (own)
    caf::anon_send_exit(joe, caf::exit_reason::kill);
  else
    last_dialled()->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK_EQ(alice.downs().size(), 1);
  CHECK(bob.downs().empty());
  CHECK_EQ(told, 3);
}

// -- ourselves ----------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a handle for an actor of our own needs no "
                                 "connection") {
  auto alice = publish_witness("alice");
  send_ping(remote("alice", own_address), "hi");
  CHECK_EQ(alice.texts(), strings{"hi"});
  publish_echo("echo");
  auto answer = request(remote("echo", own_address), make_ping("x"));
  CHECK_EQ(answer->as<Ping>().size(), 1);
  CHECK(request(remote("nobody", own_address), make_ping("x"))
          ->failed_with(errc::dead_letter));
  CHECK_EQ(dials(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a request that the peer forwards back to us "
                                 "is answered") {
  publish_echo("echo");
  connect();
  auto answer = request(remote("joe"), make_ping("question"));
  auto asked = sent().at(0);
  // joe forwards it, and the requester stays who it was
  auto x = make_envelope_for("echo", make_ping("question"));
  x.sender = asked.sender;
  SUBCASE("and answered by an actor") {
    receive(accept(), {x});
    CHECK_EQ(answer->as<Ping>().size(), 1);
  }
  SUBCASE("to nobody") {
    x.target.id = "nobody";
    receive(accept(), {x});
    CHECK(answer->failed_with(errc::dead_letter));
  }
  CHECK_EQ(home->pending.size(), 0);
  CHECK_EQ(dials(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "without an address of our own nothing is "
                                 "sent") {
  home->own(own_addresses{});
  auto answer = request(remote("joe"), make_ping("x"));
  CHECK(answer->failed_with(errc::not_running));
  CHECK(contains(render(answer->reason), "call listen()"));
  CHECK(contains(log_lines->back(), "caf_remote.test.Ping to"));
  CHECK(contains(log_lines->back(), "call listen()"));
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  run();
  CHECK_EQ(alice.downs().size(), 1);
  CHECK_EQ(dials(), 0);
}

TEST_SUITE_END();

} // namespace
