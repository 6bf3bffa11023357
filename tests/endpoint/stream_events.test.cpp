// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/stream_events.hpp"

#include "support/actor_fixture.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

struct events_fixture : actor_fixture {
  events_fixture() : alice(spawn_witness()) {
    run();
    listener = make_stream_events(alice.hdl, 7, open);
  }

  witness alice;
  std::shared_ptr<open_streams> open = std::make_shared<open_streams>();
  transport::listener_ptr listener;
};

TEST_SUITE_BEGIN("endpoint.stream_events");

TEST_CASE_FIXTURE(events_fixture,
                  "each event becomes a message with the number "
                  "of its stream") {
  listener->on_metadata({{"k", "v"}});
  listener->on_message("bytes");
  listener->on_written();
  listener->on_half_closed();
  listener->on_closed({transport::status_code::unavailable, "cut"});
  run();
  CHECK_EQ(alice.all<stream_metadata>().at(0).epoch, 7);
  CHECK_EQ(alice.all<stream_metadata>().at(0).values.at("k"), "v");
  CHECK_EQ(alice.all<stream_frame>().at(0).epoch, 7);
  CHECK_EQ(alice.all<stream_frame>().at(0).bytes, "bytes");
  CHECK_EQ(alice.all<stream_written>().at(0).epoch, 7);
  CHECK_EQ(alice.all<stream_half_closed>().at(0).epoch, 7);
  CHECK_EQ(alice.all<stream_closed>().at(0).epoch, 7);
  CHECK_EQ(alice.all<stream_closed>().at(0).why.message, "cut");
}

TEST_CASE_FIXTURE(events_fixture,
                  "the end of a write is posted only on demand, "
                  "if there is a gate") {
  auto gate = std::make_shared<write_gate>();
  auto gated = make_stream_events(alice.hdl, 8, open, nullptr, gate);
  gate->begin();
  gated->on_written();
  run();
  CHECK_EQ(alice.count<stream_written>(), 0);
  CHECK_EQ(gate->under_way(), 0u);
  gate->begin();
  CHECK(gate->ask(1));
  gated->on_written();
  run();
  CHECK_EQ(alice.count<stream_written>(), 1);
  CHECK_EQ(gate->under_way(), 0u);
}

TEST_CASE_FIXTURE(events_fixture, "events overtake messages that wait, if "
                                  "there is a gate") {
  auto gate = std::make_shared<write_gate>();
  auto gated = make_stream_events(alice.hdl, 8, open, nullptr, gate);
  caf::anon_send(alice.hdl, make_ping("x"));
  gated->on_half_closed();
  run();
  CHECK_EQ(alice.position_of<stream_half_closed>(), 0);
  CHECK_EQ(alice.position_of<Ping>(), 1);
}

TEST_CASE_FIXTURE(events_fixture, "else they keep their place, so that frames "
                                  "do not hold up what the owner is told") {
  caf::anon_send(alice.hdl, make_ping("x"));
  listener->on_message("bytes");
  run();
  CHECK_EQ(alice.position_of<Ping>(), 0);
  CHECK_EQ(alice.position_of<stream_frame>(), 1);
}

TEST_CASE_FIXTURE(events_fixture, "a stream is open until its end was posted") {
  CHECK_FALSE(open->await_none(0ms));
  listener->on_closed({});
  CHECK(open->await_none(0ms));
  auto second = make_stream_events(alice.hdl, 8, open);
  CHECK_FALSE(open->await_none(0ms));
  second = nullptr; // dropped without an end
  CHECK(open->await_none(0ms));
}

TEST_CASE_FIXTURE(events_fixture, "what is still open can be cancelled") {
  auto a = std::make_shared<fake_stream>(listener);
  open->track(a);
  open->track(std::make_shared<fake_stream>()); // gone already
  open->cancel_all();
  CHECK(a->cancelled());
  CHECK(open->await_none(0ms));
}

TEST_SUITE_END();

} // namespace
