// SPDX-License-Identifier: BSD-3-Clause

#include "interop/scene.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <unistd.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

std::chrono::seconds wanted_time() {
  auto text = std::getenv("CAF_REMOTE_SOAK_SECONDS");
  return std::chrono::seconds{text != nullptr ? std::atoi(text) : 0};
}

size_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  size_t total = 0;
  size_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

size_t open_descriptors() {
  size_t result = 0;
  for (auto& x : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    static_cast<void>(x);
    ++result;
  }
  return result;
}

/// The scenarios, in an order that chance decides. Each leaves both sides well.
class soak {
public:
  soak() : x_(patient(), options_for_go(0)), random_(std::random_device{}()) {
    x_.publish_new("sink", sink, seen_);
    x_.publish_new("echo", echo);
    REQUIRE_FALSE(x_.node.rm().register_kind(
      "echo", [](caf::actor_system& sys) { return sys.spawn(echo); }));
  }

  void round() {
    void (soak::*steps[])() = {
      &soak::ask_go,         &soak::be_asked,    &soak::flood_go,
      &soak::be_flooded,     &soak::watch_there, &soak::be_watched,
      &soak::spawn_there,    &soak::spawn_here,  &soak::kill_under_load,
      &soak::leave_and_come,
    };
    std::shuffle(std::begin(steps), std::end(steps), random_);
    for (auto step : steps)
      (this->*step)();
    check_accounting();
  }

private:
  static go_peer::options options_for_go(uint16_t port) {
    auto life = wanted_time() + 280s;
    return {port, {}, life};
  }

  void restart() {
    x_.go = go_peer{options_for_go(x_.go.port())};
  }

  /// The first exchange with a new incarnation may meet what is left of the
  /// old one.
  void meet() {
    REQUIRE(eventually(
      [&] { return !!x_.node.rm().ping(x_.go.address(), "activator", 2s); }));
    REQUIRE(eventually([&] {
      return x_.go.answer("touch " + x_.here("activator") + " 2000")
               .rfind("ok", 0)
             == 0;
    }));
  }

  void ask_go() {
    auto hdl = x_.there("echo");
    for (int i = 0; i < 200; ++i)
      REQUIRE(x_.me.ask<StringValue>(hdl, text(std::to_string(i))));
  }

  void be_asked() {
    for (int i = 0; i < 100; ++i)
      CHECK_EQ(x_.go.command("request " + x_.here("echo")
                             + " google.protobuf.StringValue 30000 \"hi\""),
               "google.protobuf.StringValue \"hi\"");
  }

  void flood_go() {
    auto name = fresh_name();
    x_.go.command("local_spawn " + name + " sink");
    auto hdl = x_.there(name);
    for (int i = 1; i <= 20000; ++i)
      x_.me.self()->send(hdl, text(std::to_string(i)));
    auto answer = x_.me.ask<StringValue>(hdl, empty_message());
    REQUIRE(answer);
    CHECK_EQ(answer->value(), "count=20000 ordered=true last=20000");
    x_.go.command("local_stop " + name);
  }

  void be_flooded() {
    auto before = seen_->count.load();
    x_.go.command("flood " + x_.here("sink") + " 20000 200");
    CHECK(eventually([&] { return seen_->count == before + 20000; }));
  }

  void watch_there() {
    auto name = fresh_name();
    x_.go.command("local_spawn " + name + " echo");
    auto hdl = x_.there(name);
    x_.me.self()->monitor(hdl);
    REQUIRE(x_.me.ask<StringValue>(hdl, text("hi")));
    x_.go.command("local_stop " + name);
    CHECK_EQ(x_.me.wait_down(hdl), caf::exit_reason::normal);
  }

  void be_watched() {
    auto name = fresh_name();
    auto hdl = x_.publish_new(name, idle);
    x_.go.command("watch w " + x_.here(name));
    x_.go.command("touch " + x_.here(name) + " 30000");
    caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
    CHECK_EQ(x_.go.event("terminated w " + x_.here(name)),
             "terminated w " + x_.here(name) + " why=0");
  }

  void spawn_there() {
    auto hdl = x_.node.rm().spawn(x_.go.address(), "echo", "", long_time);
    REQUIRE_MESSAGE(hdl, render(hdl ? caf::error{} : hdl.error()));
    x_.me.self()->monitor(*hdl);
    REQUIRE(x_.me.ask<StringValue>(*hdl, text("hi")));
    x_.me.self()->send_exit(*hdl, caf::exit_reason::user_shutdown);
    CHECK_EQ(x_.me.wait_down(*hdl), caf::exit_reason::normal);
  }

  void spawn_here() {
    auto name = fresh_name();
    CHECK_EQ(
      x_.go.command("spawn " + x_.node.address() + " echo " + name + " 30000"),
      "0 " + x_.node.address() + "/" + name);
    x_.go.command("watch w " + x_.here(name));
    x_.go.command("stop " + x_.here(name));
    x_.go.event("terminated w " + x_.here(name));
  }

  void kill_under_load() {
    auto hdl = x_.there("sink");
    x_.me.self()->monitor(hdl);
    REQUIRE(x_.me.ask<StringValue>(hdl, empty_message()));
    auto fatal = std::uniform_int_distribution<int>{1, 20000}(random_);
    for (int i = 1; i <= 20000; ++i) {
      x_.me.self()->send(hdl, text(std::to_string(i)));
      if (i == fatal)
        x_.go.kill();
    }
    restart();
    CHECK_EQ(x_.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
    meet();
    CHECK_EQ(x_.me.count_downs(), 0u);
  }

  void leave_and_come() {
    auto hdl = x_.there("echo");
    x_.me.self()->monitor(hdl);
    REQUIRE(x_.me.ask<StringValue>(hdl, text("hi")));
    CHECK_LT(x_.go.shut_down(), 5s);
    CHECK_EQ(x_.me.wait_down(hdl), caf::exit_reason::remote_link_unreachable);
    restart();
    meet();
    CHECK_EQ(x_.me.count_downs(), 0u);
  }

  void check_accounting() {
    REQUIRE(eventually([&] { return sum_of(x_.node).queued == 0; }));
    auto sum = sum_of(x_.node);
    CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered);
    CHECK(eventually(
      [&] { return x_.node.rm().snapshot().pending_requests == 0; }));
    CHECK_EQ(x_.node.rm().snapshot().refused_envelopes, 0u);
    CHECK_EQ(x_.node.rm().snapshot().protocol_errors, 0u);
    x_.go.forget_events();
    x_.check_both_alive();
  }

  std::string fresh_name() {
    return "n" + std::to_string(++last_name_);
  }

  scene x_;
  std::mt19937 random_;
  sink_ptr seen_ = std::make_shared<sink_figures>();
  uint64_t last_name_ = 0;
};

} // namespace

TEST_SUITE_BEGIN("interop.soak");

TEST_CASE("everything at once, again and again") {
  auto until = std::chrono::steady_clock::now() + wanted_time();
  soak x;
  // fills caches and pools
  x.round();
  auto memory = resident_bytes();
  auto descriptors = open_descriptors();
  auto peak = memory;
  while (std::chrono::steady_clock::now() < until) {
    x.round();
    peak = std::max(peak, resident_bytes());
    CHECK_LE(open_descriptors(), descriptors + 8);
  }
  MESSAGE("resident MiB: ", memory >> 20, " after the first round, ",
          peak >> 20, " at most");
  CHECK_LE(peak, memory + memory / 2 + (128u << 20));
}

TEST_SUITE_END();
