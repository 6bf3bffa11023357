// SPDX-License-Identifier: BSD-3-Clause

// What gRPC's threads say about a stream, on its way to an actor.

#include "caf_remote/endpoint/stream_events.hpp"
#include "caf_remote/transport/event_relay.hpp"

#include "interleavings/scene.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using transport::event_relay;

/// Writes down what it is told. Without a lock: it is told one thing at a time.
class plain_listener : public transport::stream_listener {
public:
  explicit plain_listener(strings& xs) : xs_(xs) {
    // nop
  }

  void on_metadata(transport::metadata) override {
    xs_.emplace_back("metadata");
  }

  void on_message(transport::frame x) override {
    xs_.emplace_back(x.begin(), x.end());
  }

  void on_half_closed() override {
    xs_.emplace_back("half-closed");
  }

  void on_written() override {
    xs_.emplace_back("written");
  }

  void on_closed(transport::status) override {
    xs_.emplace_back("closed");
  }

private:
  strings& xs_;
};

TEST_SUITE_BEGIN("interleavings.streams");

TEST_CASE("events come once, one at a time, the end last") {
  interleave([](schedule& s) {
    strings told;
    event_relay relay;
    relay.attach(std::make_shared<plain_listener>(told));
    s.run({{"reader",
            [&] {
              relay.push(event_relay::half_closed{});
              relay.drain();
              relay.push(transport::status{});
              relay.drain();
            }},
           {"writer", [&] {
              relay.push(event_relay::written{});
              relay.drain();
            }}});
    expect(told.size() >= 2 && told.back() == "closed", "the end is last");
    auto before = std::count(told.begin(), told.end(), "half-closed");
    expect(before == 1, "what came before the end is told once");
  });
}

TEST_CASE("events wait for a listener") {
  interleave([](schedule& s) {
    strings told;
    event_relay relay;
    auto listener = std::make_shared<plain_listener>(told);
    s.run({{"reader",
            [&] {
              relay.push(event_relay::half_closed{});
              relay.drain();
            }},
           {"owner", [&] {
              relay.attach(std::move(listener));
              relay.drain();
            }}});
    expect(told == strings{"half-closed"}, "told once");
  });
}

TEST_CASE_FIXTURE(scene, "streams that were silenced say nothing any more") {
  interleave([this](schedule& s) {
    auto open = std::make_shared<open_streams>();
    auto owner = make_box();
    auto listener = make_stream_events(owner.hdl, 1, open);
    std::atomic<bool> silent{false};
    s.run({{"transport",
            [&] {
              auto after = silent.load();
              listener->on_half_closed();
              expect(!after || owner->size() == 0, "it is silent");
            }},
           {"other stream", [&] { open->speak([] {}); }},
           {"module", [&] {
              open->silence();
              auto said = owner->size();
              silent.store(true);
              expect(owner->size() == said, "what was said was said before");
            }}});
  });
}

TEST_CASE_FIXTURE(scene,
                  "a writer that has asked hears of the end of a write") {
  interleave([this](schedule& s) {
    auto open = std::make_shared<open_streams>();
    auto owner = make_box();
    auto gate = std::make_shared<write_gate>();
    auto listener = make_stream_events(owner.hdl, 1, open, nullptr, gate);
    gate->begin();
    auto asked = false;
    s.run({{"writer", [&] { asked = gate->ask(1); }},
           {"transport", [&] { listener->on_written(); }}});
    expect(owner->size() == (asked ? 1 : 0), "told if asked");
  });
}

TEST_SUITE_END();

} // namespace
