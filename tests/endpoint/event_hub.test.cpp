// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/event_hub.hpp"

#include "support/actor_fixture.hpp"
#include "support/twin_system.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct hub_fixture : actor_fixture {
  hub_fixture() : alice(spawn_witness()) {
    run();
  }

  static lost_message_ptr lost(caf::message content = {}, size_t bytes = 0) {
    return lost_message::make({"a:1", "joe"}, std::move(content), bytes, {});
  }

  std::shared_ptr<event_hub> hub = std::make_shared<event_hub>();
  witness alice;
};

TEST_SUITE_BEGIN("endpoint.event_hub");

TEST_CASE_FIXTURE(hub_fixture, "subscribers hear of each event once") {
  auto bob = spawn_witness();
  hub->subscribe(alice.hdl);
  hub->subscribe(alice.hdl);
  hub->subscribe(bob.hdl);
  hub->publish(endpoint_connected{"a:1", "m"});
  hub->publish(endpoint_terminated{"a:1", "m", "reason"});
  hub->publish(endpoint_unreachable{"a:1", "reason"});
  hub->publish(lost(caf::make_message(1)));
  run();
  for (auto& x : {alice, bob}) {
    CHECK_EQ(x.count<endpoint_connected>(), 1);
    CHECK_EQ(x.count<endpoint_terminated>(), 1);
    CHECK_EQ(x.count<endpoint_unreachable>(), 1);
    CHECK_EQ(x.count<dead_letter>(), 1);
  }
}

TEST_CASE_FIXTURE(hub_fixture, "who unsubscribes or ends hears no more") {
  CHECK_FALSE(hub->has_subscribers());
  hub->subscribe(alice.hdl);
  CHECK(hub->has_subscribers());
  hub->unsubscribe(alice.hdl);
  CHECK_FALSE(hub->has_subscribers());
  hub->publish(endpoint_connected{"a:1", "m"});
  run();
  CHECK_EQ(alice.size(), 0);
  hub->subscribe(alice.hdl);
  alice.quit();
  run();
  CHECK_FALSE(hub->has_subscribers());
}

TEST_CASE_FIXTURE(hub_fixture, "who subscribes and unsubscribes in turn keeps "
                               "nothing of it") {
  auto attached = [this] {
    return alice.hdl->detach({event_hub::token_type, hub.get()});
  };
  hub->subscribe(alice.hdl);
  hub->subscribe(alice.hdl);
  CHECK_EQ(attached(), 1);
  for (int i = 0; i < 3; ++i) {
    hub->unsubscribe(alice.hdl);
    hub->subscribe(alice.hdl);
  }
  CHECK_EQ(attached(), 1);
  hub->unsubscribe(alice.hdl);
  hub->subscribe(alice.hdl);
  hub->close();
  CHECK_EQ(attached(), 0);
}

TEST_CASE_FIXTURE(hub_fixture, "an actor of another system with the same id is "
                               "another subscriber") {
  twin_system others;
  auto twin = others.twin_of(alice.hdl.id());
  REQUIRE_EQ(twin.id(), alice.hdl.id());
  hub->subscribe(alice.hdl);
  hub->unsubscribe(twin);
  CHECK(hub->has_subscribers());
  hub->subscribe(twin);
  hub->unsubscribe(alice.hdl);
  CHECK(hub->has_subscribers());
  hub->unsubscribe(twin);
  CHECK_FALSE(hub->has_subscribers());
}

TEST_CASE_FIXTURE(hub_fixture, "nobody is no subscriber") {
  hub->subscribe(caf::actor{});
  CHECK_FALSE(hub->has_subscribers());
}

TEST_CASE_FIXTURE(hub_fixture, "a subscriber that does not keep up misses dead "
                               "letters, which are counted") {
  hub->subscribe(alice.hdl);
  for (size_t i = 0; i < event_hub::max_waiting + 5; ++i)
    hub->publish(lost());
  CHECK_EQ(hub->suppressed(), 5);
  run();
  CHECK_EQ(alice.count<dead_letter>(), event_hub::max_waiting);
  hub->publish(lost());
  run();
  CHECK_EQ(alice.count<dead_letter>(), event_hub::max_waiting + 1);
  CHECK_EQ(hub->suppressed(), 5);
}

TEST_CASE_FIXTURE(hub_fixture, "dead letters are bounded by what they hold") {
  constexpr size_t quarter = event_hub::max_waiting_bytes / 4;
  hub->subscribe(alice.hdl);
  for (auto i = 0; i < 5; ++i)
    hub->publish(lost({}, quarter));
  CHECK_EQ(hub->suppressed(), 2);
  run();
  CHECK_EQ(alice.count<dead_letter>(), 3);
  hub->publish(lost({}, 8 * quarter));
  run();
  CHECK_EQ(alice.count<dead_letter>(), 4);
}

TEST_CASE_FIXTURE(hub_fixture, "a subscriber that does not keep up misses "
                               "nodes, each as a whole") {
  hub->subscribe(alice.hdl);
  auto member = [](size_t i) { return std::to_string(i); };
  constexpr size_t missed = 5;
  for (size_t i = 0; i < event_hub::max_waiting + missed; ++i)
    hub->publish(endpoint_connected{"a:1", member(i)});
  CHECK_EQ(hub->suppressed(), missed);
  hub->publish(endpoint_unreachable{"b:1", "reason"});
  CHECK_EQ(hub->suppressed(), missed + 1);
  // dead letters have a bound of their own
  hub->publish(lost());
  // those that it was told of come in any case, also while it has no room
  hub->publish(endpoint_terminated{"a:1", member(0), "reason"});
  run();
  CHECK_EQ(alice.count<endpoint_connected>(), event_hub::max_waiting);
  CHECK_EQ(alice.count<endpoint_terminated>(), 1);
  CHECK_EQ(alice.count<dead_letter>(), 1);
  for (size_t i = 1; i < event_hub::max_waiting + missed; ++i)
    hub->publish(endpoint_terminated{"a:1", member(i), "reason"});
  run();
  CHECK_EQ(alice.count<endpoint_terminated>(), event_hub::max_waiting);
  CHECK_EQ(hub->suppressed(), 2 * missed + 1);
  // the same node once more, now that there is room
  hub->publish(endpoint_connected{"a:1", member(event_hub::max_waiting)});
  hub->publish(
    endpoint_terminated{"a:1", member(event_hub::max_waiting), "reason"});
  run();
  CHECK_EQ(alice.count<endpoint_connected>(), event_hub::max_waiting + 1);
  CHECK_EQ(alice.count<endpoint_terminated>(), event_hub::max_waiting + 1);
}

TEST_CASE_FIXTURE(hub_fixture, "who subscribes late hears that a node is gone "
                               "that came before") {
  hub->publish(endpoint_connected{"a:1", "m"});
  hub->subscribe(alice.hdl);
  hub->publish(endpoint_terminated{"a:1", "m", "reason"});
  run();
  CHECK_EQ(alice.count<endpoint_terminated>(), 1);
}

TEST_CASE_FIXTURE(hub_fixture, "a hub that is closed takes no subscriber") {
  hub->subscribe(alice.hdl);
  hub->close();
  CHECK_FALSE(hub->has_subscribers());
  hub->subscribe(alice.hdl);
  CHECK_FALSE(hub->has_subscribers());
}

TEST_SUITE_END();

} // namespace
