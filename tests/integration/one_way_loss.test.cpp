// SPDX-License-Identifier: BSD-3-Clause

// Of the two connections between two nodes, the one is lost by which the end of
// an actor is told; the other one stays.

#include "support/inbox.hpp"
#include "support/relay.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const Ping& x) { return x; },
  };
}

/// A node that others reach through a relay, and one that they reach directly.
struct one_way_fixture {
  explicit one_way_fixture(int64_t attempts = 2)
    : here(settings(attempts, true)), there(settings(attempts, false)),
      me(here) {
    // nop
  }

  loopback_node::settings settings(int64_t attempts, bool behind_relay) {
    loopback_node::settings result{
      {"max-retry-count", caf::config_value{attempts}},
      {"retry-wait", caf::config_value{caf::timespan{100ms}}},
      {"connect-timeout", caf::config_value{caf::timespan{1s}}},
    };
    if (behind_relay) {
      auto port = static_cast<int64_t>(way_back.port());
      result.emplace_back("host", std::string{relay::target_host});
      result.emplace_back("port", port);
      result.emplace_back("advertised-host", std::string{"127.0.0.1"});
      result.emplace_back("advertised-port", port);
    }
    return result;
  }

  /// An actor of the other node that is watched, for certain.
  caf::actor watched(const std::string& name) {
    auto hdl = there.sys().spawn(echo);
    REQUIRE_FALSE(there.rm().publish(hdl, name));
    locals.push_back(hdl);
    auto result = here.remote(there.address(), name);
    me.self()->monitor(result);
    REQUIRE(me.ask<Ping>(result, make_ping("served behind the watch")));
    return result;
  }

  relay way_back;
  loopback_node here;
  loopback_node there;
  inbox me;
  std::vector<caf::actor> locals;
};

TEST_SUITE_BEGIN("integration.one_way_loss");

TEST_CASE_FIXTURE(one_way_fixture, "an end that can never be told ends the "
                                   "watches in time") {
  auto victim = watched("victim");
  SUBCASE("of the actor alone") {
    way_back.cut();
    caf::anon_send_exit(locals.at(0), caf::exit_reason::user_shutdown);
    CHECK_EQ(me.wait_down(victim), caf::exit_reason::remote_link_unreachable);
  }
  SUBCASE("and of another one that lives") {
    auto other = watched("other");
    way_back.cut();
    caf::anon_send_exit(locals.at(0), caf::exit_reason::user_shutdown);
    size_t downs = 0;
    me.self()->receive_while([&] { return downs < 2; })(
      [&](const caf::down_msg& x) {
        ++downs;
        CHECK_EQ(x.reason, caf::exit_reason::remote_link_unreachable);
      },
      caf::after(long_time) >>
        [&] {
          FAIL_CHECK(downs, " of 2");
          downs = 2;
        });
  }
  CHECK_EQ(me.count_downs(), 0);
}

TEST_CASE("an end is told as soon as there is a way again") {
  one_way_fixture fix{1000};
  auto victim = fix.watched("victim");
  fix.way_back.cut();
  caf::anon_send_exit(fix.locals.at(0), caf::exit_reason::user_shutdown);
  fix.me.self()->wait_for(fix.locals.at(0));
  fix.way_back.restore();
  CHECK_EQ(fix.me.wait_down(victim), caf::exit_reason::normal);
  CHECK_EQ(fix.me.count_downs(), 0);
}

TEST_CASE_FIXTURE(one_way_fixture, "a name that changes hands is watched for "
                                   "both") {
  auto victim = watched("name");
  REQUIRE_FALSE(there.rm().unpublish("name"));
  inbox other{here};
  auto next = there.sys().spawn(echo);
  REQUIRE_FALSE(there.rm().publish(next, "name"));
  other.self()->monitor(victim);
  REQUIRE(other.ask<Ping>(victim, make_ping("served behind the watch")));
  caf::anon_send_exit(next, caf::exit_reason::user_shutdown);
  CHECK_EQ(other.wait_down(victim), caf::exit_reason::normal);
  CHECK_EQ(me.count_downs(), 0);
  caf::anon_send_exit(locals.at(0), caf::exit_reason::user_shutdown);
  CHECK_EQ(me.wait_down(victim), caf::exit_reason::normal);
  CHECK_EQ(other.count_downs(), 0);
}

TEST_SUITE_END();

} // namespace
