// SPDX-License-Identifier: BSD-3-Clause

#include "support/inbox.hpp"
#include "support/plain_socket.hpp"
#include "support/raw_peer.hpp"

#include "remote.grpc.pb.h"

#include <doctest/doctest.h>
#include <grpcpp/create_channel.h>

#include <mutex>
#include <string>
#include <tuple>
#include <vector>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

caf::behavior idle(caf::event_based_actor*) {
  return {
    [](const Nested&) {},
  };
}

/// A system with the module, which may have failed to start.
class bare_system {
public:
  explicit bare_system(const loopback_node::settings& xs) {
    cfg_.load<remoting>();
    cfg_.load<caf::id_block::caf_remote_test>();
    cfg_.set("scheduler.max-threads", size_t{1});
    for (auto& kvp : xs)
      caf::put(cfg_.content, "caf-remote." + kvp.first, kvp.second);
    sys_ = std::make_unique<caf::actor_system>(cfg_);
    // not running, it writes none
    std::ignore = rm().set_log_sink(nullptr);
  }

  remoting& rm() {
    return get(*sys_);
  }

  caf::actor_system& sys() {
    return *sys_;
  }

  config& cfg() {
    return cfg_;
  }

private:
  config cfg_;
  std::unique_ptr<caf::actor_system> sys_;
};

template <class F>
std::chrono::milliseconds time_of(F f) {
  auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - start);
}

/// Every call says `expected`, and none blocks or crashes.
void check_down(bare_system& x, const caf::error& expected) {
  auto& rm = x.rm();
  auto hdl = x.sys().spawn(idle);
  CHECK_EQ(rm.status(), expected);
  CHECK_EQ(rm.listen().error(), expected);
  CHECK_EQ(rm.listen("127.0.0.1", 0).error(), expected);
  CHECK_EQ(rm.publish(hdl, "x"), expected);
  CHECK_EQ(rm.unpublish("x"), expected);
  CHECK_EQ(
    rm.register_kind("x", [](caf::actor_system&) { return caf::actor{}; }),
    expected);
  CHECK_EQ(rm.lookup("127.0.0.1:1", "x").error(), expected);
  CHECK_EQ(rm.lookup("127.0.0.1:1/x").error(), expected);
  CHECK_EQ(rm.spawn("127.0.0.1:1", "x").error(), expected);
  CHECK_EQ(rm.ping("127.0.0.1:1").error(), expected);
  CHECK_EQ(rm.notify_when_room(hdl, hdl), expected);
  CHECK_EQ(rm.add_serializer(7, nullptr), expected);
  CHECK_EQ(rm.declare_type("x"), expected);
  CHECK_EQ(rm.subscribe(hdl), expected);
  CHECK_EQ(rm.unsubscribe(hdl), expected);
  CHECK_EQ(rm.set_hook(nullptr), expected);
  CHECK_EQ(rm.set_log_sink(nullptr), expected);
  CHECK_EQ(rm.spawner(), caf::actor{});
  CHECK_FALSE(rm.flush("127.0.0.1:1", 1s));
  rm.snapshot();
  rm.load_of(hdl);
  rm.pid_of(hdl);
  rm.stop();
  caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
}

} // namespace

TEST_SUITE_BEGIN("integration.start_stop");

// -- listening ----------------------------------------------------------------

TEST_CASE("the address is known after listen") {
  bare_system x{{}};
  CHECK_FALSE(x.rm().status());
  CHECK_EQ(x.rm().address(), "");
  auto address = x.rm().listen();
  REQUIRE(address);
  CHECK_EQ(x.rm().address(), *address);
  CHECK_EQ(address->rfind("127.0.0.1:", 0), 0u);
  // only once
  CHECK_EQ(code_of(x.rm().listen().error()), errc::invalid_config);
}

TEST_CASE("the module can listen at start") {
  bare_system x{{{"listen", caf::config_value{true}}}};
  CHECK_FALSE(x.rm().status());
  CHECK_NE(x.rm().address(), "");
}

TEST_CASE("a taken port is an error, whoever holds it") {
  loopback_node other;
  plain_socket socket;
  auto taken = {split_address(other.address()).second, socket.listen()};
  for (auto port : taken) {
    CAPTURE(port);
    bare_system x{{{"port", caf::config_value{int64_t{port}}}}};
    auto res = x.rm().listen();
    REQUIRE_FALSE(res);
    CHECK_EQ(res.error(), caf::sec::cannot_open_port);
    // another try may succeed
    CHECK(x.rm().listen("127.0.0.1", 0));
  }
}

TEST_CASE("a taken port keeps a module down that is to listen at start") {
  plain_socket socket;
  auto port = socket.listen();
  bare_system x{{{"port", caf::config_value{int64_t{port}}},
                 {"listen", caf::config_value{true}}}};
  auto err = x.rm().status();
  CHECK_EQ(err, caf::sec::cannot_open_port);
  check_down(x, err);
}

TEST_CASE("a wildcard host needs an advertised host") {
  for (auto host : {"0.0.0.0", "::"}) {
    CAPTURE(host);
    bare_system x{{}};
    auto res = x.rm().listen(host, 0);
    REQUIRE_FALSE(res);
    CHECK_EQ(code_of(res.error()), errc::invalid_config);
  }
}

TEST_CASE("a wildcard host with an advertised host is reached under it") {
  loopback_node other;
  bare_system x{{{"host", caf::config_value{"0.0.0.0"}},
                 {"advertised-host", caf::config_value{"localhost"}}}};
  auto address = x.rm().listen();
  REQUIRE(address);
  CHECK_EQ(address->rfind("localhost:", 0), 0u);
  auto port = split_address(*address).second;
  for (auto host : {"localhost", "127.0.0.1"}) {
    auto pong = other.rm().ping(join_address(host, port), "activator",
                                long_time);
    REQUIRE_MESSAGE(pong, render(pong ? caf::error{} : pong.error()));
    CHECK_EQ(pong->who.address, *address);
  }
}

TEST_CASE("an unknown host is an error") {
  bare_system x{{}};
  auto res = x.rm().listen("no.such.host.invalid", 0);
  REQUIRE_FALSE(res);
  CHECK_EQ(res.error(), caf::sec::cannot_open_port);
}

TEST_CASE("without listening nothing can be sent, and that is said") {
  bare_system x{{}};
  auto hdl = x.rm().lookup("127.0.0.1:1", "actor");
  REQUIRE(hdl);
  caf::scoped_actor self{x.sys()};
  self->request(*hdl, long_time, make_ping("hi"))
    .receive(
      [](const Ping&) { FAIL("answered"); },
      [](caf::error& err) { CHECK_EQ(code_of(err), errc::not_running); });
  self->monitor(*hdl);
  self->receive(
    [](const caf::down_msg& y) {
      CHECK_EQ(y.reason, caf::exit_reason::remote_link_unreachable);
    },
    caf::after(long_time) >> [] { FAIL("no down message"); });
}

// -- wrong settings -----------------------------------------------------------

TEST_CASE("a wrong setting keeps the module down with one error") {
  for (auto& wrong : loopback_node::settings{
         {"no-such-key", caf::config_value{int64_t{1}}},
         {"port", caf::config_value{"many"}},
         {"port", caf::config_value{int64_t{70000}}},
         {"max-batch-bytes", caf::config_value{"4 potatoes"}},
         {"retry-wait", caf::config_value{"soon"}}}) {
    CAPTURE(wrong.first);
    bare_system x{{wrong}};
    auto err = x.rm().status();
    CHECK_EQ(code_of(err), errc::invalid_config);
    CHECK_NE(render(err).find(wrong.first), std::string::npos);
    CHECK_EQ(check(x.cfg()), err);
    check_down(x, err);
  }
}

TEST_CASE("a stopped module says so") {
  bare_system x{{}};
  REQUIRE(x.rm().listen());
  x.rm().stop();
  auto err = x.rm().status();
  CHECK_EQ(code_of(err), errc::not_running);
  check_down(x, err);
}

// -- stopping -----------------------------------------------------------------

TEST_CASE("a node without peers stops at once") {
  loopback_node x;
  CHECK_LT(time_of([&] { x.rm().stop(); }), 1s);
}

TEST_CASE("two connected nodes stop at once, in any order") {
  for (auto first : {0, 1}) {
    loopback_node nodes[2];
    inbox me{nodes[0]};
    inbox you{nodes[1]};
    REQUIRE(nodes[0].rm().ping(nodes[1].address(), "activator", long_time));
    CHECK_LT(time_of([&] { nodes[first].rm().stop(); }), 2s);
    CHECK_LT(time_of([&] { nodes[1 - first].rm().stop(); }), 2s);
  }
}

TEST_CASE("two nodes that stop at the same time do not wait for each other") {
  loopback_node a;
  loopback_node b;
  REQUIRE(a.rm().ping(b.address(), "activator", long_time));
  std::thread other{[&] { b.rm().stop(); }};
  CHECK_LT(time_of([&] { a.rm().stop(); }), 3s);
  other.join();
}

TEST_CASE("stop ends in time whatever the peers do") {
  loopback_node x{
    {{"shutdown-timeout", caf::config_value{caf::timespan{500ms}}}}};
  inbox me{x};
  raw_peer silent{manners::silent};
  raw_peer stubborn;
  plain_socket dead;
  auto dead_address = "127.0.0.1:" + std::to_string(dead.listen());
  // never half-closes
  auto str = stubborn.connect(x.address());
  for (auto address : {silent.address(), stubborn.address(), dead_address}) {
    auto hdl = x.remote(address, "actor");
    me.self()->monitor(hdl);
    me.self()->send(hdl, make_ping("hi"));
  }
  stubborn.wait_for_type("caf_remote.test.Ping");
  CHECK_LT(time_of([&] { x.rm().stop(); }), 3s);
  // never with OK, which a Go peer would not notice
  CHECK_NE(to_string(str.log->wait_closed().code),
           to_string(transport::status_code::ok));
  remote::RemoteMessage msg;
  REQUIRE(msg.ParseFromString(str.log->snapshot().frames.back()));
  CHECK(msg.has_disconnect_request());
  for (int i = 0; i < 3; ++i)
    me.take<caf::down_msg>();
  auto sum = sum_of(x);
  CHECK_EQ(sum.queued, 0u);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered);
}

TEST_CASE("a stop tells requesters") {
  loopback_node a;
  loopback_node b;
  REQUIRE_FALSE(b.rm().publish(b.sys().spawn([](caf::event_based_actor* self) {
    self->set_default_handler(caf::skip);
    return caf::behavior{[](const Nested&) {}};
  }),
                               "mute"));
  auto hdl = a.remote(b.address(), "mute");
  inbox me{a};
  auto answer = me.self()->request(hdl, caf::infinite, make_ping("hi"));
  REQUIRE(a.rm().ping(b.address(), "activator", long_time));
  a.rm().stop();
  answer.receive([](const Ping&) { FAIL("answered"); },
                 [](caf::error& err) { CHECK_NE(code_of(err), errc::none); });
  CHECK_EQ(a.rm().snapshot().pending_requests, 0u);
}

TEST_CASE("systems end although others send to them all the time") {
  loopback_node sender{{{"max-retry-count", caf::config_value{int64_t{1}}}}};
  std::atomic<bool> over{false};
  auto target = std::make_unique<loopback_node>();
  auto hdl = sender.remote(target->address(), "sink");
  REQUIRE_FALSE(
    target->rm().publish(target->sys().spawn([](caf::event_based_actor*) {
      return caf::behavior{
        [](const Ping&) {},
      };
    }),
                         "sink"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (!over)
        caf::anon_send(hdl, make_ping("x"));
    });
  CHECK(eventually([&] { return sum_of(sender).written > 1000; }));
  CHECK_LT(time_of([&] { target.reset(); }), 10s);
  CHECK_LT(time_of([&] { sender.rm().stop(); }), 6s);
  over = true;
  for (auto& x : threads)
    x.join();
  auto sum = sum_of(sender);
  CHECK_EQ(sum.accepted, sum.written + sum.dead_lettered + sum.queued);
}

TEST_CASE("nodes start and stop many times") {
  for (int i = 0; i < 20; ++i) {
    loopback_node a;
    loopback_node b;
    REQUIRE(a.rm().ping(b.address(), "activator", long_time));
  }
}

// -- what keeps a system alive ------------------------------------------------

/// Sends itself messages for ever.
caf::behavior restless(caf::event_based_actor* self) {
  self->delayed_send(self, 1ms, make_ping("again"));
  return {
    [self](const Ping& x) { self->delayed_send(self, 1ms, x); },
  };
}

TEST_CASE("a guard ends what was published, whichever way the scope is left") {
  config cfg;
  cfg.load<remoting>();
  cfg.load<caf::id_block::caf_remote_test>();
  loopback_node peer;
  auto early_return = [&] {
    caf::actor_system sys{cfg};
    stop_guard guard{sys};
    auto& rm = get(sys);
    REQUIRE_FALSE(rm.set_log_sink(nullptr));
    auto address = rm.listen();
    REQUIRE(address);
    auto make = [](caf::actor_system& x) { return x.spawn(restless); };
    REQUIRE_FALSE(rm.publish(make(sys), "one"));
    REQUIRE_FALSE(rm.register_kind("restless", make));
    REQUIRE(peer.rm().spawn(*address, "restless", "two", long_time));
    return rm.status();
  };
  CHECK_FALSE(early_return());
}

TEST_CASE("a guard of a system without the module does nothing") {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  stop_guard guard{sys};
}

TEST_CASE("what was let go can still be ended") {
  bare_system x{{}};
  REQUIRE(x.rm().listen());
  auto hdl = x.sys().spawn(restless);
  REQUIRE_FALSE(x.rm().publish(hdl, "restless"));
  caf::scoped_actor self{x.sys()};
  self->monitor(hdl);
  x.rm().stop();
  x.rm().stop(published_actors::end);
  self->receive([](const caf::down_msg& y) {
    CHECK_EQ(y.reason, caf::exit_reason::user_shutdown);
  });
}

TEST_CASE("what keeps the system alive after the stop is named, once") {
  bare_system x{{{"shutdown-timeout", caf::config_value{caf::timespan{1ms}}}}};
  REQUIRE(x.rm().listen());
  auto hdl = x.sys().spawn(restless);
  REQUIRE_FALSE(x.rm().publish(hdl, "restless"));
  std::mutex mtx;
  std::vector<std::string> lines;
  REQUIRE_FALSE(x.rm().set_log_sink([&](std::string_view line) {
    std::lock_guard<std::mutex> guard{mtx};
    lines.emplace_back(line);
  }));
  x.rm().stop();
  CHECK(eventually([&] {
    std::lock_guard<std::mutex> guard{mtx};
    return !lines.empty();
  }));
  x.rm().stop(published_actors::end);
  std::lock_guard<std::mutex> guard{mtx};
  CHECK_EQ(lines, std::vector<std::string>{
                    "[caf_remote] stopped: the actor system cannot end before "
                    "its actors: 'restless'"});
}

TEST_CASE("nothing is said if the actors end in time") {
  std::mutex mtx;
  std::vector<std::string> lines;
  {
    bare_system x{{}};
    REQUIRE(x.rm().listen());
    REQUIRE_FALSE(x.rm().publish(x.sys().spawn(restless), "restless"));
    REQUIRE_FALSE(x.rm().set_log_sink([&](std::string_view line) {
      std::lock_guard<std::mutex> guard{mtx};
      lines.emplace_back(line);
    }));
    x.rm().stop(published_actors::end);
  }
  CHECK(lines.empty());
}

// -- diagnostics --------------------------------------------------------------

TEST_CASE("diagnostics are off unless they are wanted") {
  loopback_node x;
  auto channel = grpc::CreateChannel(x.address(),
                                     grpc::InsecureChannelCredentials());
  auto stub = remote::Remoting::NewStub(channel);
  grpc::ClientContext first;
  remote::ListProcessesResponse processes;
  CHECK_EQ(stub->ListProcesses(&first, {}, &processes).error_code(),
           grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext second;
  remote::GetProcessDiagnosticsResponse text;
  CHECK_EQ(stub->GetProcessDiagnostics(&second, {}, &text).error_code(),
           grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE("diagnostics list and describe what is published") {
  loopback_node x{{{"diagnostics", caf::config_value{true}}}};
  for (auto name : {"one", "two", "other"})
    REQUIRE_FALSE(x.rm().publish(x.sys().spawn(idle), name));
  auto channel = grpc::CreateChannel(x.address(),
                                     grpc::InsecureChannelCredentials());
  auto stub = remote::Remoting::NewStub(channel);
  auto list = [&](const std::string& pattern,
                  remote::ListProcessesMatchType how) {
    grpc::ClientContext ctx;
    remote::ListProcessesRequest request;
    request.set_pattern(pattern);
    request.set_type(how);
    remote::ListProcessesResponse response;
    auto status = stub->ListProcesses(&ctx, request, &response);
    if (!status.ok())
      return -static_cast<int>(status.error_code());
    for (auto& pid : response.pids())
      CHECK_EQ(pid.address(), x.address());
    return response.pids_size();
  };
  CHECK_EQ(list("", remote::MatchPartOfString), 3);
  CHECK_EQ(list("o", remote::MatchPartOfString), 3);
  CHECK_EQ(list("two", remote::MatchExactString), 1);
  CHECK_EQ(list("tw", remote::MatchExactString), 0);
  CHECK_EQ(list("^o", remote::MatchRegex), 2);
  CHECK_EQ(list("(", remote::MatchRegex),
           -static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  auto describe = [&](const std::string& id) {
    grpc::ClientContext ctx;
    remote::GetProcessDiagnosticsRequest request;
    request.mutable_pid()->set_id(id);
    remote::GetProcessDiagnosticsResponse response;
    auto status = stub->GetProcessDiagnostics(&ctx, request, &response);
    return status.ok() ? response.diagnostics_string() : "";
  };
  CHECK_NE(describe("one").find("one"), std::string::npos);
  CHECK_EQ(describe("three"), "");
}

TEST_SUITE_END();
