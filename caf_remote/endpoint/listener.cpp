// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/listener.hpp"

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/transport/grpc_server.hpp"

#include <caf/send.hpp>

#include <re2/re2.h>

namespace caf_remote {

namespace {

using match = transport::diagnostics::match;

// Answers of ListProcesses are bounded like everything else.
constexpr size_t max_listed = 100000;

bool list_processes(const node& home, const std::string& pattern, match how,
                    std::vector<std::string>& ids, std::string& error) {
  RE2::Options opts;
  opts.set_log_errors(false);
  opts.set_max_mem(1 << 20);
  RE2 regex{how == match::regex ? pattern : "", opts};
  if (!regex.ok()) {
    error = regex.error();
    return false;
  }
  for (auto& id : home.processes->names(process_kind::published)) {
    auto hit = how == match::exact  ? id == pattern
               : how == match::part ? id.find(pattern) != std::string::npos
                                    : RE2::PartialMatch(id, regex);
    if (hit && ids.size() < max_listed)
      ids.push_back(id);
  }
  return true;
}

std::string describe_process(const node& home, const std::string& id) {
  auto process = home.processes->find(id);
  if (process.hdl == nullptr)
    return {};
  return "id: " + id + "\nactor id: " + std::to_string(process.hdl->id())
         + "\nreceives: "
         + (process.mode == delivery_mode::raw ? "raw" : "decoded") + "\n";
}

std::shared_ptr<transport::diagnostics> make_diagnostics(const node_ptr& home) {
  if (!home->opts.diagnostics)
    return nullptr;
  auto result = std::make_shared<transport::diagnostics>();
  std::weak_ptr<node> weak = home;
  result->list = [weak](const std::string& pattern, match how,
                        std::vector<std::string>& ids, std::string& error) {
    auto ptr = weak.lock();
    return ptr == nullptr || list_processes(*ptr, pattern, how, ids, error);
  };
  result->describe = [weak](const std::string& id) {
    auto ptr = weak.lock();
    return ptr == nullptr ? "" : describe_process(*ptr, id);
  };
  result->address = [weak]() -> std::string {
    auto ptr = weak.lock();
    return ptr == nullptr ? "" : ptr->own().advertised();
  };
  return result;
}

caf::error take_address(node& home, const std::string& bound_host,
                        uint16_t bound_port) {
  auto& opts = home.opts;
  if (is_wildcard_host(bound_host) && opts.advertised_host.empty())
    return make_error(errc::invalid_config,
                      "listening on " + bound_host
                        + " needs caf-remote.advertised-host: no peer can dial "
                          "a wildcard");
  auto advertised = join_address(
    opts.advertised_host.empty() ? bound_host : opts.advertised_host,
    opts.advertised_port == 0 ? bound_port : opts.advertised_port);
  home.own(own_addresses{advertised, bound_host, bound_port, opts.aliases});
  return {};
}

} // namespace

caf::expected<std::shared_ptr<transport::server>>
start_listening(const node_ptr& home, const std::string& host, uint16_t port) {
  auto& opts = home->opts;
  using std::chrono::milliseconds;
  transport::listen_options lo;
  lo.host = host;
  lo.port = port;
  lo.max_receive_bytes = opts.max_receive_bytes;
  lo.on_shortage = [weak = std::weak_ptr<node>{home}](const std::string& what) {
    if (auto ptr = weak.lock())
      ptr->on_shortage(what);
  };
  lo.max_streams = opts.max_streams;
  lo.on_refused = [weak = std::weak_ptr<node>{home}](const std::string& peer,
                                                     const std::string& why) {
    if (auto ptr = weak.lock())
      ptr->on_protocol_error(peer, why);
  };
  lo.handshake_timeout = std::chrono::duration_cast<milliseconds>(
    opts.handshake_timeout);
  std::weak_ptr<node> weak = home;
  lo.initial_metadata = [weak] {
    auto ptr = weak.lock();
    return ptr == nullptr ? transport::metadata{} : ptr->introduction();
  };
  // what comes after the end of the node is dropped, and so cancelled
  lo.on_stream = [mgr = home->manager(),
                  gate = home->streams](transport::incoming in) {
    gate->speak([&] { caf::anon_send(mgr, incoming_stream{std::move(in)}); });
  };
  lo.diag = make_diagnostics(home);
  // no stream is there before the address that its messages must name
  auto before = &home->own();
  lo.on_bound = [weak](const std::string& bound_host, uint16_t bound_port) {
    auto ptr = weak.lock();
    return ptr == nullptr ? make_error(errc::not_running)
                          : take_address(*ptr, bound_host, bound_port);
  };
  auto srv = transport::start_grpc_server(std::move(lo));
  if (!srv) {
    if (&home->own() != before)
      home->own(own_addresses{});
    return std::move(srv.error());
  }
  caf::anon_send(home->manager(), listening{*srv});
  return srv;
}

} // namespace caf_remote
