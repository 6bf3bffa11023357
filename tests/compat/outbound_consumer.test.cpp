// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/outbound_consumer.hpp"

#include "caf_remote/endpoint/outbound_builder.hpp"

#include "support/actor_fixture.hpp"

#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// What an actor saw, in order.
struct story : outbound_taker {
  std::vector<std::string> lines;

  void take(outbound_ptr x) override {
    if (x->payload() == "bad")
      throw std::runtime_error{"bad"};
    lines.emplace_back(x->payload());
  }

  void pause() override {
    lines.emplace_back("pause");
  }
};

struct consumer_fixture : actor_fixture {
  caf::actor spawn_consumer(bool with_taker) {
    auto seen = log;
    return sys.spawn([seen, with_taker](outbound_consumer* self) {
      if (with_taker)
        self->taker(seen.get());
      return caf::behavior{
        [seen](outbound& x) {
          auto& msg = static_cast<outbound_element&>(x);
          seen->lines.emplace_back(msg.payload());
        },
        [seen](const std::string& x) { seen->lines.emplace_back(x); },
        [self](caf::ok_atom) { self->quit(); },
      };
    });
  }

  void send(const caf::actor& to, const std::string& payload) {
    auto x = make_outbound({"joe", {}, {}}, "some.Type", false, payload);
    caf::actor_cast<caf::strong_actor_ptr>(to)->enqueue(
      caf::mailbox_element_ptr{x.release()}, nullptr);
  }

  std::shared_ptr<story> log = std::make_shared<story>();
};

using strings = std::vector<std::string>;

TEST_SUITE_BEGIN("compat.outbound_consumer");

TEST_CASE_FIXTURE(consumer_fixture, "messages of both kinds come in order, as "
                                    "in any other actor") {
  strings expected{"1", "two", "3", "4"};
  auto with_taker = false;
  SUBCASE("with a taker") {
    with_taker = true;
    expected.emplace_back("pause");
  }
  SUBCASE("without") {}
  auto hdl = spawn_consumer(with_taker);
  run();
  log->lines.clear();
  send(hdl, "1");
  caf::anon_send(hdl, std::string{"two"});
  send(hdl, "3");
  send(hdl, "4");
  run();
  CHECK_EQ(log->lines, expected);
}

TEST_CASE_FIXTURE(consumer_fixture, "many messages make one pause") {
  auto hdl = spawn_consumer(true);
  run();
  log->lines.clear();
  for (int i = 0; i < 1000; ++i)
    send(hdl, std::to_string(i));
  run();
  REQUIRE_EQ(log->lines.size(), 1001);
  CHECK_EQ(log->lines[999], "999");
  CHECK_EQ(log->lines[1000], "pause");
}

TEST_CASE_FIXTURE(consumer_fixture, "nothing is taken after the end") {
  auto hdl = spawn_consumer(true);
  run();
  log->lines.clear();
  send(hdl, "1");
  caf::anon_send(hdl, caf::ok_atom::value);
  errc why = errc::none;
  auto where = home->endpoints.acquire(peer_address, why);
  REQUIRE_NE(where, nullptr);
  auto late = make_outbound({"joe", {}, {}}, "some.Type", false, "2");
  late->admitted(*where);
  caf::actor_cast<caf::strong_actor_ptr>(hdl)->enqueue(
    caf::mailbox_element_ptr{late.release()}, nullptr);
  run();
  CHECK_EQ(log->lines, strings{"1"});
  CHECK_EQ(where->read().dead_lettered, 1);
}

TEST_CASE_FIXTURE(consumer_fixture, "an exception of the taker ends the actor, "
                                    "and what is left becomes dead letters") {
  auto hdl = spawn_consumer(true);
  run();
  log->lines.clear();
  errc why = errc::none;
  auto where = home->endpoints.acquire(peer_address, why);
  REQUIRE_NE(where, nullptr);
  for (auto payload : {"1", "bad", "2"}) {
    auto x = make_outbound({"joe", {}, {}}, "some.Type", false, payload);
    x->admitted(*where);
    if (payload == std::string{"1"})
      x->settle();
    caf::actor_cast<caf::strong_actor_ptr>(hdl)->enqueue(
      caf::mailbox_element_ptr{x.release()}, nullptr);
  }
  caf::actor_cast<caf::strong_actor_ptr>(hdl)->get()->attach_functor(
    [this](const caf::error& x) { CHECK_EQ(render(x), "bad"); });
  run();
  CHECK_EQ(log->lines, strings{"1"});
  CHECK_EQ(where->read().dead_lettered, 2);
}

TEST_SUITE_END();

} // namespace
