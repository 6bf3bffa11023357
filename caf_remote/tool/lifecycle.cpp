// SPDX-License-Identifier: BSD-3-Clause

// The commands about nodes and actors as such: ping, spawn, watch, stop.

#include "caf_remote/error.hpp"
#include "caf_remote/tool/client.hpp"
#include "caf_remote/tool/commands.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/output.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <cstdio>

namespace caf_remote::tool {

namespace {

std::string render_milliseconds(command_time::clock::duration x) {
  char buf[32];
  auto ms = std::chrono::duration<double, std::milli>{x}.count();
  std::snprintf(buf, sizeof(buf), "%.1f ms", ms);
  return buf;
}

/// The wire's word for the reason of a down message.
std::string render_down(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal)
    return "stopped";
  if (reason == caf::exit_reason::unknown)
    return "not_found";
  return "address_terminated";
}

/// Says when the watch stands: the other node has handled it before the ping.
void announce_watch(client& here) {
  auto& args = here.args();
  auto limit = std::min<caf::timespan>(here.remaining(),
                                       std::chrono::seconds{5});
  if (here.module().ping(args.address, args.id, limit))
    try_print_error_line("watching " + args.address + "/" + args.id);
}

} // namespace

int ping(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto start = command_time::clock::now();
    auto answer = here.module().ping(args.address, "activator",
                                     here.remaining());
    auto elapsed = command_time::clock::now() - start;
    if (!answer)
      throw failure{here.explain(answer.error())};
    auto& who = answer->who.address;
    auto known = check_address(who) ? args.address : who;
    print_line("pong from " + known + " in " + render_milliseconds(elapsed));
  });
}

int spawn(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto hdl = here.module().spawn(args.address, args.kind, args.name,
                                   here.remaining());
    if (!hdl)
      throw failure{here.explain(hdl.error())};
    print_line(printable(to_string(here.module().pid_of(*hdl))));
  });
}

int watch(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    auto& self = here.self();
    self->monitor(here.target());
    if (args.verbose)
      announce_watch(here);
    std::string end;
    self->receive([&](const caf::down_msg& x) { end = render_down(x.reason); },
                  caf::after(here.remaining()) >> [] {});
    if (end.empty())
      throw failure{here.explain(caf::sec::request_timeout)};
    if (auto why = here.explain_absence(); !why.empty())
      print_error(why);
    print_line("terminated " + end);
  });
}

int stop(const arguments& args) {
  command_time time{args};
  return run_client(args, time, [&](client& here) {
    caf::anon_send_exit(here.target(), caf::exit_reason::user_shutdown);
    here.finish_sending();
  });
}

} // namespace caf_remote::tool
