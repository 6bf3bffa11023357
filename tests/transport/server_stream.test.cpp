// SPDX-License-Identifier: BSD-3-Clause

#include "support/http2_bytes.hpp"
#include "support/loopback.hpp"
#include "support/plain_socket.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

using namespace caf_remote::test;
using namespace caf_remote::transport;
using namespace std::chrono_literals;

namespace {

// Writes a frame after each event 'w' until the stream ends.
void keep_writing(recorded_stream& x, size_t size) {
  auto* str = x.str.get();
  x.log->set_hook([str, size](char tag) {
    if (tag == 'w')
      str->write(frame(size, 'x'));
  });
  str->write(frame(size, 'x'));
}

listen_options with_limit(size_t max_receive_bytes) {
  listen_options result;
  result.max_receive_bytes = max_receive_bytes;
  return result;
}

// Waits until no write has ended for a while.
size_t settled_writes(recording_listener& log) {
  size_t n = 0;
  while (log.wait([n](auto& x) { return x.written > n; }, 500ms))
    n = log.snapshot().written;
  return n;
}

} // namespace

TEST_SUITE_BEGIN("transport.server_stream");

TEST_CASE("frames of all sizes go both ways unchanged") {
  loopback net;
  auto [near, far] = net.open();
  std::vector<frame> frames;
  for (size_t size : {0, 1, 15, 16, 100, 16384, 70000, 5 << 20}) {
    frame bytes(size, '\0');
    for (size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<char>(i * 7 + i / 251);
    frames.push_back(std::move(bytes));
  }
  for (size_t i = 0; i < frames.size(); ++i) {
    near.str->read();
    far.str->read();
    near.write(frames[i]);
    far.write(frames[i]);
    REQUIRE(near.log->wait_frames(i + 1));
    REQUIRE(far.log->wait_frames(i + 1));
  }
  CHECK(near.log->snapshot().frames == frames);
  CHECK(far.log->snapshot().frames == frames);
  CHECK_EQ(far.str->peer().rfind("127.0.0.1:", 0), 0u);
}

TEST_CASE("order is kept over many frames with credit in advance") {
  loopback net;
  auto [near, far] = net.open();
  constexpr auto n = 20000;
  auto next = std::make_shared<std::atomic<int>>(1);
  near.log->set_hook([str = near.str.get(), next](char tag) {
    if (tag == 'w' && *next < n)
      str->write(std::to_string((*next)++));
  });
  far.log->set_hook([str = far.str.get()](char tag) {
    if (tag == 'f')
      str->read();
  });
  for (auto i = 0; i < 4; ++i)
    far.str->read();
  near.str->write("0");
  REQUIRE(far.log->wait_frames(n));
  auto frames = far.log->snapshot().frames;
  for (auto i = 0; i < n; ++i)
    REQUIRE_EQ(frames[static_cast<size_t>(i)], std::to_string(i));
  CHECK_FALSE(far.log->snapshot().faulty);
  CHECK_FALSE(near.log->snapshot().faulty);
}

TEST_CASE("a reader without credit stops the writer") {
  loopback net;
  auto [near, far] = net.open();
  keep_writing(near, 1 << 20);
  auto stalled = settled_writes(*near.log);
  CHECK(stalled < 32);
  CHECK(far.log->snapshot().frames.empty());
  for (auto i = 0; i < 40; ++i)
    far.str->read();
  CHECK(far.log->wait_frames(40));
  CHECK_EQ(far.log->snapshot().frames.size(), 40u);
  settled_writes(*near.log);
  CHECK_EQ(far.log->snapshot().frames.size(), 40u);
  near.str->cancel();
  near.log->wait_closed();
}

TEST_CASE("a dialler without credit stops the listener's writer") {
  loopback net;
  auto [near, far] = net.open();
  keep_writing(far, 1 << 20);
  auto stalled = settled_writes(*far.log);
  CHECK(stalled < 32);
  CHECK(near.log->snapshot().frames.empty());
  for (auto i = 0; i < 40; ++i)
    near.str->read();
  CHECK(near.log->wait_frames(40));
  far.str->cancel();
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("finish gives the dialler the status") {
  loopback net;
  for (auto code :
       {status_code::ok, status_code::unavailable, status_code::internal,
        status_code::failed_precondition, status_code::cancelled}) {
    auto [near, far] = net.open();
    far.str->finish({code, code == status_code::ok ? "" : "reason \n\xff"});
    far.str->finish({status_code::unknown, "ignored"});
    CHECK_EQ(near.log->wait_closed().code, code);
    CHECK_EQ(far.log->wait_closed().code, code);
    far.str->write("nobody");
    far.str->read();
    far.str->cancel();
  }
}

TEST_CASE("finish follows the write in flight") {
  loopback net;
  auto [near, far] = net.open();
  far.str->write(frame(3 << 20, 'x'));
  far.str->finish({status_code::unavailable, "leaving"});
  far.str.reset();
  near.str->read();
  CHECK_EQ(near.log->wait_closed().code, status_code::unavailable);
  CHECK_EQ(near.log->snapshot().frames.size(), 1u);
  CHECK_EQ(far.log->wait_closed().code, status_code::unavailable);
  CHECK_EQ(far.log->snapshot().events, "wc");
}

TEST_CASE("finish does not wait for ever for a peer that takes nothing") {
  listen_options opts;
  opts.handshake_timeout = 200ms;
  loopback net{opts};
  plain_socket peer;
  peer.connect(net.srv->port());
  // a window of no bytes
  peer.send(http2::preface({"\0\4\0\0\0\0", 6}) + http2::receive_call(1));
  auto far = net.accept();
  far.str->write("the answer");
  far.str->finish({status_code::unavailable, "leaving"});
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
  CHECK_EQ(far.log->snapshot().written, 0);
}

TEST_CASE("cancel of the listener ends both sides") {
  loopback net;
  auto [near, far] = net.open();
  far.str->cancel();
  far.str->cancel();
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("cancel frees a writer that the peer does not read") {
  loopback net;
  auto [near, far] = net.open();
  keep_writing(far, 1 << 20);
  settled_writes(*far.log);
  far.str->cancel();
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("a listener that drops its stream cancels it") {
  loopback net;
  auto [near, far] = net.open();
  far.str.reset();
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
  CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("a stream that nobody takes is cancelled") {
  listen_options opts;
  auto res = start_grpc_server(opts);
  REQUIRE(res);
  auto near = dial("127.0.0.1:" + std::to_string((*res)->port()));
  CHECK_EQ(near.log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("a listener that comes late hears of the end") {
  std::promise<incoming> arrived;
  listen_options opts;
  opts.on_stream = [&](incoming in) { arrived.set_value(std::move(in)); };
  auto res = start_grpc_server(opts);
  REQUIRE(res);
  auto near = dial("127.0.0.1:" + std::to_string((*res)->port()));
  auto in = arrived.get_future().get();
  near.str->cancel();
  near.log->wait_closed();
  (*res)->shutdown(5s);
  auto log = std::make_shared<recording_listener>();
  in.str->attach(log);
  CHECK_EQ(log->wait_closed().code, status_code::cancelled);
}

TEST_CASE("the dialler's half-close is no end") {
  loopback net;
  auto [near, far] = net.open();
  near.str->close_writes();
  far.str->read();
  REQUIRE(far.log->wait_half_closed());
  CHECK_FALSE(far.log->snapshot().closed);
  near.str->read();
  far.write("more");
  CHECK(near.log->wait_frames(1));
  far.str->finish({status_code::unavailable, ""});
  CHECK_EQ(near.log->wait_closed().code, status_code::unavailable);
  CHECK_EQ(far.log->wait_closed().code, status_code::unavailable);
  CHECK_EQ(far.log->snapshot().events, "hwc");
}

TEST_CASE("a lost dialler is no half-close") {
  loopback net;
  for (auto i = 0; i < 100; ++i) {
    auto [near, far] = net.open();
    far.str->read();
    near.str->cancel();
    CHECK_EQ(far.log->wait_closed().code, status_code::cancelled);
    CHECK_EQ(far.log->snapshot().events, "c");
  }
}

TEST_CASE("a message of the largest size from the dialler is taken") {
  loopback net{with_limit(1000)};
  auto [near, far] = net.open();
  far.str->read();
  near.write(frame(1000, 'x'));
  REQUIRE(far.log->wait_frames(1));
  CHECK_EQ(far.log->snapshot().frames.front().size(), 1000u);
  CHECK_FALSE(far.log->snapshot().closed);
}

TEST_CASE("an oversize message from the dialler is never a half-close") {
  loopback net{with_limit(1000)};
  auto refuse = [&net](size_t size) {
    auto [near, far] = net.open();
    far.str->read();
    near.str->write(frame(size, 'x'));
    auto why = far.log->wait_closed();
    REQUIRE_EQ(why.code, status_code::resource_exhausted);
    REQUIRE(why.peer_fault);
    REQUIRE_EQ(why.message, "a message of " + std::to_string(size)
                              + " bytes is above the limit of 1000");
    REQUIRE_EQ(far.log->snapshot().events, "c");
    auto told = near.log->wait_closed();
    REQUIRE_EQ(told.code, status_code::resource_exhausted);
    REQUIRE_EQ(told.message, why.message);
    REQUIRE_FALSE(told.peer_fault);
  };
  for (auto i = 0; i < 300; ++i)
    refuse(1001);
  for (auto i = 0; i < 10; ++i)
    refuse(5 << 20);
}

TEST_CASE("a dialler that half-closes after an oversize message is at fault") {
  loopback net{with_limit(1000)};
  for (auto i = 0; i < 100; ++i) {
    auto [near, far] = net.open();
    far.str->read();
    far.str->read();
    near.str->write(frame(1001, 'x'));
    near.str->close_writes();
    REQUIRE(far.log->wait_closed().peer_fault);
    REQUIRE_EQ(far.log->snapshot().events, "c");
    REQUIRE_EQ(near.log->wait_closed().code, status_code::resource_exhausted);
  }
}

TEST_CASE("an oversize message ends a stream that is being written to") {
  loopback net{with_limit(1000)};
  auto [near, far] = net.open();
  keep_writing(far, 20000);
  for (auto i = 0; i < 100; ++i)
    near.str->read();
  far.str->read();
  near.str->write(frame(1001, 'x'));
  for (auto i = 0; i < 100; ++i)
    near.str->read();
  near.log->set_hook([str = near.str.get()](char tag) {
    if (tag == 'f')
      str->read();
  });
  CHECK(far.log->wait_closed().peer_fault);
  CHECK_EQ(near.log->wait_closed().code, status_code::resource_exhausted);
  CHECK_FALSE(far.log->snapshot().faulty);
}

TEST_CASE("calls from many threads meet the end of the stream") {
  loopback net;
  for (auto i = 0; i < 50; ++i) {
    auto [near, far] = net.open();
    keep_writing(near, 20000);
    keep_writing(far, 20000);
    std::atomic<bool> stop{false};
    auto poke = [&stop](recorded_stream& x) {
      while (!stop) {
        for (auto n = 0; n < 20; ++n)
          x.str->read();
        x.str->peer();
        // Leaves the processor to the streams.
        x.log->wait([](auto&) { return false; }, 1ms);
      }
    };
    std::thread t1{[&, &str = near] { poke(str); }};
    std::thread t2{[&, &str = far] { poke(str); }};
    far.log->wait_frames(20);
    switch (i % 4) {
      case 0:
        near.str->cancel();
        break;
      case 1:
        far.str->cancel();
        break;
      case 2:
        far.str->finish({status_code::unavailable, ""});
        break;
      default:
        near.str->close_writes();
        far.str->finish({});
    }
    near.log->wait_closed();
    far.log->wait_closed();
    stop = true;
    t1.join();
    t2.join();
    CHECK(near.log->snapshot().closed);
    CHECK(far.log->snapshot().closed);
    CHECK_FALSE(near.log->snapshot().faulty);
    CHECK_FALSE(far.log->snapshot().faulty);
  }
}

TEST_CASE("a thousand streams come and go") {
  loopback net;
  for (auto i = 0; i < 1000; ++i) {
    auto [near, far] = net.open();
    far.str->read();
    near.str->write("hi");
    REQUIRE(far.log->wait_frames(1));
    if (i % 2 == 0)
      near.str.reset();
    else
      far.str->finish({status_code::unavailable, ""});
    near.log->wait_closed();
    far.log->wait_closed();
  }
}

TEST_SUITE_END();
