// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/remoting.hpp"
#include "caf_remote/tool/commands.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/event_printer.hpp"
#include "caf_remote/tool/json_line.hpp"
#include "caf_remote/tool/node_config.hpp"
#include "caf_remote/tool/output.hpp"
#include "caf_remote/tool/serve_actors.hpp"
#include "caf_remote/tool/time_limit.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <string>
#include <vector>

#include <signal.h>

namespace caf_remote::tool {

namespace {

using namespace std::chrono_literals;

/// Limits for leaving: what peers get, and when we go whatever happens.
constexpr caf::timespan shutdown_timeout = 3s;
constexpr caf::timespan last_resort_time = 4500ms;

/// The signals that end us. Blocked, so that no thread is interrupted by them.
class stop_signals {
public:
  stop_signals() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGTERM);
    ::sigaddset(&set_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  void wait() {
    int number = 0;
    while (::sigwait(&set_, &number) != 0) {
      // again
    }
  }

private:
  sigset_t set_;
};

/// The node and its actors.
class server {
public:
  /// Does not listen yet.
  explicit server(const arguments& args)
    : args_(args),
      cfg_(args, args.host.empty() ? "127.0.0.1" : args.host, shutdown_timeout),
      sys_(cfg_) {
    // nop
  }

  /// Leaves gracefully.
  ~server() {
    get(sys_).stop();
    for (auto& x : actors_)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  }

  void start() {
    auto& rm = get(sys_);
    check(rm.set_log_sink([](std::string_view x) { try_print_error_line(x); }));
    check(rm.declare_type("google.protobuf.UInt64Value"));
    add_actor("echo", [](caf::actor_system& x) { return x.spawn(echo); });
    add_actor("counter", [](caf::actor_system& x) { return x.spawn(counter); });
    begin();
  }

private:
  void add_actor(const char* name, remoting::kind_factory make) {
    auto& rm = get(sys_);
    actors_.push_back(make(sys_));
    check(rm.publish(actors_.back(), name, receive_mode::raw));
    check(rm.register_kind(name, std::move(make), receive_mode::raw));
  }

  void begin() {
    auto& rm = get(sys_);
    auto printer = sys_.spawn(event_printer, args_.as_json);
    actors_.push_back(printer);
    check(rm.subscribe(printer));
    auto address = listen(rm);
    print_line(
      args_.as_json
        ? json_line{}.text("event", "listening").text("address", address).str()
        : "listening on " + address);
    caf::anon_send(printer, caf::ok_atom::value);
  }

  const arguments& args_;
  node_config cfg_;
  caf::actor_system sys_;
  std::vector<caf::actor> actors_;
};

} // namespace

int serve(const arguments& args) {
  stop_signals stop;
  time_limit last_resort;
  server node{args};
  try {
    node.start();
    stop.wait();
    last_resort.leave_in(last_resort_time, exit_success);
  } catch (const failure& x) {
    print_error(x.what());
    last_resort.leave_in(last_resort_time, exit_failure);
    return exit_failure;
  }
  return exit_success;
}

} // namespace caf_remote::tool
