// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/send.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

const message_header sample{{"trace", "1"}, {"user", "bob"}};

/// Leaves the type of the handle to the actor, so that handlers are checked.
using typed_echo = caf::typed_actor<caf::replies_to<Ping>::with<Ping>>;

typed_echo::behavior_type typed_header_echo(typed_echo::pointer self) {
  return {
    [self](const Ping& x) { return reply(self, x, header_of(self)); },
  };
}

/// What arrived, with header and sender.
struct delivery {
  std::string text;
  message_header header;
  pid sender;
};

/// Partners of both kinds: actors of this node, and those of the peer.
struct partners_fixture : actor_fixture {
  partners_fixture() {
    publish(spawn_receiver(), "alice");
  }

  /// Notes what arrives and sends it back, headers included.
  caf::actor spawn_receiver() {
    return sys.spawn([xs = seen](caf::event_based_actor* self) {
      return caf::behavior{
        [=](const Ping& x) {
          xs->push_back({x.text(), header_of(self), sender_of(self)});
          return reply(self, x, header_of(self));
        },
      };
    });
  }

  /// Lets an actor of its own do something.
  void as_actor(std::function<void(caf::event_based_actor*)> f) {
    auto actor = spawn_witness();
    actor.act(std::move(f));
    run();
  }

  /// Asks `to` and returns the header of the answer.
  message_header ask(const caf::actor& to, const message_header& header) {
    auto result = std::make_shared<message_header>();
    as_actor([=](caf::event_based_actor* self) {
      caf_remote::request(self, to, caf::infinite, make_ping("question"),
                          header)
        .then([=](const Ping& x) {
          CHECK_EQ(x.text(), "question");
          *result = header_of(self);
        });
    });
    return *result;
  }

  caf::actor alice() {
    return remote("alice", own_address);
  }

  std::map<std::string, std::string> sent_header() {
    auto xs = sent();
    return xs.size() == 1 ? xs[0].header : decltype(xs[0].header){};
  }

  std::shared_ptr<std::vector<delivery>>
    seen = std::make_shared<std::vector<delivery>>();
};

TEST_SUITE_BEGIN("send");

TEST_CASE("the value of a key is that of its last entry") {
  message_header xs{{"a", "1"}, {"b", "2"}, {"a", "3"}, {"", "4"}};
  CHECK_EQ(value_of(xs, "a"), "3");
  CHECK_EQ(value_of(xs, "b"), "2");
  CHECK_EQ(value_of(xs, ""), "4");
  CHECK_EQ(value_of(xs, "A"), std::nullopt);
  CHECK_EQ(value_of({}, "a"), std::nullopt);
}

// -- one form for both kinds of partners --------------------------------------

TEST_CASE_FIXTURE(partners_fixture, "a local receiver gets the content, and "
                                    "the header beside it") {
  caf::actor to;
  SUBCASE("by its own handle") {
    to = spawn_receiver();
  }
  SUBCASE("by a handle that was made before it was published") {
    to = alice();
  }
  caf_remote::anon_send(to, make_ping("anonymous"), sample);
  run();
  as_actor([=](caf::event_based_actor* self) {
    caf_remote::send(self, to, make_ping("hi"), sample);
    self->send(to, make_ping("bare"));
  });
  REQUIRE_EQ(seen->size(), 3);
  CHECK_EQ(seen->at(0).text, "anonymous");
  CHECK_EQ(seen->at(0).header, sample);
  CHECK_EQ(seen->at(1).text, "hi");
  CHECK_EQ(seen->at(1).header, sample);
  CHECK_EQ(seen->at(1).sender.id, "");
  // a header does not stay for the next message
  CHECK_EQ(seen->at(2).header, message_header{});
}

TEST_CASE_FIXTURE(partners_fixture, "a remote receiver gets the same") {
  connect();
  caf_remote::anon_send(remote("joe"), make_ping("anonymous"), {{"k", "v"}});
  run();
  as_actor([to = remote("joe")](caf::event_based_actor* self) {
    caf_remote::send(self, to, make_ping("hi"), {{"k", "w"}});
    self->send(to, make_ping("bare"));
  });
  auto xs = sent();
  REQUIRE_EQ(texts_of(xs), strings{"anonymous", "hi", "bare"});
  CHECK_EQ(xs[0].header.at("k"), "v");
  CHECK_EQ(xs[0].sender.id, "");
  CHECK_EQ(xs[1].header.at("k"), "w");
  CHECK_NE(xs[1].sender.id, "");
  CHECK(xs[2].header.empty());
}

TEST_CASE_FIXTURE(partners_fixture,
                  "an answer's header reaches local requesters") {
  CHECK_EQ(ask(spawn_receiver(), sample), sample);
  CHECK_EQ(ask(alice(), sample), sample);
  CHECK_EQ(
    ask(caf::actor_cast<caf::actor>(sys.spawn(typed_header_echo)), sample),
    sample);
}

TEST_CASE_FIXTURE(partners_fixture,
                  "an answer's header reaches remote requesters") {
  connect();
  auto in = accept();
  auto ask_from_afar = [&](const std::string& name) {
    auto x = make_envelope_for(name, make_ping("question"));
    x.header = {{"k", "v"}};
    x.sender = {"", "requester", 7};
    receive(in, {x});
    auto xs = sent();
    REQUIRE_EQ(texts_of(xs), strings{"question"});
    CHECK_EQ(xs[0].header.at("k"), "v");
    CHECK_EQ(xs[0].target.request_id, 7);
  };
  ask_from_afar("alice");
  publish(caf::actor_cast<caf::actor>(sys.spawn(typed_header_echo)), "typed");
  ask_from_afar("typed");
  REQUIRE_EQ(seen->size(), 1);
  CHECK_EQ(seen->at(0).sender, pid{peer_address, "requester"});
}

TEST_CASE_FIXTURE(partners_fixture, "a remote answer's header is read") {
  connect();
  auto in = accept();
  auto header = std::make_shared<std::optional<std::string>>();
  as_actor([=, to = remote("joe")](caf::event_based_actor* self) {
    caf_remote::request(self, to, caf::infinite, make_ping("?"), {{"k", "v"}})
      .then([=](const Ping&) { *header = header_of(self, "answer"); });
  });
  auto asked = sent().at(0);
  CHECK_EQ(asked.header.at("k"), "v");
  auto answer = make_envelope_for(asked.sender.id, make_ping("!"));
  answer.target.request_id = asked.sender.request_id;
  answer.header = {{"answer", "yes"}};
  receive(in, {answer});
  CHECK_EQ(*header, "yes");
}

TEST_CASE_FIXTURE(partners_fixture, "an answer may come later, and once") {
  using promise_type = caf::typed_response_promise<Ping>;
  auto promises = std::make_shared<std::vector<promise_type>>();
  auto answer = [=](caf::event_based_actor* self) {
    auto& x = promises->front();
    deliver(self, x, make_ping("question"), sample);
    CHECK_FALSE(x.pending());
    deliver(self, x, make_ping("question"), {{"second", "time"}});
  };
  auto late = sys.spawn([=](caf::event_based_actor* self) {
    return caf::behavior{
      [=](const Ping&) {
        promises->push_back(self->make_response_promise<Ping>());
        self->send(self, task{[=](caf::event_based_actor*) { answer(self); }});
        return promises->front();
      },
      [=](const task& x) { x.f(self); },
    };
  });
  publish(late, "late");
  SUBCASE("for a local requester") {
    CHECK_EQ(ask(late, {}), sample);
  }
  SUBCASE("for a remote requester") {
    connect();
    auto x = make_envelope_for("late", make_ping("question"));
    x.sender = {"", "requester", 7};
    receive(accept(), {x});
    auto xs = sent();
    REQUIRE_EQ(xs.size(), 1);
    CHECK_EQ(xs[0].header.at("trace"), "1");
    CHECK_EQ(xs[0].target.request_id, 7);
  }
}

TEST_CASE_FIXTURE(partners_fixture, "a blocking actor sends, asks and reads "
                                    "headers") {
  auto to = spawn_receiver();
  auto answer = std::make_shared<message_header>();
  caf::scoped_actor self{sys};
  auto handle = caf_remote::request(self.ptr(), to, 30s, make_ping("?"),
                                    sample);
  run();
  handle.receive([&](const Ping&) { *answer = header_of(self.ptr()); },
                 [](const caf::error&) { FAIL("no answer"); });
  CHECK_EQ(*answer, sample);
  caf_remote::send(self.ptr(), to, make_ping("hi"), {{"k", "v"}});
  run();
  self->receive(
    [&](const Ping&) { CHECK_EQ(header_of(self.ptr(), "k"), "v"); });
  CHECK(header_of(self.ptr()).empty());
}

TEST_CASE_FIXTURE(partners_fixture, "a request to nobody fails as CAF's own") {
  auto failed = std::make_shared<caf::error>();
  as_actor([=](caf::event_based_actor* self) {
    caf_remote::request(self, caf::actor{}, caf::infinite, make_ping("?"), {})
      .then([](const Ping&) {}, [=](caf::error& err) { *failed = err; });
    caf_remote::send(self, caf::actor{}, make_ping("?"), {});
    caf_remote::anon_send(caf::actor{}, make_ping("?"), {});
  });
  CHECK_EQ(*failed, caf::sec::invalid_argument);
}

TEST_CASE_FIXTURE(partners_fixture, "a request with a header ends at its time "
                                    "limit") {
  auto failed = std::make_shared<caf::error>();
  auto silent = sys.spawn([](caf::event_based_actor* self) {
    return caf::behavior{
      [=](const Ping&) { return self->make_response_promise<Ping>(); },
    };
  });
  as_actor([=](caf::event_based_actor* self) {
    caf_remote::request(self, silent, 5s, make_ping("?"), sample)
      .then([](const Ping&) {}, [=](caf::error& err) { *failed = err; });
  });
  advance(4s);
  CHECK_FALSE(*failed);
  advance(2s);
  CHECK_EQ(*failed, caf::sec::request_timeout);
}

// -- messages that pass others ------------------------------------------------

TEST_CASE_FIXTURE(partners_fixture, "a message that is passed on takes the "
                                    "header that it is given, and no other") {
  auto pass_on = [&](const caf::actor& to) {
    return sys.spawn([to](caf::event_based_actor* self) {
      return caf::behavior{
        [=](const Ping& x) {
          return caf_remote::delegate(self, to, x, {{"passed", "on"}});
        },
      };
    });
  };
  SUBCASE("to a local actor") {
    CHECK_EQ(ask(pass_on(spawn_receiver()), sample),
             message_header{{"passed", "on"}});
    caf_remote::anon_send(pass_on(spawn_receiver()), make_ping("x"), sample);
    run();
    CHECK_EQ(seen->back().header, message_header{{"passed", "on"}});
  }
  SUBCASE("to a remote actor") {
    connect();
    publish(pass_on(remote("joe")), "middle");
    auto x = make_envelope_for("middle", make_ping("question"));
    x.header = {{"k", "v"}};
    x.sender = {"", "requester", 7};
    receive(accept(), {x});
    auto xs = sent();
    REQUIRE_EQ(texts_of(xs), strings{"question"});
    CHECK_EQ(xs[0].header,
             std::map<std::string, std::string>{{"passed", "on"}});
    CHECK_EQ(xs[0].sender, pid{peer_address, "requester"});
    CHECK_EQ(xs[0].sender.request_id, 7);
  }
}

TEST_CASE_FIXTURE(partners_fixture, "a pool passes headers on to its workers") {
  auto pool_of = [&](const caf::actor& worker) {
    caf::scoped_execution_unit ctx{&sys};
    auto pool = caf::actor_pool::make(&ctx, caf::actor_pool::round_robin());
    caf::anon_send(pool, caf::sys_atom::value, caf::put_atom::value, worker);
    run();
    return pool;
  };
  SUBCASE("local ones") {
    CHECK_EQ(ask(pool_of(spawn_receiver()), sample), sample);
  }
  SUBCASE("remote ones") {
    connect();
    auto pool = pool_of(remote("joe"));
    sent(); // it watches its workers
    caf_remote::anon_send(pool, make_ping("x"), {{"k", "v"}});
    run();
    CHECK_EQ(sent_header().at("k"), "v");
  }
  SUBCASE("remote ones, of messages from elsewhere") {
    connect();
    publish(pool_of(remote("joe")), "pool");
    sent();
    auto x = make_envelope_for("pool", make_ping("x"));
    x.header = {{"k", "v"}};
    receive(accept(), {x});
    CHECK_EQ(sent_header().at("k"), "v");
  }
}

TEST_CASE_FIXTURE(partners_fixture, "the answer of a stage has a header of its "
                                    "own") {
  CHECK_EQ(ask(spawn_receiver() * spawn_receiver(), sample), sample);
  REQUIRE_EQ(seen->size(), 2);
  CHECK_EQ(seen->at(1).header, sample);
}

TEST_CASE_FIXTURE(partners_fixture, "a request of ours that comes back is "
                                    "answered with its header") {
  connect();
  auto header = std::make_shared<message_header>();
  as_actor([=, to = remote("joe")](caf::event_based_actor* self) {
    self->request(to, caf::infinite, make_ping("question"))
      .then([=](const Ping&) { *header = header_of(self); });
  });
  auto x = make_envelope_for("alice", make_ping("question"));
  x.sender = sent().at(0).sender;
  x.header = {{"k", "v"}};
  receive(accept(), {x});
  CHECK_EQ(*header, message_header{{"k", "v"}});
}

// -- what cannot be sent ------------------------------------------------------

TEST_CASE_FIXTURE(partners_fixture, "a dead letter has the content") {
  caf_remote::anon_send(remote("joe"), make_ping("x"), {{"k", "bad\xff"}});
  run();
  auto xs = events.all<dead_letter>();
  REQUIRE_EQ(xs.size(), 1);
  CHECK(xs[0].message.match_elements<Ping>());
  CHECK_EQ(dead_letters(errc::invalid_utf8), 1);
}

TEST_SUITE_END();

} // namespace
