// SPDX-License-Identifier: BSD-3-Clause

#include "support/eventually.hpp"
#include "support/http2_bytes.hpp"
#include "support/loopback.hpp"
#include "support/plain_socket.hpp"

#include "remote.grpc.pb.h"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <doctest/doctest.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <tuple>

using namespace caf_remote::test;
using namespace caf_remote::transport;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

listen_options on(std::string host, uint16_t port) {
  listen_options result;
  result.host = std::move(host);
  result.port = port;
  return result;
}

std::string error_of(listen_options opts) {
  auto res = start_grpc_server(std::move(opts));
  if (res)
    return "no error";
  CHECK(res.error() == caf::sec::cannot_open_port);
  return caf::to_string(res.error());
}

bool has(const std::string& str, const char* what) {
  return str.find(what) != std::string::npos;
}

auto stub_for(const loopback& net) {
  return remote::Remoting::NewStub(
    grpc::CreateChannel(net.address(), grpc::InsecureChannelCredentials()));
}

/// Makes a call with a request that may be garbage.
grpc::Status call_raw(const loopback& net, const std::string& method,
                      const std::string& bytes) {
  grpc::GenericStub stub{
    grpc::CreateChannel(net.address(), grpc::InsecureChannelCredentials())};
  grpc::Slice slice{bytes};
  grpc::ByteBuffer request{&slice, 1};
  grpc::ByteBuffer response;
  grpc::ClientContext ctx;
  std::promise<grpc::Status> result;
  stub.UnaryCall(&ctx, method, {}, &request, &response,
                 [&](grpc::Status x) { result.set_value(std::move(x)); });
  return result.get_future().get();
}

std::shared_ptr<diagnostics> some_diagnostics() {
  auto result = std::make_shared<diagnostics>();
  result->address = [] { return std::string{"here:1"}; };
  result->list = [](const std::string& pattern, diagnostics::match how,
                    std::vector<std::string>& ids, std::string& error) {
    if (how == diagnostics::match::regex) {
      error = "bad regex";
      return false;
    }
    ids = {pattern + "1", pattern + "2"};
    return true;
  };
  result->describe = [](const std::string& id) {
    return id == "none" ? std::string{} : "all about " + id;
  };
  return result;
}

} // namespace

TEST_SUITE_BEGIN("transport.grpc_server");

TEST_CASE("the kernel picks the port") {
  loopback net;
  CHECK_NE(net.srv->port(), 0);
  CHECK_EQ(net.srv->bound_host(), "127.0.0.1");
}

TEST_CASE("the bound host is a literal address") {
  auto bound = [](std::string host) {
    auto res = start_grpc_server(on(std::move(host), 0));
    return res ? (*res)->bound_host() : caf::to_string(res.error());
  };
  CHECK_EQ(bound("localhost"), "127.0.0.1");
  CHECK_EQ(bound("0.0.0.0"), "0.0.0.0");
  CHECK_EQ(bound("127.0.0.2"), "127.0.0.2");
}

TEST_CASE("bad host names are errors with a text") {
  CHECK(has(error_of(on("no-such-host.invalid", 0)), "no-such-host.invalid"));
  CHECK(has(error_of(on("", 0)), "empty"));
  CHECK(has(error_of(on("300.1.2.3", 0)), "300.1.2.3"));
  // A documentation address that no interface has.
  CHECK(has(error_of(on("192.0.2.1", 0)), "192.0.2.1"));
}

TEST_CASE("a port that another gRPC server holds is taken") {
  loopback net;
  auto port = net.srv->port();
  CHECK(has(error_of(on("127.0.0.1", port)), "in use"));
  CHECK(has(error_of(on("0.0.0.0", port)), "in use"));
}

TEST_CASE("a port of the wildcard is taken on each address") {
  loopback net{on("0.0.0.0", 0)};
  CHECK(has(error_of(on("127.0.0.1", net.srv->port())), "in use"));
  CHECK(has(error_of(on("0.0.0.0", net.srv->port())), "in use"));
}

TEST_CASE("a port that a plain socket holds is taken") {
  plain_socket sock;
  auto port = sock.listen();
  CHECK(has(error_of(on("127.0.0.1", port)), "in use"));
  CHECK(has(error_of(on("0.0.0.0", port)), "in use"));
  // Another address, another socket.
  CHECK_EQ(error_of(on("127.0.0.2", port)), "no error");
}

TEST_CASE("a server that is gone leaves its port") {
  uint16_t port = 0;
  for (auto i = 0; i < 20; ++i) {
    loopback net{on("127.0.0.1", port)};
    port = net.srv->port();
    auto [near, far] = net.open();
    near.str->write("x");
    far.str->read();
    CHECK(far.log->wait_frames(1));
  }
}

TEST_CASE("starting and stopping two hundred times leaves nothing") {
  for (auto i = 0; i < 200; ++i) {
    auto res = start_grpc_server({});
    REQUIRE(res);
    if (i % 4 == 0)
      (*res)->stop_accepting();
    if (i % 2 == 0)
      (*res)->shutdown(5s);
  }
}

TEST_CASE("nothing is accepted before the owner knows the address") {
  std::atomic<bool> known{false};
  std::atomic<bool> early{false};
  recorded_stream near;
  listen_options opts;
  opts.initial_metadata = [&] {
    if (!known)
      early = true;
    return metadata{};
  };
  opts.on_bound = [&](const std::string& host, uint16_t port) {
    CHECK_EQ(host, "127.0.0.1");
    // the kernel takes connections already
    near = dial(host + ":" + std::to_string(port));
    known = true;
    return caf::error{};
  };
  loopback net{std::move(opts)};
  net.accept();
  CHECK_FALSE(early);
}

TEST_CASE("the owner may refuse the address") {
  auto opts = on("127.0.0.1", 0);
  uint16_t bound = 0;
  opts.on_bound = [&](const std::string&, uint16_t port) {
    bound = port;
    return caf::make_error(caf::sec::cannot_open_port, "not here");
  };
  CHECK(has(error_of(std::move(opts)), "not here"));
  // and it is free again
  auto srv = start_grpc_server(on("127.0.0.1", bound));
  CHECK(srv);
}

TEST_CASE("stopping to accept keeps open streams") {
  loopback net;
  auto [near, far] = net.open();
  net.srv->stop_accepting();
  net.srv->stop_accepting();
  auto late = dial(net.address());
  CHECK_EQ(late.log->wait_closed().code, status_code::unavailable);
  near.str->write("still open");
  far.str->read();
  CHECK(far.log->wait_frames(1));
  near.str->read();
  far.write("as well");
  CHECK(near.log->wait_frames(1));
  // The port is free while they live.
  loopback next{on("127.0.0.1", net.srv->port())};
}

TEST_CASE("shutdown ends all streams on both sides") {
  loopback net;
  std::vector<std::pair<recorded_stream, recorded_stream>> xs;
  for (auto i = 0; i < 20; ++i)
    xs.push_back(net.open());
  auto begin = steady::now();
  net.srv->shutdown(20s);
  CHECK(steady::now() - begin < 5s);
  for (auto& [near, far] : xs) {
    // Nothing comes later on the listener's side.
    REQUIRE(far.log->snapshot().closed);
    CHECK_EQ(far.log->snapshot().closed->code, status_code::cancelled);
    CHECK_NE(near.log->wait_closed().code, status_code::ok);
  }
  net.srv->shutdown(20s);
  net.srv->stop_accepting();
}

TEST_CASE("a status given before the shutdown reaches the dialler") {
  for (auto i = 0; i < 20; ++i) {
    loopback net;
    auto [near, far] = net.open();
    far.str->finish({status_code::unavailable, "leaving"});
    far.log->wait_closed();
    net.srv->shutdown(5s);
    CHECK_EQ(near.log->wait_closed().message, "leaving");
  }
}

TEST_CASE("shutdown in the middle of writes") {
  for (auto i = 0; i < 20; ++i) {
    loopback net;
    auto [near, far] = net.open();
    for (auto* x : {&near, &far}) {
      auto* str = x->str.get();
      x->log->set_hook([str](char tag) {
        if (tag == 'w')
          str->write(frame(10000, 'x'));
        else if (tag == 'f')
          str->read();
      });
      str->read();
      str->read();
      str->write("go");
    }
    REQUIRE(near.log->wait_frames(10));
    REQUIRE(far.log->wait_frames(10));
    net.srv->shutdown(5s);
    CHECK(far.log->snapshot().closed);
    auto code = near.log->wait_closed().code;
    // a connection that is closed with bytes left unread is reset by TCP, which
    // drops what was on its way to the dialler, such as the cancellation
    auto expected = code == status_code::cancelled
                    || code == status_code::unavailable;
    CHECK(expected);
    CHECK_FALSE(near.log->snapshot().faulty);
    CHECK_FALSE(far.log->snapshot().faulty);
  }
}

TEST_CASE("shutdown does not wait for silent connections") {
  loopback net;
  plain_socket sock;
  sock.connect(net.srv->port());
  plain_socket half;
  half.connect(net.srv->port());
  // The preface and an empty SETTINGS frame, then nothing.
  half.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + std::string("\0\0\0\4\0\0\0\0\0", 9));
  auto [near, far] = net.open();
  auto begin = steady::now();
  net.srv->shutdown(2s);
  auto elapsed = steady::now() - begin;
  CHECK(elapsed < 6s);
  CHECK(sock.wait_closed());
  CHECK(half.wait_closed());
}

TEST_CASE("shutdown does not wait for peers that do not read, or drip") {
  loopback net;
  plain_socket silent;
  plain_socket dripping;
  std::string pings;
  for (auto i = 0; i < 1000; ++i)
    pings += http2::ping();
  // answers that fit no buffer, so that gRPC is in the middle of a write
  for (auto* peer : {&silent, &dripping}) {
    peer->keep_little();
    peer->connect(net.srv->port());
    peer->send(http2::preface() + http2::settings_taken());
    for (auto i = 0; i < 600 && peer->try_send(pings); ++i)
      ; // goes on
  }
  std::thread drip{[&] {
    while (dripping.take_byte())
      ; // goes on
  }};
  auto begin = steady::now();
  net.srv->shutdown(500ms);
  auto elapsed = steady::now() - begin;
  CHECK(elapsed < 5s);
  CHECK(silent.wait_closed());
  drip.join();
}

TEST_CASE("a connection that says nothing is closed in time") {
  listen_options opts;
  opts.handshake_timeout = 200ms;
  loopback net{opts};
  plain_socket sock;
  sock.connect(net.srv->port());
  CHECK(sock.wait_closed());
}

TEST_CASE("streams outlive a dropped handle of their server") {
  recorded_stream near;
  recorded_stream far;
  {
    loopback net;
    std::tie(near, far) = net.open();
  }
  far.str->read();
  far.str->write("nobody");
  far.str->finish({});
  far.str->cancel();
  CHECK_FALSE(far.str->peer().empty());
  CHECK(far.log->snapshot().closed);
  near.log->wait_closed();
}

TEST_CASE("a connection that opens too many streams is cut") {
  for (auto confirms : {true, false}) {
    CAPTURE(confirms);
    std::atomic<int> refused{0};
    listen_options opts;
    opts.on_refused = [&](const std::string&, const std::string&) {
      ++refused;
    };
    loopback net{std::move(opts)};
    auto [near, far] = net.open();
    plain_socket peer;
    peer.connect(net.srv->port());
    // gRPC keeps to its own bound only once the peer has confirmed it
    peer.send(http2::preface());
    // those of the server are here
    REQUIRE(peer.take_byte());
    std::string calls = confirms ? http2::settings_taken() : "";
    for (uint32_t i = 0; i < 1000; ++i)
      calls += http2::receive_call(2 * i + 1);
    peer.try_send(calls);
    CHECK(peer.wait_closed());
    CHECK_EQ(refused > 0, !confirms);
    // others do not mind
    near.str->write("x");
    far.str->read();
    CHECK(far.log->wait_frames(1));
  }
}

TEST_CASE("streams beyond the bound are refused before anything is made") {
  std::promise<std::pair<std::string, std::string>> told;
  std::atomic<int> refused{0};
  std::atomic<int> made{0};
  listen_options opts;
  opts.max_streams = 2;
  opts.initial_metadata = [&] {
    ++made;
    return metadata{};
  };
  opts.on_refused = [&](const std::string& peer, const std::string& why) {
    if (refused++ == 0)
      told.set_value({peer, why});
  };
  loopback net{std::move(opts)};
  auto first = net.open();
  auto second = net.open();
  auto third = dial(net.address());
  auto why = third.log->wait_closed();
  CHECK_EQ(why.code, status_code::resource_exhausted);
  CHECK_EQ(why.message, "too many streams");
  CHECK_EQ(made, 2);
  auto [peer, text] = told.get_future().get();
  CHECK_EQ(peer.rfind("127.0.0.1:", 0), 0u);
  CHECK_EQ(text, "refused, since max-streams (2) are open");
  // one that has ended has left its place
  first.first.str->cancel();
  first.second.log->wait_closed();
  recorded_stream fourth;
  CHECK(eventually([&] {
    fourth = dial(net.address());
    return fourth.log->wait([](auto& x) {
      return x.initial || x.closed.has_value();
    }) && fourth.log->snapshot().initial;
  }));
}

TEST_CASE("one host leaves places to others") {
  listen_options opts;
  opts.max_streams = 10;
  loopback net{std::move(opts)};
  std::vector<std::pair<recorded_stream, recorded_stream>> xs;
  for (auto i = 0; i < 9; ++i)
    xs.push_back(net.open());
  CHECK_EQ(dial(net.address()).log->wait_closed().code,
           status_code::resource_exhausted);
  plain_socket other;
  other.connect(net.srv->port(), "127.0.0.2");
  other.send(http2::preface() + http2::receive_call(1));
  CHECK_EQ(net.accept().str->peer(), other.name());
}

TEST_CASE("what is compressed is refused") {
  loopback net;
  auto stub = stub_for(net);
  for (auto how : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext ctx;
    ctx.set_compression_algorithm(how);
    auto str = stub->Receive(&ctx);
    remote::RemoteMessage bomb;
    bomb.mutable_message_batch()->add_type_names(std::string(1 << 20, 'x'));
    str->Write(bomb);
    CHECK_EQ(str->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
}

TEST_CASE("diagnostics are refused unless enabled") {
  loopback net;
  auto stub = stub_for(net);
  remote::ListProcessesResponse list;
  grpc::ClientContext ctx1;
  CHECK_EQ(stub->ListProcesses(&ctx1, {}, &list).error_code(),
           grpc::StatusCode::UNIMPLEMENTED);
  remote::GetProcessDiagnosticsResponse diag;
  grpc::ClientContext ctx2;
  CHECK_EQ(stub->GetProcessDiagnostics(&ctx2, {}, &diag).error_code(),
           grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE("a connection without a stream is closed") {
  listen_options opts;
  opts.handshake_timeout = 500ms;
  loopback net{opts};
  auto [near, far] = net.open();
  plain_socket sock;
  sock.connect(net.srv->port());
  // HTTP/2's preface and an empty SETTINGS frame: the set-up is complete.
  sock.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + std::string("\0\0\0\4\0\0\0\0\0", 9));
  auto begin = steady::now();
  CHECK(sock.wait_closed());
  CHECK(steady::now() - begin < 10s);
  // A stream keeps its connection, even if it is silent.
  CHECK(near.log->snapshot().frames.empty());
  CHECK_FALSE(near.log->snapshot().closed);
  near.str->write("still here");
  far.str->read();
  CHECK(far.log->wait_frames(1));
}

TEST_CASE("diagnostics list processes") {
  listen_options opts;
  opts.diag = some_diagnostics();
  loopback net{opts};
  auto stub = stub_for(net);
  remote::ListProcessesRequest request;
  request.set_pattern("actor");
  remote::ListProcessesResponse list;
  grpc::ClientContext ctx1;
  REQUIRE(stub->ListProcesses(&ctx1, request, &list).ok());
  REQUIRE_EQ(list.pids_size(), 2);
  CHECK_EQ(list.pids(0).address(), "here:1");
  CHECK_EQ(list.pids(1).id(), "actor2");
  request.set_type(remote::MatchRegex);
  grpc::ClientContext ctx2;
  auto bad = stub->ListProcesses(&ctx2, request, &list);
  CHECK_EQ(bad.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_EQ(bad.error_message(), "bad regex");
  request.set_type(static_cast<remote::ListProcessesMatchType>(17));
  grpc::ClientContext ctx3;
  CHECK_EQ(stub->ListProcesses(&ctx3, request, &list).error_code(),
           grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("requests for diagnostics are bounded as well") {
  listen_options opts;
  opts.diag = some_diagnostics();
  opts.max_receive_bytes = 1000;
  loopback net{opts};
  auto stub = stub_for(net);
  remote::ListProcessesRequest list;
  list.set_pattern(std::string(1001, 'x'));
  remote::ListProcessesResponse ids;
  grpc::ClientContext ctx1;
  CHECK_EQ(stub->ListProcesses(&ctx1, list, &ids).error_code(),
           grpc::StatusCode::RESOURCE_EXHAUSTED);
  remote::GetProcessDiagnosticsRequest one;
  one.mutable_pid()->set_id(std::string(1001, 'x'));
  remote::GetProcessDiagnosticsResponse text;
  grpc::ClientContext ctx2;
  CHECK_EQ(stub->GetProcessDiagnostics(&ctx2, one, &text).error_code(),
           grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE(
  "requests for diagnostics that are garbage are refused, and nothing is "
  "written to stderr") {
  static std::atomic<int> lines;
  lines = 0;
  auto before = google::protobuf::SetLogHandler(
    [](google::protobuf::LogLevel, const char*, int, const std::string&) {
      ++lines;
    });
  for (auto enabled : {false, true}) {
    listen_options opts;
    if (enabled)
      opts.diag = some_diagnostics();
    loopback net{opts};
    for (auto& [method, bytes] : std::map<std::string, std::string>{
           {"/remote.Remoting/ListProcesses", "\x0a\x01\xff"},
           {"/remote.Remoting/GetProcessDiagnostics", "\x0a\x03\x12\x01\xff"}})
      CHECK_EQ(call_raw(net, method, bytes).error_code(),
               enabled ? grpc::StatusCode::INVALID_ARGUMENT
                       : grpc::StatusCode::UNIMPLEMENTED);
  }
  google::protobuf::SetLogHandler(before);
  CHECK_EQ(lines, 0);
}

TEST_CASE("diagnostics describe a process") {
  listen_options opts;
  opts.diag = some_diagnostics();
  loopback net{opts};
  auto stub = stub_for(net);
  remote::GetProcessDiagnosticsRequest request;
  request.mutable_pid()->set_id("me");
  remote::GetProcessDiagnosticsResponse diag;
  grpc::ClientContext ctx1;
  REQUIRE(stub->GetProcessDiagnostics(&ctx1, request, &diag).ok());
  CHECK_EQ(diag.diagnostics_string(), "all about me");
  request.mutable_pid()->set_id("none");
  grpc::ClientContext ctx2;
  CHECK_EQ(stub->GetProcessDiagnostics(&ctx2, request, &diag).error_code(),
           grpc::StatusCode::NOT_FOUND);
}

TEST_SUITE_END();
