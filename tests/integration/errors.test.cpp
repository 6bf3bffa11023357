// SPDX-License-Identifier: BSD-3-Clause

// What users are told when something is wrong between two nodes.

#include "support/loopback_node.hpp"
#include "support/text.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::config_value text(const char* str) {
  return caf::config_value{std::string{str}};
}

TEST_SUITE_BEGIN("integration.errors");

TEST_CASE("a kind that fails on another node is told apart from one that is "
          "unknown there") {
  loopback_node here;
  loopback_node there;
  REQUIRE_FALSE(
    there.rm().register_kind("throws", [](caf::actor_system&) -> caf::actor {
      throw std::runtime_error{"the secret"};
    }));
  REQUIRE_FALSE(there.rm().register_kind(
    "nothing", [](caf::actor_system&) { return caf::actor{}; }));
  auto problem = [&](const std::string& kind) {
    auto hdl = here.rm().spawn(there.address(), kind, "joe", 30s);
    REQUIRE_FALSE(hdl);
    CHECK_EQ(code_of(hdl.error()), errc::spawn_failed);
    CHECK_FALSE(contains(render(hdl.error()), "secret"));
    return render(hdl.error());
  };
  CHECK(contains(problem("wroker"), "unknown kind 'wroker'"));
  CHECK(contains(problem("throws"), "'throws' threw an exception"));
  CHECK(contains(problem("nothing"), "'nothing' returned an invalid handle"));
}

TEST_CASE("no actor, no handler and a failure are told apart by whoever asks "
          "another node") {
  loopback_node here;
  loopback_node there;
  auto publish = [&](const char* name, auto behavior) {
    REQUIRE_FALSE(there.rm().publish(there.sys().spawn(behavior), name));
  };
  publish("deaf", [](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    return {[](const Nested&) {}};
  });
  publish("failing", [](caf::event_based_actor*) -> caf::behavior {
    return {[](const Ping&) -> caf::result<Ping> {
      return make_error(errc::not_found, "no such order");
    }};
  });
  auto answer_of = [&](const char* name) {
    std::string result;
    caf::scoped_actor self{here.sys()};
    self->request(here.remote(there.address(), name), 30s, make_ping("x"))
      .receive([](const Ping&) { FAIL("an answer"); },
               [&](const caf::error& err) {
                 CHECK_EQ(code_of(err), errc::dead_letter);
                 result = render(err);
               });
    return result;
  };
  auto begin = "dead_letter: " + there.address() + " answers: ";
  CHECK_EQ(answer_of("nobody"), begin + "there is no actor of that name");
  CHECK_EQ(answer_of("deaf"),
           begin + "the actor has no handler for the message");
  CHECK_EQ(answer_of("failing"),
           begin + "the actor failed: not_found: no such order");
}

TEST_CASE("an own address under a spelling that the node does not know is said "
          "to be one") {
  // all of 127.0.0.0/8 leads here, but the node only knows 127.0.0.1
  loopback_node node{
    {{"host", text("0.0.0.0")}, {"advertised-host", text("127.0.0.1")}}};
  auto port = split_address(node.address()).second;
  auto answer = node.rm().ping(join_address("127.0.0.2", port), "activator",
                               30s);
  REQUIRE_FALSE(answer);
  CHECK_EQ(code_of(answer.error()), errc::invalid_address);
  CHECK(contains(render(answer.error()), "leads back to this node"));
  CHECK(contains(render(answer.error()), node.address()));
}

TEST_CASE("a peer that cannot dial us is said on our side") {
  // nobody listens on port 1, which is what the peer is told to dial
  loopback_node here{{{"advertised-host", text("127.0.0.1")},
                      {"advertised-port", caf::config_value{int64_t{1}}}}};
  loopback_node there;
  auto answer = here.rm().ping(there.address(), "activator", 1s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == caf::sec::request_timeout);
  auto words = render(answer.error());
  CHECK(contains(words, "no answer from " + there.address()));
  CHECK(contains(words, "cannot dial 127.0.0.1:1, set advertised-host"));
}

TEST_CASE("a time-out says that the peer was not reached, and why") {
  loopback_node here;
  auto answer = here.rm().spawn("127.0.0.1:1", "kind", "", 1s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == caf::sec::request_timeout);
  CHECK(contains(render(answer.error()), "it was not reached: UNAVAILABLE"));
}

TEST_SUITE_END();

} // namespace
