// SPDX-License-Identifier: BSD-3-Clause

#include "support/loopback.hpp"
#include "support/plain_socket.hpp"

#include "remote.grpc.pb.h"

#include <doctest/doctest.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <future>
#include <thread>

using namespace caf_remote::test;
using namespace caf_remote::transport;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

dial_options with_timeout(std::chrono::milliseconds timeout) {
  dial_options result;
  result.connect_timeout = timeout;
  return result;
}

/// Answers each stream with a message that is small on the wire only.
class compressing_service final : public remote::Remoting::Service {
public:
  using stream_type = grpc::ServerReaderWriter<remote::RemoteMessage,
                                               remote::RemoteMessage>;

  grpc::Status Receive(grpc::ServerContext* ctx, stream_type* str) override {
    ctx->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    remote::RemoteMessage bomb;
    bomb.mutable_message_batch()->add_type_names(std::string(1 << 20, 'x'));
    str->Write(bomb);
    return grpc::Status::OK;
  }
};

} // namespace

TEST_SUITE_BEGIN("transport.client_stream");

TEST_CASE("the server's metadata arrive before it sends a message") {
  listen_options opts;
  opts.initial_metadata = [] { return metadata{{"node", "n1"}, {"b", "2"}}; };
  loopback net{opts};
  auto near = dial(net.address());
  REQUIRE(near.log->wait([](auto& x) { return x.initial.has_value(); }));
  auto initial = *near.log->snapshot().initial;
  CHECK_EQ(initial["node"], "n1");
  CHECK_EQ(initial["b"], "2");
  CHECK_EQ(near.str->peer(), net.address());
}

TEST_CASE("metadata that HTTP/2 does not allow are left out") {
  listen_options listen;
  listen.initial_metadata = [] {
    return metadata{{"Upper", "x"}, {"ok", "1"}, {"bad", "line\nbreak"}};
  };
  loopback net{listen};
  dial_options opts;
  opts.call_metadata = {
    {"node", "n2"},    {"", "x"},
    {":path", "x"},    {"grpc-timeout", "x"},
    {"caf", "\xff\n"}, {"raw-bin", std::string("\0\xff\n", 3)}};
  auto [near, far] = net.open(opts);
  CHECK_EQ(far.call_metadata["node"], "n2");
  CHECK_EQ(far.call_metadata["raw-bin"], std::string("\0\xff\n", 3));
  CHECK_EQ(far.call_metadata.count("caf"), 0u);
  CHECK_EQ(far.call_metadata.count("grpc-timeout"), 0u);
  REQUIRE(near.log->wait([](auto& x) { return x.initial.has_value(); }));
  CHECK_EQ(near.log->snapshot().initial->count("ok"), 1u);
  CHECK_EQ(near.log->snapshot().initial->count("bad"), 0u);
}

TEST_CASE("what a listener has compressed is refused or left as it is") {
  compressing_service service;
  grpc::ServerBuilder builder;
  auto port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  auto srv = builder.BuildAndStart();
  auto near = dial("127.0.0.1:" + std::to_string(port));
  near.str->read();
  // how far it comes depends on which side ends the stream first
  near.log->wait_closed();
  for (auto& bytes : near.log->snapshot().frames)
    CHECK_LT(bytes.size(), 10000u);
}

TEST_CASE("metadata come first even if messages follow at once") {
  loopback net;
  for (auto i = 0; i < 200; ++i) {
    auto near = dial(net.address());
    near.str->read();
    auto far = net.accept();
    far.str->write("hello");
    REQUIRE(near.log->wait_frames(1));
    CHECK_EQ(near.log->snapshot().events, "mf");
  }
}

TEST_CASE("a message waits for the reader's credit") {
  loopback net;
  auto [near, far] = net.open();
  far.write("one");
  far.write("two");
  near.str->read();
  REQUIRE(near.log->wait_frames(1));
  near.str->read();
  near.str->read();
  REQUIRE(near.log->wait_frames(2));
  far.write("three");
  REQUIRE(near.log->wait_frames(3));
  auto frames = near.log->snapshot().frames;
  CHECK_EQ(frames, std::vector<frame>{"one", "two", "three"});
  far.write("four");
  far.str->finish({status_code::unavailable, "bye"});
  near.str->read();
  CHECK_EQ(near.log->wait_closed().code, status_code::unavailable);
  CHECK_EQ(near.log->snapshot().frames.size(), 4u);
  CHECK_EQ(far.log->wait_closed().code, status_code::unavailable);
}

TEST_CASE("the end is told to a dialler that never reads") {
  loopback net;
  auto [near, far] = net.open();
  far.str->finish({status_code::permission_denied, "blocked"});
  auto why = near.log->wait_closed();
  CHECK_EQ(why.code, status_code::permission_denied);
  CHECK_EQ(why.message, "blocked");
}

TEST_CASE("the messages before the end reach a slow reader") {
  loopback net;
  auto [near, far] = net.open();
  far.write("one");
  far.write("two");
  far.str->finish({status_code::unavailable, ""});
  far.log->wait_closed();
  // Fails or not; the messages are what counts.
  near.str->write(frame(1 << 20, 'x'));
  near.str->read();
  REQUIRE(near.log->wait_frames(1));
  near.str->read();
  REQUIRE(near.log->wait_frames(2));
  CHECK_EQ(near.log->wait_closed().code, status_code::unavailable);
}

TEST_CASE("half-close follows the write in flight") {
  loopback net;
  auto [near, far] = net.open();
  near.str->write(frame(1 << 20, 'x'));
  near.str->close_writes();
  near.str->close_writes();
  near.str->write("too late");
  far.str->read();
  far.str->read();
  REQUIRE(far.log->wait_half_closed());
  CHECK_EQ(far.log->snapshot().frames.size(), 1u);
  // The other direction is still open.
  near.str->read();
  far.write("answer");
  REQUIRE(near.log->wait_frames(1));
  far.str->finish({});
  CHECK_EQ(near.log->wait_closed().code, status_code::ok);
  CHECK_EQ(far.log->wait_closed().code, status_code::ok);
  // The end of the write is in no order with what the peer sends.
  auto seen = near.log->snapshot();
  CHECK_EQ(seen.events.size(), 4u);
  CHECK_EQ(seen.written, 1u);
  CHECK_EQ(seen.events.back(), 'c');
}

TEST_CASE("a second write follows the one in flight, and half-close follows "
          "both") {
  loopback net;
  auto [near, far] = net.open();
  // more than HTTP/2 lets through while nobody reads
  near.str->write(frame(1 << 20, 'x'));
  near.str->write(frame(1 << 20, 'y'));
  near.str->close_writes();
  for (int i = 0; i < 3; ++i)
    far.str->read();
  REQUIRE(far.log->wait_half_closed());
  auto frames = far.log->snapshot().frames;
  REQUIRE_EQ(frames.size(), 2u);
  CHECK_EQ(frames[0].front(), 'x');
  CHECK_EQ(frames[1].back(), 'y');
  far.str->finish({});
  CHECK_EQ(near.log->wait_closed().code, status_code::ok);
  CHECK_EQ(near.log->snapshot().written, 2u);
}

TEST_CASE("a write that waits ends with the stream") {
  loopback net;
  auto [near, far] = net.open();
  near.str->write(frame(8 << 20, 'x'));
  near.str->write(frame(8 << 20, 'y'));
  near.str->cancel();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
  auto seen = near.log->snapshot();
  CHECK_LT(seen.written, 2u);
  CHECK_FALSE(seen.faulty);
}

TEST_CASE("cancel ends both sides and may be repeated") {
  loopback net;
  auto [near, far] = net.open();
  near.str->cancel();
  near.str->cancel();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
  near.str->cancel();
  near.str->read();
  near.str->write("nobody");
  near.str->close_writes();
  CHECK_FALSE(near.log->snapshot().faulty);
}

TEST_CASE("cancel with an untaken message still ends the stream") {
  loopback net;
  auto [near, far] = net.open();
  far.write("untaken");
  REQUIRE(near.log->wait([](auto& x) { return x.initial.has_value(); }));
  near.str->cancel();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
  CHECK(near.log->snapshot().frames.empty());
}

TEST_CASE("dropping the last reference cancels") {
  loopback net;
  auto [near, far] = net.open();
  near.str.reset();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("the listener lives until the end and no longer") {
  loopback net;
  auto [near, far] = net.open();
  std::weak_ptr<recording_listener> weak = near.log;
  auto closed = std::make_shared<std::promise<void>>();
  near.log->set_hook([closed](char tag) {
    if (tag == 'c')
      closed->set_value();
  });
  near.log.reset();
  CHECK_FALSE(weak.expired());
  near.str->cancel();
  REQUIRE(closed->get_future().wait_for(patience) == std::future_status::ready);
  far.log->wait_closed();
  near.str.reset();
  // The callback that told us lets go right after it has returned.
  auto limit = steady::now() + patience;
  while (!weak.expired() && steady::now() < limit)
    std::this_thread::yield();
  CHECK(weak.expired());
}

TEST_CASE("a refused connection fails fast") {
  uint16_t port = 0;
  {
    plain_socket sock;
    port = sock.listen();
  }
  auto begin = steady::now();
  auto near = dial("127.0.0.1:" + std::to_string(port), with_timeout(20s));
  auto why = near.log->wait_closed();
  auto elapsed = steady::now() - begin;
  CHECK_EQ(why.code, status_code::unavailable);
  CHECK(why.message.find("refused") != std::string::npos);
  CHECK(elapsed < 5s);
  CHECK_EQ(near.log->snapshot().events, "c");
}

TEST_CASE("a peer that never answers is given up in time") {
  plain_socket sock;
  auto port = sock.listen();
  auto begin = steady::now();
  auto near = dial("127.0.0.1:" + std::to_string(port), with_timeout(300ms));
  near.str->write("waits for the connection");
  auto why = near.log->wait_closed();
  auto elapsed = steady::now() - begin;
  auto timed_out = why.code == status_code::deadline_exceeded
                   || why.code == status_code::unavailable;
  CHECK_MESSAGE(timed_out, to_string(why));
  CHECK(elapsed >= 250ms);
  CHECK(elapsed < 5s);
}

TEST_CASE("a stream outlives the time limit of its connection") {
  loopback net;
  // enough for a connection on a busy machine
  auto [near, far] = net.open(with_timeout(2s));
  // A second dial that runs into its limit shows that the first is past its.
  plain_socket sock;
  auto port = sock.listen();
  auto other = dial("127.0.0.1:" + std::to_string(port), with_timeout(2s));
  other.log->wait_closed();
  near.str->write("still here");
  far.str->read();
  CHECK(far.log->wait_frames(1));
}

TEST_CASE("a connected peer may be silent for longer than the time limit") {
  plain_socket peer;
  auto port = peer.listen();
  auto near = dial("127.0.0.1:" + std::to_string(port), with_timeout(2s));
  // An empty SETTINGS frame completes the set-up. Servers in Go say no more
  // until their first message.
  peer.accept_and_send(std::string("\0\0\0\4\0\0\0\0\0", 9));
  plain_socket sock;
  auto later = sock.listen();
  auto other = dial("127.0.0.1:" + std::to_string(later), with_timeout(2s));
  other.log->wait_closed();
  CHECK(near.log->snapshot().events.empty());
  near.str->cancel();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("dropping a stream stops its attempt") {
  plain_socket sock;
  auto port = sock.listen();
  auto begin = steady::now();
  auto near = dial("127.0.0.1:" + std::to_string(port), with_timeout(25s));
  near.str.reset();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
  CHECK(steady::now() - begin < 5s);
}

TEST_CASE("names that are no host and port are refused") {
  for (auto str : {"", "host", ":80", "host:", "host:0", "host:65536", "host:x",
                   "unix:/sock:80", "a b:80", "h:99999999999", "xds:///a:1"}) {
    CAPTURE(str);
    auto near = dial(str);
    CHECK_EQ(near.log->wait_closed().code, status_code::invalid_argument);
    CHECK_EQ(near.str->peer(), str);
  }
}

TEST_CASE("an unknown host ends the stream") {
  auto near = dial("no-such-host.invalid:80", with_timeout(10s));
  auto why = near.log->wait_closed();
  CHECK_MESSAGE(why.code == status_code::unavailable, to_string(why));
}

TEST_CASE("a message of the largest size from the listener is taken") {
  loopback net;
  dial_options opts;
  opts.max_receive_bytes = 1000;
  auto [near, far] = net.open(opts);
  near.str->read();
  far.write(frame(1000, 'x'));
  REQUIRE(near.log->wait_frames(1));
  CHECK_EQ(near.log->snapshot().frames.front().size(), 1000u);
  CHECK_FALSE(near.log->snapshot().closed);
}

TEST_CASE("an oversize message from the listener ends the stream") {
  loopback net;
  dial_options opts;
  opts.max_receive_bytes = 1000;
  auto refuse = [&](size_t size, bool finish) {
    auto [near, far] = net.open(opts);
    near.str->read();
    far.str->write(frame(size, 'x'));
    if (finish)
      far.str->finish({});
    auto why = near.log->wait_closed();
    REQUIRE_EQ(why.code, status_code::resource_exhausted);
    REQUIRE(why.peer_fault);
    REQUIRE_EQ(why.message, "a message of " + std::to_string(size)
                              + " bytes is above the limit of 1000");
    REQUIRE(near.log->snapshot().frames.empty());
    auto code = far.log->wait_closed().code;
    REQUIRE((finish || code == status_code::cancelled));
  };
  for (auto i = 0; i < 50; ++i) {
    refuse(1001, false);
    refuse(1001, true);
  }
  for (auto i = 0; i < 5; ++i)
    refuse(5 << 20, i % 2 == 0);
}

TEST_CASE("the messages before an oversize message are told") {
  loopback net;
  dial_options opts;
  opts.max_receive_bytes = 1000;
  auto [near, far] = net.open(opts);
  far.write("one");
  far.write(frame(1001, 'x'));
  near.str->read();
  CHECK(near.log->wait_closed().peer_fault);
  CHECK_EQ(near.log->snapshot().frames, std::vector<frame>{"one"});
}

TEST_CASE("a peer that speaks another protocol ends the stream") {
  loopback net;
  plain_socket sock;
  sock.connect(net.srv->port());
  sock.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(sock.wait_closed());
}

TEST_CASE("a new stream needs no good word of the last") {
  uint16_t port = 0;
  {
    plain_socket sock;
    port = sock.listen();
  }
  auto address = "127.0.0.1:" + std::to_string(port);
  // Were the failed attempt remembered, the next would wait for its back-off.
  CHECK_EQ(dial(address).log->wait_closed().code, status_code::unavailable);
  listen_options opts;
  opts.port = port;
  loopback net{opts};
  auto begin = steady::now();
  auto [near, far] = net.open();
  CHECK(near.log->wait([](auto& x) { return x.initial.has_value(); }));
  CHECK(steady::now() - begin < 3s);
}

TEST_SUITE_END();
