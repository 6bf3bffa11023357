// SPDX-License-Identifier: BSD-3-Clause

// Peers that give an actor of ours as the sender of what they send to another
// one.

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

options few_messages() {
  options result;
  result.inbound_messages = 100;
  return result;
}

struct named_here_fixture : actor_fixture {
  named_here_fixture()
    : actor_fixture(few_messages()),
      // made before there is an actor, so it is no handle of its own
      own_handle(remote("slow", own_address)),
      slow(sys.spawn([this](caf::event_based_actor* self) -> caf::behavior {
        self->set_default_handler(caf::skip);
        return {
          [=](const task&) { self->become([this](const Ping&) { ++taken; }); }};
      })) {
    publish_echo("echo");
    publish(slow, "slow");
    in = accept();
  }

  ~named_here_fixture() {
    caf::anon_send_exit(slow, caf::exit_reason::kill);
    run();
  }

  /// Messages with senders at our own address.
  void receive_from(const std::string& sender, const std::string& target,
                    size_t count = 1, uint32_t request_id = 0,
                    const std::string& text = "hi") {
    auto x = make_envelope_for(target, make_ping(text));
    x.sender = {own_address, sender, request_id};
    for (size_t i = 0; i < count; ++i)
      receive(in, {x});
  }

  /// In messages, of which no small one counts less than its part of the bytes.
  size_t held() const {
    auto& opts = home->opts;
    return home->named_mailboxes->held()
           / (opts.inbound_bytes / opts.inbound_messages);
  }

  void let_slow_go_on() {
    send(slow, task{});
  }

  size_t taken = 0;
  caf::actor own_handle;
  caf::actor slow;
  fake_stream_ptr in;
};

TEST_SUITE_BEGIN("endpoint.named_here");

TEST_CASE_FIXTURE(named_here_fixture,
                  "what a peer makes our actors say to each "
                  "other is bounded while nobody looks at "
                  "it") {
  receive_from("slow", "echo", 300);
  CHECK_EQ(held(), 50);
  CHECK_EQ(dead_letters(errc::queue_full), 250);
  SUBCASE("and counts until it is taken") {
    let_slow_go_on();
    CHECK_EQ(taken, 50);
  }
  SUBCASE("or dropped") {
    caf::anon_send_exit(slow, caf::exit_reason::kill);
    run();
  }
  CHECK_EQ(held(), 0);
}

TEST_CASE_FIXTURE(named_here_fixture, "by what it holds, too") {
  receive_from("slow", "echo", 60, 0, std::string(1u << 20, 'x'));
  let_slow_go_on();
  CHECK_EQ(taken, 32);
}

TEST_CASE_FIXTURE(named_here_fixture,
                  "what the program says by a handle of its "
                  "own is not bounded, also if a peer names "
                  "the same actor") {
  receive_from("slow", "echo", 300);
  auto lost = dead_letters(errc::queue_full);
  for (auto i = 0; i < 300; ++i)
    send_ping(own_handle, "hi");
  CHECK_EQ(dead_letters(errc::queue_full), lost);
  receive_from("slow", "echo", 10);
  CHECK_EQ(held(), 50);
  let_slow_go_on();
  CHECK_EQ(taken, 350);
}

TEST_CASE_FIXTURE(named_here_fixture, "a request that is beyond the bound gets "
                                      "an error") {
  outcome_ptr result;
  publish(sys.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&result, self](const Ping& x) {
      result = std::make_shared<outcome>();
      auto next = caf::actor_cast<caf::actor>(self->current_sender());
      self->request(next, caf::infinite, x)
        .then([result](const Ping&) { ++result->answers; },
              [result](caf::error& err) {
                ++result->answers;
                result->reason = std::move(err);
              });
    }};
  }),
          "asker");
  SUBCASE("while others are answered") {
    receive_from("echo", "asker");
    REQUIRE(result);
    CHECK_EQ(result->answers, 1);
    CHECK_FALSE(result->reason);
    CHECK_EQ(held(), 0);
  }
  SUBCASE("of an actor that is behind") {
    receive_from("slow", "echo", 100);
    receive_from("slow", "asker");
    REQUIRE(result);
    CHECK(result->failed_with(errc::queue_full));
  }
}

TEST_CASE_FIXTURE(named_here_fixture, "headers come along") {
  message_header seen;
  publish(sys.spawn([&seen](caf::event_based_actor* self) -> caf::behavior {
    return {[&seen, self](const Ping&) { seen = header_of(self); }};
  }),
          "reader");
  publish(sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[self](const Ping& x) {
      auto to = caf::actor_cast<caf::actor>(self->current_sender());
      caf_remote::send(self, to, x, {{"key", "value"}});
    }};
  }),
          "writer");
  receive_from("reader", "writer");
  CHECK_EQ(seen, message_header{{"key", "value"}});
}

TEST_CASE_FIXTURE(named_here_fixture, "an actor that a peer gives as its own "
                                      "sender does not answer itself for "
                                      "ever") {
  size_t handled = 0;
  auto hdl = sys.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&handled, self](const Ping& x) -> caf::result<Ping> {
      if (++handled == 1000)
        self->quit();
      return x;
    }};
  });
  publish(hdl, "mirror");
  SUBCASE("by the same name") {
    receive_from("mirror", "mirror");
  }
  SUBCASE("by another one") {
    publish(hdl, "looking-glass");
    receive_from("looking-glass", "mirror");
  }
  // what was sent, and the answer
  CHECK_EQ(handled, 2);
}

TEST_CASE_FIXTURE(named_here_fixture, "what two actors answer each other "
                                      "counts as long as they go on") {
  size_t handled = 0;
  size_t counted = 0;
  std::vector<caf::actor> both;
  auto behavior = [&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const Ping& x) -> caf::result<Ping> {
      counted += held() != 0 ? 1 : 0;
      if (++handled == 1000)
        for (auto& y : both)
          caf::anon_send_exit(y, caf::exit_reason::kill);
      return x;
    }};
  };
  both = {sys.spawn(behavior), sys.spawn(behavior)};
  publish(both[0], "mirror");
  publish(both[1], "glass");
  receive_from("glass", "mirror");
  CHECK_GE(handled, 1000);
  // the first one is charged to the stream
  CHECK_EQ(counted, handled - 1);
  CHECK_EQ(held(), 0);
}

TEST_CASE_FIXTURE(named_here_fixture, "who gets such a message can answer its "
                                      "sender") {
  std::vector<std::string> heard;
  publish(sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const Ping& x) { return make_ping("thanks for " + x.text()); }};
  }),
          "alice");
  publish(sys.spawn([&heard](caf::event_based_actor* self) -> caf::behavior {
    return {[&heard, self](const Ping& x) {
      heard.push_back(x.text());
      if (heard.size() == 1)
        self->send(caf::actor_cast<caf::actor>(self->current_sender()), x);
    }};
  }),
          "bob");
  receive_from("alice", "bob", 1, 0, "it");
  CHECK_EQ(heard, std::vector<std::string>{"it", "thanks for it"});
}

TEST_SUITE_END();

} // namespace
