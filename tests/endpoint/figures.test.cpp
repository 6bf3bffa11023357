// SPDX-License-Identifier: BSD-3-Clause

// Count first, then tell: whoever is told of something finds it counted.

#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"

#include "support/actor_fixture.hpp"

#include <atomic>
#include <thread>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// Looks at the figures when it is told, which is before anybody else is.
class looking_hook final : public tracing_hook {
public:
  explicit looking_hook(actor_fixture& fix)
    : fix_(fix), where_(fix.peer_endpoint()) {
    // nop
  }

  size_t calls = 0;
  counters seen;
  /// Of the endpoint that was there at first, also when it is over.
  endpoint_counters peer;

  void dead_lettered(const pid&, std::string_view, const caf::error&) override {
    look();
  }

  void disconnected(const std::string&, const std::string&) override {
    look();
  }

private:
  void look() {
    ++calls;
    seen = fix_.home->snapshot();
    if (where_ != nullptr)
      peer = where_->read();
  }

  actor_fixture& fix_;
  const endpoint_ptr where_;
};

struct figures_fixture : actor_fixture {
  figures_fixture() {
    connect();
  }

  std::shared_ptr<looking_hook> look() {
    auto result = std::make_shared<looking_hook>(*this);
    home->hook(result);
    return result;
  }

  envelope from_joe(const std::string& target, uint32_t request_id) {
    auto result = make_envelope_for(target, make_ping("x"));
    result.sender = {"", "joe", request_id};
    return result;
  }

  std::vector<envelope> notices() {
    return of_type(sent(), "actor.DeadLetterResponse");
  }
};

TEST_SUITE_BEGIN("endpoint.figures");

TEST_CASE_FIXTURE(figures_fixture,
                  "a message from a peer that finds no taker is "
                  "counted before the peer is told") {
  auto in = accept();
  auto hook = look();
  auto before = totals().accepted;
  receive(in, {from_joe("nobody", 7)});
  REQUIRE_EQ(hook->calls, 1);
  CHECK_EQ(hook->seen.dead_letters["dead_letter"], 1);
  CHECK_EQ(hook->seen.received_messages, 1);
  CHECK_EQ(hook->seen.received_batches, 1);
  CHECK_EQ(hook->peer.accepted, before);
  CHECK_EQ(notices().size(), 1);
}

TEST_CASE_FIXTURE(figures_fixture, "a message that an ending actor leaves is "
                                   "counted before its sender is told") {
  auto alice = sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::skip);
    return {[](const Blob&) {}};
  });
  publish(alice, "alice");
  receive(accept(), {from_joe("alice", 0)});
  auto hook = look();
  auto before = totals().accepted;
  caf::anon_send_exit(alice, caf::exit_reason::user_shutdown);
  run();
  REQUIRE_EQ(hook->calls, 1);
  CHECK_EQ(hook->seen.dead_letters["dead_letter"], 1);
  CHECK_EQ(hook->peer.accepted, before);
  CHECK_EQ(notices().size(), 1);
}

TEST_CASE_FIXTURE(figures_fixture,
                  "what an endpoint loses is in its own figures "
                  "before anybody is told") {
  auto str = last_dialled();
  str->take_written();
  auto hook = look();
  cut(str);
  CHECK_EQ(hook->peer.state, connection_state::reconnecting);
  auto answer = request(remote("joe"), make_ping("question"));
  refuse_all_connections();
  CHECK_EQ(hook->seen.dead_letters["endpoint_terminated"], 1);
  CHECK_EQ(hook->peer.dead_lettered, 1);
  CHECK_EQ(hook->peer.queued, 0);
  CHECK(balanced(hook->peer));
  CHECK(answer->failed_with(errc::endpoint_terminated));
}

TEST_CASE_FIXTURE(figures_fixture,
                  "a peer's stream to us is counted out before "
                  "its end is told") {
  auto in = accept();
  auto hook = look();
  cut(in);
  REQUIRE_EQ(hook->calls, 1);
  CHECK_EQ(hook->seen.inbound_streams, 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a snapshot counts an endpoint once that is "
                                 "taken out meanwhile") {
  constexpr int endpoints = 1500;
  constexpr int messages = 50;
  std::atomic<bool> done{false};
  std::atomic<uint64_t> sent{0};
  size_t too_many = 0;
  std::thread looking{[&] {
    while (!done) {
      auto figures = home->snapshot();
      auto most = sent.load();
      auto sum = figures.retired.accepted;
      for (auto& x : figures.endpoints)
        sum += x.accepted;
      too_many += sum > most;
    }
  }};
  for (int i = 0; i < endpoints; ++i) {
    errc why = errc::none;
    auto where = home->endpoints.acquire(peer_address, why);
    for (int j = 0; j < messages; ++j) {
      ++sent;
      where->push(make_outbound({"joe", {}, {}}, "x", false, {}));
    }
    home->endpoints.remove(where);
    std::this_thread::yield();
    where->abandon();
  }
  done = true;
  looking.join();
  CHECK_EQ(too_many, 0);
}

TEST_SUITE_END();

} // namespace
