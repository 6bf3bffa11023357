// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/listener.hpp"

#include "support/actor_fixture.hpp"
#include "support/loopback.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

TEST_SUITE_BEGIN("endpoint.listener");

TEST_CASE_FIXTURE(actor_fixture,
                  "the node learns the port that the kernel gave") {
  auto srv = start_listening(home, "127.0.0.1", 0);
  REQUIRE(srv);
  CHECK_EQ(home->own().advertised(),
           "127.0.0.1:" + std::to_string((*srv)->port()));
  CHECK(home->own().contains("localhost:" + std::to_string((*srv)->port())));
  (*srv)->shutdown(1s);
}

TEST_CASE("another host and port can be advertised") {
  options opts;
  opts.advertised_host = "node.example";
  opts.advertised_port = 4242;
  opts.aliases = {"alias.example:1"};
  actor_fixture fix{opts};
  auto srv = start_listening(fix.home, "127.0.0.1", 0);
  REQUIRE(srv);
  CHECK_EQ(fix.home->own().advertised(), "node.example:4242");
  CHECK(fix.home->own().contains("alias.example:1"));
  (*srv)->shutdown(1s);
}

TEST_CASE_FIXTURE(actor_fixture, "a wildcard needs an advertised host") {
  auto srv = start_listening(home, "0.0.0.0", 0);
  REQUIRE_FALSE(srv);
  CHECK_EQ(code_of(srv.error()), errc::invalid_config);
  CHECK_EQ(home->own().advertised(), own_address);
}

TEST_CASE_FIXTURE(actor_fixture, "a taken port is an error") {
  auto srv = start_listening(home, "127.0.0.1", 0);
  REQUIRE(srv);
  auto second = start_listening(home, "127.0.0.1", (*srv)->port());
  REQUIRE_FALSE(second);
  CHECK_EQ(second.error(), caf::sec::cannot_open_port);
  (*srv)->shutdown(1s);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a stream that comes after the end of the node "
                  "reaches no actor and is ended") {
  auto srv = start_listening(home, "127.0.0.1", 0);
  REQUIRE(srv);
  run();
  home->streams->silence();
  auto late = dial(home->own().advertised());
  CHECK_EQ(late.log->wait_closed().code, transport::status_code::cancelled);
  CHECK(sched.jobs.empty());
  (*srv)->shutdown(1s);
}

TEST_SUITE_END();

} // namespace
