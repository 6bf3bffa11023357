// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/client.hpp"

#include "caf_remote/tool/duration.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/local_address.hpp"
#include "caf_remote/tool/output.hpp"

namespace caf_remote::tool {

namespace {

std::string host_for(const arguments& args) {
  return args.host.empty() ? local_address_for(args.address) : args.host;
}

/// Messages that were not on their way when their stream ended.
uint64_t unconfirmed(const counters& xs) {
  auto result = xs.retired.unconfirmed;
  for (auto& x : xs.endpoints)
    result += x.unconfirmed;
  return result;
}

void show_log_line(std::string_view line) {
  try_print_error_line(line);
}

} // namespace

client::client(const arguments& args, command_time& time)
  : args_(args), time_(time), cfg_(args, host_for(args), time.shutdown_time()),
    sys_(cfg_), self_(sys_), observer_(std::make_shared<peer_observer>()) {
  auto& rm = module();
  check(rm.set_log_sink(args.verbose ? log_sink{show_log_line} : log_sink{}));
  check(rm.set_hook(observer_));
  listen(rm);
}

client::~client() {
  module().stop();
}

caf::actor client::target() {
  auto result = module().lookup(args_.address, args_.id);
  if (!result)
    throw failure{render(result.error())};
  return *result;
}

caf::error client::flush() {
  auto done = module().flush(args_.address, time_.remaining());
  auto result = observer_->lost();
  if (!done && !result)
    throw failure{explain(caf::sec::request_timeout)};
  return result;
}

void client::forget_losses() {
  observer_->forget_losses();
}

void client::finish_sending() {
  flush();
  check_losses();
  // what was handed to the transport may still be stuck there
  module().stop();
  check_losses();
  if (!observer_->was_connected())
    throw failure{explain(make_error(errc::endpoint_terminated))};
  if (unconfirmed(module().snapshot()) > 0)
    throw failure{explain(make_error(errc::unconfirmed))};
}

void client::check_losses() {
  if (auto lost = observer_->lost())
    throw failure{explain(lost)};
}

// -- what went wrong ----------------------------------------------------------

std::string client::explain(const caf::error& reason) {
  auto code = code_of(reason);
  if (reason == caf::sec::request_timeout)
    return "time-out after " + render_duration(*time_.limit()) + ": "
           + explain_silence();
  if (code == errc::endpoint_terminated)
    return render(reason) + ": " + explain_silence();
  auto words = printable(render(reason));
  return code == errc::dead_letter && !args_.id.empty()
           ? printable(args_.id) + ": " + words
           : words;
}

std::string client::explain_absence() {
  if (observer_->was_connected())
    return "";
  auto& address = args_.address;
  if (!accepts_connections(address, time_.probe_time()))
    return address + " was not reached";
  return address + " was reached, but did not shake hands";
}

std::string client::explain_silence() {
  auto& address = args_.address;
  auto awaits_end = args_.command == "watch" || args_.command == "stop";
  if (awaits_end && observer_->was_connected())
    return address + "/" + args_.id + " has not ended";
  if (auto why = explain_absence(); !why.empty())
    return why;
  if (auto why = observer_->disconnect_reason(); !why.empty())
    return "the connection to " + address + " ended: " + printable(why);
  if (!has_way_back())
    return explain_no_way_back();
  return address + " did not answer";
}

bool client::has_way_back() {
  auto now = module().snapshot();
  return now.received_batches != 0 || now.inbound_streams != 0;
}

std::string client::explain_no_way_back() {
  auto way = args_.address + " did not connect back to " + module().address();
  // an actor that does not answer gives its node no reason to connect
  return args_.command == "ping" ? way : "no answer, and " + way;
}

// -- running ------------------------------------------------------------------

int run_client(const arguments& args, command_time& time,
               const std::function<void(client&)>& body) {
  int code = exit_success;
  client here{args, time};
  try {
    body(here);
  } catch (const failure& x) {
    print_error(x.what());
    code = exit_failure;
  }
  time.leave(code);
  return code;
}

} // namespace caf_remote::tool
