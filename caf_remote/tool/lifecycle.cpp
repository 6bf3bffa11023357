// SPDX-License-Identifier: BSD-3-Clause

// The commands about nodes and actors as such: ping, spawn, watch, stop.

#include "caf_remote/error.hpp"
#include "caf_remote/tool/client.hpp"
#include "caf_remote/tool/commands.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/json_line.hpp"
#include "caf_remote/tool/output.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <cstdio>
#include <tuple>

namespace caf_remote::tool {

namespace {

constexpr const char* stopped = "stopped";
constexpr const char* not_found = "not_found";

double to_milliseconds(command_time::clock::duration x) {
  return std::chrono::duration<double, std::milli>{x}.count();
}

std::string render_milliseconds(double ms) {
  char buf[32];
  std::snprintf(buf, sizeof(buf), "%.1f ms", ms);
  return buf;
}

/// The result of a command, in the form that is wanted.
void print_result(const arguments& args, const std::string& text,
                  const json_line& json) {
  if (args.as_json)
    print_line(json.str());
  else if (!text.empty())
    print_line(text);
}

json_line about_actor(const arguments& args, const char* what,
                      const std::string& value) {
  return json_line{}
    .text(what, value)
    .text("address", args.address)
    .text("id", args.id);
}

/// The wire's word for the reason of a down message.
std::string render_down(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal)
    return stopped;
  if (reason == caf::exit_reason::unknown)
    return not_found;
  return "address_terminated";
}

/// Waits for the end of a monitored actor; empty: it did not come in time.
std::string await_end(client& here) {
  std::string result;
  here.self()->receive(
    [&](const caf::down_msg& x) { result = render_down(x.reason); },
    caf::after(here.remaining()) >> [] {});
  return result;
}

/// Says when the watch stands: the other node has handled it before the ping.
void announce_watch(client& here) {
  auto& args = here.args();
  auto limit = std::min<caf::timespan>(here.remaining(),
                                       std::chrono::seconds{5});
  if (here.module().ping(args.address, args.id, limit))
    try_print_error_line("watching " + args.address + "/" + args.id);
}

/// Judges what became of an actor that was told to stop.
void check_stopped(client& here, const std::string& end) {
  auto& args = here.args();
  if (end == stopped)
    return;
  if (end == not_found)
    throw failure{"there is no actor " + printable(args.id) + " at "
                  + args.address};
  if (!end.empty()) {
    // our message may be what the node was lost with
    here.check_losses();
    throw failure{here.explain(make_error(errc::endpoint_terminated))};
  }
  if (!here.explain_absence().empty() || here.has_way_back())
    throw failure{here.explain(caf::sec::request_timeout)};
  print_error("it was told to stop, but whether it has ended cannot be heard: "
              + here.explain_no_way_back());
}

} // namespace

int ping(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto start = command_time::clock::now();
    auto id = args.id.empty() ? std::string{"activator"} : args.id;
    auto answer = here.module().ping(args.address, id, here.remaining());
    auto ms = to_milliseconds(command_time::clock::now() - start);
    if (!answer)
      throw failure{here.explain(answer.error())};
    auto& who = answer->who.address;
    auto known = check_address(who) ? args.address : who;
    auto name = args.id.empty() ? known : known + '/' + printable(args.id);
    print_result(args, "pong from " + name + " in " + render_milliseconds(ms),
                 json_line{}
                   .text("pong", known)
                   .text("id", id)
                   .decimal("milliseconds", ms));
  });
}

int spawn(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto hdl = here.module().spawn(args.address, args.kind, args.name,
                                   here.remaining());
    if (!hdl)
      throw failure{here.explain(hdl.error())};
    auto who = here.module().pid_of(*hdl);
    print_result(args, printable(to_string(who)),
                 json_line{}
                   .text("spawned", to_string(who))
                   .text("address", who.address)
                   .text("id", who.id));
  });
}

int watch(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto& self = here.self();
    self->monitor(here.target());
    if (args.verbose)
      announce_watch(here);
    auto end = await_end(here);
    if (end.empty())
      throw failure{here.explain(caf::sec::request_timeout)};
    if (auto why = here.explain_absence(); !why.empty())
      print_error(why);
    print_result(args, "terminated " + end,
                 about_actor(args, "terminated", end));
  });
}

int stop(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto target = here.target();
    here.self()->monitor(target);
    caf::anon_send_exit(target, caf::exit_reason::user_shutdown);
    // who has nothing to tell us need not connect, but answers this
    std::ignore = here.module().ping(args.address, "activator",
                                     here.remaining() / 2);
    check_stopped(here, await_end(here));
    print_result(args, "",
                 about_actor(args, "stopped", args.address + '/' + args.id));
  });
}

} // namespace caf_remote::tool
