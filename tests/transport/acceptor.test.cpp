// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/acceptor.hpp"

#include "support/eventually.hpp"
#include "support/loopback.hpp"
#include "support/plain_socket.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

using namespace caf_remote::test;
using namespace caf_remote::transport;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

// Lowers the limit of descriptors to a little above those in use, and takes
// them. The limit is restored at the end.
class shortage {
public:
  shortage() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto highest = 0;
    for (auto& x : std::filesystem::directory_iterator{"/proc/self/fd"})
      highest = std::max(highest, std::stoi(x.path().filename().string()));
    limit_ = highest + 100;
    auto few = before_;
    few.rlim_cur = static_cast<rlim_t>(limit_);
    ::setrlimit(RLIMIT_NOFILE, &few);
  }

  ~shortage() {
    release();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

  void take_all() {
    take_below(limit_);
  }

  // Leaves those that connections must not have.
  void take_what_connections_may_have() {
    take_below(limit_ - limit_ / 10);
  }

  void release() {
    for (auto fd : taken_)
      ::close(fd);
    taken_.clear();
  }

private:
  void take_below(int limit) {
    for (;;) {
      auto fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd >= 0 && fd < limit) {
        taken_.push_back(fd);
        continue;
      }
      if (fd >= 0)
        ::close(fd);
      return;
    }
  }

  rlimit before_{};
  int limit_ = 0;
  std::vector<int> taken_;
};

// Counts the connections and closes them.
struct counting {
  counting() {
    REQUIRE_EQ(acc.listen("127.0.0.1", 0), "");
    auto take = [this](int fd) {
      ++taken;
      ::close(fd);
    };
    auto on_shortage = [this](const std::string&) { ++shortages; };
    REQUIRE_EQ(acc.start(std::move(take), std::move(on_shortage)), "");
  }

  ~counting() {
    acc.stop();
  }

  std::atomic<int> taken{0};
  std::atomic<int> shortages{0};
  acceptor acc;
};

bool has_ipv6() {
  acceptor probe;
  return probe.listen("::1", 0).empty();
}

} // namespace

TEST_SUITE_BEGIN("transport.acceptor");

TEST_CASE("connections are handed over") {
  counting x;
  plain_socket first;
  plain_socket second;
  first.connect(x.acc.port());
  second.connect(x.acc.port());
  CHECK(first.wait_closed());
  CHECK(second.wait_closed());
  CHECK_EQ(x.taken, 2);
}

TEST_CASE("a peer has two minutes to take what is written to it") {
  std::promise<unsigned> limit;
  acceptor x;
  REQUIRE_EQ(x.listen("127.0.0.1", 0), "");
  auto take = [&](int fd) {
    unsigned ms = 0;
    socklen_t size = sizeof(ms);
    ::getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &size);
    ::close(fd);
    limit.set_value(ms);
  };
  REQUIRE_EQ(x.start(take, [](const std::string&) {}), "");
  plain_socket peer;
  peer.connect(x.port());
  CHECK_EQ(limit.get_future().get(), 120000u);
  x.stop();
}

TEST_CASE("a stopped acceptor refuses and leaves its port") {
  uint16_t port = 0;
  for (auto i = 0; i < 100; ++i) {
    acceptor x;
    REQUIRE_EQ(x.listen("127.0.0.1", port), "");
    port = x.port();
    acceptor other;
    CHECK_EQ(other.listen("127.0.0.1", port), "Address already in use");
    if (i % 3 != 0)
      CHECK_EQ(x.start([](int fd) { ::close(fd); }, [](const std::string&) {}),
               "");
    if (i % 2 == 0) {
      x.stop();
      x.stop();
      plain_socket late;
      CHECK_THROWS(late.connect(port));
    }
  }
}

TEST_CASE("a peer that waits for a descriptor is taken soon after") {
  counting x;
  plain_socket waiting;
  shortage few;
  few.take_all();
  waiting.connect(x.acc.port());
  // The second failure shows that the first was no end.
  REQUIRE(eventually([&] { return x.shortages >= 2; }));
  CHECK_EQ(x.taken, 0);
  auto begin = steady::now();
  few.release();
  CHECK(waiting.wait_closed());
  CHECK(steady::now() - begin < 2s);
  CHECK_EQ(x.taken, 1);
}

TEST_CASE("connections leave the process some descriptors") {
  counting x;
  plain_socket refused;
  plain_socket taken;
  shortage few;
  few.take_what_connections_may_have();
  refused.connect(x.acc.port());
  CHECK(refused.wait_closed());
  CHECK(eventually([&] { return x.shortages == 1; }));
  CHECK_EQ(x.taken, 0);
  few.release();
  taken.connect(x.acc.port());
  CHECK(taken.wait_closed());
  CHECK_EQ(x.taken, 1);
}

TEST_CASE("a shortage can be stopped in") {
  counting x;
  plain_socket waiting;
  shortage few;
  few.take_all();
  waiting.connect(x.acc.port());
  REQUIRE(eventually([&] { return x.shortages >= 1; }));
  x.acc.stop();
  CHECK(waiting.wait_closed());
  CHECK_EQ(x.taken, 0);
}

TEST_CASE("peers reach a server again after a shortage") {
  auto shortages = std::make_shared<std::atomic<int>>(0);
  listen_options opts;
  opts.on_shortage = [shortages](const std::string&) { ++*shortages; };
  loopback net{opts};
  auto [near, far] = net.open();
  plain_socket first;
  plain_socket second;
  shortage few;
  few.take_all();
  first.connect(net.srv->port());
  second.connect(net.srv->port());
  REQUIRE(eventually([&] { return *shortages >= 2; }));
  // An open stream does not mind.
  near.str->write("x");
  far.str->read();
  CHECK(far.log->wait_frames(1));
  few.release();
  auto begin = steady::now();
  auto [late_near, late_far] = net.open();
  CHECK(steady::now() - begin < 2s);
  late_near.str->write("y");
  late_far.str->read();
  CHECK(late_far.log->wait_frames(1));
}

TEST_CASE("a wildcard takes IPv4 and IPv6") {
  for (auto host : {"0.0.0.0", "::"}) {
    CAPTURE(host);
    listen_options opts;
    opts.host = host;
    loopback net{opts};
    CHECK_EQ(net.srv->bound_host(), host);
    auto port = ":" + std::to_string(net.srv->port());
    auto v4 = dial("127.0.0.1" + port);
    CHECK_EQ(net.accept().str->peer().rfind("127.0.0.1:", 0), 0u);
    if (!has_ipv6())
      continue;
    auto v6 = dial("[::1]" + port);
    CHECK_EQ(net.accept().str->peer().rfind("[::1]:", 0), 0u);
  }
}

TEST_CASE("a literal of IPv6 can be listened on") {
  if (!has_ipv6())
    return;
  listen_options opts;
  opts.host = "::1";
  loopback net{opts};
  CHECK_EQ(net.srv->bound_host(), "::1");
  auto near = dial("[::1]:" + std::to_string(net.srv->port()));
  auto far = net.accept();
  opts.port = net.srv->port();
  auto second = start_grpc_server(opts);
  REQUIRE_FALSE(second);
  CHECK(caf::to_string(second.error()).find("in use") != std::string::npos);
}

TEST_SUITE_END();
