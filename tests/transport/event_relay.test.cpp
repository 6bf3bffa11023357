// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/event_relay.hpp"

#include "caf_remote/transport/callback_pulse.hpp"

#include "support/recording_listener.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace caf_remote::test;
using namespace caf_remote::transport;

TEST_SUITE_BEGIN("transport.event_relay");

TEST_CASE("events wait for the listener and keep their order") {
  event_relay relay;
  relay.push(metadata{{"a", "b"}});
  relay.push(frame{"one"});
  relay.drain();
  auto log = std::make_shared<recording_listener>();
  relay.attach(log);
  CHECK(log->snapshot().events.empty());
  relay.push(event_relay::written{});
  relay.push(event_relay::half_closed{});
  relay.drain();
  CHECK_EQ(log->snapshot().events, "mfwh");
}

TEST_CASE("the end is the last event and frees the listener") {
  event_relay relay;
  auto log = std::make_shared<recording_listener>();
  relay.attach(log);
  relay.push(status{status_code::unavailable, "gone"});
  relay.push(frame{"late"});
  relay.push(status{});
  relay.drain();
  relay.drain();
  CHECK_EQ(log->snapshot().events, "c");
  CHECK_EQ(log->snapshot().closed->message, "gone");
  CHECK_EQ(log.use_count(), 1);
}

TEST_CASE("a listener may cause further events") {
  event_relay relay;
  auto log = std::make_shared<recording_listener>();
  relay.attach(log);
  log->set_hook([&](char tag) {
    if (tag == 'f') {
      relay.push(event_relay::written{});
      relay.drain();
    }
  });
  relay.push(frame{"one"});
  relay.drain();
  CHECK_EQ(log->snapshot().events, "fw");
  CHECK_FALSE(log->snapshot().faulty);
}

TEST_CASE("many threads tell the listener one event at a time") {
  event_relay relay;
  auto log = std::make_shared<recording_listener>();
  relay.attach(log);
  std::vector<std::thread> threads;
  for (auto i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (auto n = 0; n < 5000; ++n) {
        relay.push(event_relay::written{});
        relay.drain();
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK_EQ(log->snapshot().written, 20000u);
  CHECK_FALSE(log->snapshot().faulty);
}

TEST_CASE("status texts are gRPC's names") {
  CHECK_EQ(to_string(status_code::resource_exhausted), "RESOURCE_EXHAUSTED");
  CHECK_EQ(to_string(static_cast<status_code>(5)), "5");
  CHECK_EQ(to_string(status{status_code::unavailable, "gone"}),
           "UNAVAILABLE: gone");
  CHECK_EQ(to_string(status{}), "OK");
}

TEST_CASE("the callback pulse starts and stops from many threads") {
  std::vector<std::thread> threads;
  for (auto i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (auto n = 0; n < 200; ++n) {
        auto one = hold_callback_pulse();
        auto two = hold_callback_pulse();
        CHECK(one);
        CHECK(two);
      }
    });
  for (auto& t : threads)
    t.join();
}

TEST_SUITE_END();
