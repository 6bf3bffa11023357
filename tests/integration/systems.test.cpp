// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"

#include <caf/io/all.hpp>

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const Ping& x) { return x; },
    [](const Blob& x) { return x; },
  };
}

Blob blob(size_t size) {
  Blob result;
  result.set_data(std::string(size, 'x'));
  return result;
}

/// Adds its mark to a text and asks the next actor.
caf::behavior station(caf::event_based_actor* self, std::string mark,
                      std::shared_ptr<caf::actor> next) {
  return {
    [=](const Ping& x) -> caf::result<Ping> {
      auto y = make_ping(x.text() + mark);
      if (*next == nullptr)
        return y;
      auto promise = self->make_response_promise<Ping>();
      // a time limit would keep this actor alive until then
      self->request(*next, caf::infinite, y)
        .then([promise](const Ping& z) mutable { promise.deliver(z); },
              [promise](caf::error& err) mutable { promise.deliver(err); });
      return promise;
    },
  };
}

} // namespace

TEST_SUITE_BEGIN("integration.systems");

TEST_CASE("three systems pass a request around") {
  loopback_node a;
  loopback_node b;
  loopback_node c;
  std::vector<loopback_node*> nodes{&a, &b, &c};
  std::vector<std::shared_ptr<caf::actor>> next;
  for (size_t i = 0; i < 3; ++i) {
    next.push_back(std::make_shared<caf::actor>());
    REQUIRE_FALSE(nodes[i]->rm().publish(
      nodes[i]->sys().spawn(station, std::string(1, char('a' + i)), next[i]),
      "station"));
  }
  *next[0] = a.remote(b.address(), "station");
  *next[1] = b.remote(c.address(), "station");
  inbox me{a};
  auto start = a.remote(a.address(), "station");
  for (int i = 0; i < 50; ++i) {
    auto answer = me.ask<Ping>(start, make_ping(""));
    REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
    CHECK_EQ(answer->text(), "abc");
  }
  for (auto& x : next)
    *x = nullptr;
}

TEST_CASE("each of three systems reaches the others") {
  loopback_node nodes[3];
  for (auto& x : nodes)
    REQUIRE_FALSE(x.rm().publish(x.sys().spawn(echo), "echo"));
  for (auto& x : nodes) {
    inbox me{x};
    for (auto& y : nodes)
      CHECK(me.ask<Ping>(x.remote(y.address(), "echo"), make_ping("hi")));
  }
  for (auto& x : nodes) {
    CHECK_EQ(x.rm().snapshot().endpoints.size(), 2u);
    CHECK(x.rm().snapshot().dead_letters.empty());
  }
}

TEST_CASE("a node that leaves does not disturb the others") {
  loopback_node a;
  loopback_node b;
  auto c = std::make_unique<loopback_node>();
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn(echo), "echo"));
  REQUIRE_FALSE(c->rm().publish(c->sys().spawn(echo), "echo"));
  inbox me{a};
  auto to_b = a.remote(b.address(), "echo");
  auto to_c = a.remote(c->address(), "echo");
  REQUIRE(me.ask<Ping>(to_b, make_ping("hi")));
  REQUIRE(me.ask<Ping>(to_c, make_ping("hi")));
  me.self()->monitor(to_b);
  me.self()->monitor(to_c);
  c.reset();
  CHECK_EQ(me.wait_down(to_c), caf::exit_reason::remote_link_unreachable);
  CHECK(me.ask<Ping>(to_b, make_ping("hi")));
  CHECK_EQ(me.count_downs(), 0u);
}

TEST_CASE("two systems of one process keep their settings apart") {
  loopback_node small{{{"max-receive-bytes", caf::config_value{"64KiB"}}}};
  loopback_node large;
  REQUIRE_FALSE(small.rm().publish(small.sys().spawn(echo), "echo"));
  REQUIRE_FALSE(large.rm().publish(large.sys().spawn(echo), "echo"));
  inbox in_small{small};
  inbox in_large{large};
  auto to_large = small.remote(large.address(), "echo");
  auto to_small = large.remote(small.address(), "echo");
  REQUIRE(in_large.ask<Ping>(to_small, make_ping("hi")));
  CHECK_EQ(code_of(in_large.ask_in_vain(to_small, blob(100000))),
           errc::message_too_large);
  CHECK(in_large.ask<Blob>(to_small, blob(50000)));
  // towards the larger one only its limit counts, but the answer is too large
  CHECK_EQ(code_of(in_small.ask_in_vain(to_large, blob(100000))),
           errc::dead_letter);
}

TEST_CASE("large messages go between caf_remote nodes") {
  loopback_node a;
  loopback_node b;
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn(echo), "echo"));
  inbox me{a};
  auto hdl = a.remote(b.address(), "echo");
  REQUIRE(me.ask<Ping>(hdl, make_ping("hi")));
  auto answer = me.ask<Blob>(hdl, blob(30 << 20));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->data().size(), 30u << 20);
  CHECK_EQ(code_of(me.ask_in_vain(hdl, blob(33 << 20))),
           errc::message_too_large);
  CHECK(me.ask<Ping>(hdl, make_ping("hi")));
}

TEST_CASE("a registered type also travels over caf::io") {
  auto with_io = [](config& cfg) { cfg.load<caf::io::middleman>(); };
  loopback_node a{{}, with_io};
  loopback_node b{{}, with_io};
  auto hdl = b.sys().spawn(echo);
  REQUIRE_FALSE(b.rm().publish(hdl, "echo"));
  auto port = b.sys().middleman().publish(hdl, 0, "127.0.0.1");
  REQUIRE(port);
  auto by_io = a.sys().middleman().remote_actor("127.0.0.1", *port);
  REQUIRE(by_io);
  inbox me{a};
  for (auto& x : {*by_io, a.remote(b.address(), "echo")}) {
    auto answer = me.ask<Ping>(x, make_ping("hi", 7));
    REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
    CHECK_EQ(answer->text(), "hi");
    CHECK_EQ(answer->number(), 7);
  }
  // caf::io keeps what it publishes
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
}

TEST_CASE("an actor behind caf::io is reached through a local one") {
  auto with_io = [](config& cfg) { cfg.load<caf::io::middleman>(); };
  loopback_node a{{}, with_io};
  loopback_node b{{}, with_io};
  loopback_node c;
  auto target = a.sys().spawn(echo);
  auto port = a.sys().middleman().publish(target, 0, "127.0.0.1");
  REQUIRE(port);
  auto by_io = b.sys().middleman().remote_actor("127.0.0.1", *port);
  REQUIRE(by_io);
  // by itself it would lose answers
  for (auto err : {b.rm().publish(*by_io, "by-io"), b.rm().subscribe(*by_io)}) {
    CHECK_EQ(code_of(err), errc::not_found);
    CHECK_NE(render(err).find("this process"), std::string::npos);
  }
  auto next = std::make_shared<caf::actor>(*by_io);
  auto gateway = b.sys().spawn(station, "+", next);
  REQUIRE_FALSE(b.rm().publish(gateway, "gateway"));
  inbox me{c};
  auto answer = me.ask<Ping>(c.remote(b.address(), "gateway"), make_ping("hi"));
  CHECK_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  if (answer)
    CHECK_EQ(answer->text(), "hi+");
  // caf::io keeps what it publishes and what has sent by it
  for (auto& hdl : {gateway, target})
    caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
}

TEST_CASE("an actor behind caf::io whose request is passed on gets its answer, "
          "and nothing else is lost on the way to it") {
  auto with_io = [](config& cfg) { cfg.load<caf::io::middleman>(); };
  loopback_node a;
  loopback_node b{{}, with_io};
  loopback_node c{{}, with_io};
  auto told = std::make_shared<std::atomic<int>>(0);
  auto asker = a.sys().spawn([told](caf::event_based_actor* self) {
    return caf::behavior{[=](const Ping& x) {
      // nobody at b could bring this there
      auto from = caf::actor_cast<caf::actor>(self->current_sender());
      self->request(from, caf::infinite, make_ping("who?"))
        .then([](const Ping&) {},
              [=](const caf::error& err) {
                *told = static_cast<int>(code_of(err));
              });
      return x;
    }};
  });
  REQUIRE_FALSE(a.rm().publish(asker, "asker"));
  auto gate = b.sys().spawn(
    [to = b.remote(a.address(), "asker")](caf::event_based_actor* self) {
      return caf::behavior{
        [=](const Ping& x) { return self->delegate(to, x); },
      };
    });
  auto port = b.sys().middleman().publish(gate, 0, "127.0.0.1");
  REQUIRE(port);
  auto by_io = c.sys().middleman().remote_actor("127.0.0.1", *port);
  REQUIRE(by_io);
  inbox me{c};
  auto answer = me.ask<Ping>(*by_io, make_ping("hi"));
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "hi");
  CHECK(eventually([&] { return *told != 0; }));
  CHECK_EQ(*told, static_cast<int>(errc::dead_letter));
  caf::anon_send_exit(gate, caf::exit_reason::user_shutdown);
}

TEST_CASE("two systems that dial each other at once lose nothing") {
  for (int round = 0; round < 20; ++round) {
    loopback_node a;
    loopback_node b;
    REQUIRE_FALSE(a.rm().publish(a.sys().spawn(echo), "echo"));
    REQUIRE_FALSE(b.rm().publish(b.sys().spawn(echo), "echo"));
    inbox in_a{a};
    inbox in_b{b};
    auto to_b = a.remote(b.address(), "echo");
    auto to_a = b.remote(a.address(), "echo");
    for (int i = 0; i < 10; ++i) {
      in_a.self()->send(to_b, make_ping("x", i));
      in_b.self()->send(to_a, make_ping("y", i));
    }
    for (int i = 0; i < 10; ++i) {
      CHECK_EQ(in_a.take<Ping>().number(), i);
      CHECK_EQ(in_b.take<Ping>().number(), i);
    }
  }
}

TEST_CASE("headers are read and bounded") {
  loopback_node a;
  loopback_node b;
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn([](caf::event_based_actor* self) {
    return caf::behavior{
      [self](const Ping&) {
        auto count = header_of(self).size();
        return reply(self, make_ping(std::to_string(count)),
                     {{"answer", "yes"}});
      },
    };
  }),
                               "reader"));
  inbox me{a};
  auto hdl = a.remote(b.address(), "reader");
  message_header many;
  for (int i = 0; i < 64; ++i)
    many.emplace_back(std::to_string(i), "x");
  auto answer = me.ask<Ping>(hdl, make_ping("?"), many);
  REQUIRE_MESSAGE(answer, render(answer ? caf::error{} : answer.error()));
  CHECK_EQ(answer->text(), "64");
  many.emplace_back("one", "more");
  CHECK_EQ(code_of(me.ask_in_vain(hdl, make_ping("?"), many)),
           errc::header_too_large);
  message_header large{{"key", std::string(16 * 1024 - 3, 'x')}};
  CHECK(me.ask<Ping>(hdl, make_ping("?"), large));
  large[0].second += "x";
  CHECK_EQ(code_of(me.ask_in_vain(hdl, make_ping("?"), large)),
           errc::header_too_large);
}

TEST_CASE("a paced sender loses nothing") {
  loopback_node a{{{"queue-messages", caf::config_value{int64_t{2000}}},
                   {"pause-messages", caf::config_value{int64_t{1000}}}}};
  loopback_node b;
  auto count = std::make_shared<std::atomic<int>>(0);
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn([count](caf::event_based_actor*) {
    return caf::behavior{[count](const Ping&) { ++*count; }};
  }),
                               "sink"));
  inbox me{a};
  auto hdl = a.remote(b.address(), "sink");
  for (int i = 0; i < 50000; ++i) {
    me.self()->send(hdl, make_ping("x", i));
    if (a.rm().load_of(hdl).has_room)
      continue;
    REQUIRE_FALSE(a.rm().notify_when_room(hdl, me.handle()));
    CHECK_EQ(me.take<endpoint_room>().address, b.address());
  }
  CHECK(eventually([&] { return *count == 50000; }));
  CHECK(a.rm().snapshot().dead_letters.empty());
}

TEST_CASE("only actors of this process are told of room") {
  loopback_node a;
  auto hdl = a.remote("127.0.0.1:1", "nobody");
  for (auto& who : {caf::actor{}, hdl})
    CHECK_EQ(code_of(a.rm().notify_when_room(hdl, who)), errc::not_found);
}

TEST_CASE("flush returns when everything is written") {
  loopback_node a;
  loopback_node b;
  inbox me{a};
  auto hdl = a.remote(b.address(), "nobody");
  for (int i = 0; i < 10000; ++i)
    me.self()->send(hdl, make_ping("x", i));
  CHECK(a.rm().flush(b.address(), long_time));
  auto figures = counters_of(a, b.address());
  CHECK_EQ(figures.written, figures.accepted);
  CHECK_EQ(figures.queued, 0u);
}

TEST_SUITE_END();
