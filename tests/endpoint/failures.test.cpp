// SPDX-License-Identifier: BSD-3-Clause

// What an actor of the module costs that ends by an error, and code of the
// user's that throws or calls the module.

#include "caf_remote/endpoint/endpoint_manager.hpp"
#include "caf_remote/endpoint/node.hpp"

#include "support/actor_fixture.hpp"

#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;
using reasons = std::vector<caf::error>;
using transport::status_code;

const caf::error unreachable = caf::exit_reason::remote_link_unreachable;

struct failure_fixture : actor_fixture {
  using actor_fixture::actor_fixture;

  /// Ends the watcher of the peer's endpoint by an error, when it runs.
  void end_watcher() {
    peer_endpoint()->post_to_watcher(
      caf::exit_msg{caf::actor_addr{}, caf::exit_reason::unhandled_exception});
  }

  size_t failures() const {
    return home->snapshot().actor_failures;
  }

  bool logged(std::string_view part) const {
    for (auto& x : *log_lines)
      if (x.find(part) != std::string::npos)
        return true;
    return false;
  }

  /// Whether the manager comes to the end of its leaving.
  bool leaves() {
    auto result = std::make_shared<bool>(false);
    sys.spawn([=, mgr = home->manager()](caf::event_based_actor* self) {
      self->request(mgr, caf::infinite, leave{}).then([=](left) {
        *result = true;
      });
    });
    advance(home->opts.shutdown_timeout);
    return *result;
  }
};

/// Throws whatever it is told, and counts the calls.
class throwing_hook final : public tracing_hook {
public:
  size_t calls = 0;

  void connected(const std::string&, const std::string&) override {
    fail();
  }

  void disconnected(const std::string&, const std::string&) override {
    fail();
  }

  void reconnect_attempt(const std::string&, size_t, size_t) override {
    fail();
  }

  void dead_lettered(const pid&, std::string_view, const caf::error&) override {
    fail();
  }

private:
  void fail() {
    ++calls;
    throw std::runtime_error{"no\nhook"};
  }
};

/// Runs a function for each dead letter.
class dead_letter_hook final : public tracing_hook {
public:
  explicit dead_letter_hook(std::function<void()> f) : f_(std::move(f)) {
    // nop
  }

  void dead_lettered(const pid&, std::string_view, const caf::error&) override {
    f_();
  }

private:
  std::function<void()> f_;
};

TEST_SUITE_BEGIN("endpoint.failures");

// -- the module's actors --------------------------------------------------------

TEST_CASE_FIXTURE(failure_fixture,
                  "a writer that fails costs its endpoint, and "
                  "everybody is told") {
  auto str = connect();
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  auto written = request(remote("joe"), make_ping("written"));
  connector->fail_next = true;
  cut(str);
  CHECK(written->failed_with(errc::endpoint_terminated));
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(peer_endpoint(), nullptr);
  auto ends = events.all<endpoint_terminated>();
  REQUIRE_EQ(ends.size(), 1);
  CHECK_EQ(ends[0].member_id, peer_member);
  CHECK_EQ(failures(), 1);
  CHECK(logged("failure: the writer to 127.0.0.1:9000 has failed: "
               "std::bad_alloc"));
  // the next message begins anew
  send_ping(remote("joe"), "next");
  CHECK_EQ(texts_of(read_batches(shake_hands()->take_written())),
           strings{"next"});
  last_dialled()->close(status_code::unavailable);
  CHECK(leaves());
}

TEST_CASE_FIXTURE(failure_fixture,
                  "what a failed writer had not written becomes "
                  "dead letters") {
  connector->fail_next = true;
  auto joe = remote("joe");
  for (int i = 0; i < 3; ++i)
    caf::anon_send(joe, make_ping(std::to_string(i)));
  auto answer = request(joe, make_ping("question"));
  CHECK(answer->failed_with(errc::endpoint_terminated));
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 4);
  CHECK(balanced(totals()));
  CHECK_EQ(totals().queued, 0);
  CHECK_EQ(failures(), 1);
  CHECK(leaves());
}

TEST_CASE_FIXTURE(failure_fixture,
                  "a reader that fails costs its stream, which "
                  "ends with an error") {
  auto alice = publish_witness("alice");
  auto in = accept();
  auto other = accept("member-2", "127.0.0.1:9002");
  in->fail_next_read();
  receive(in, {make_envelope_for("alice", make_ping("hi"))});
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::internal);
  CHECK_EQ(alice.texts(), strings{"hi"});
  CHECK_EQ(failures(), 1);
  CHECK(logged("the reader of a stream from 127.0.0.1:9000 has failed"));
  CHECK_EQ(home->snapshot().inbound_streams, 1);
  CHECK_FALSE(other->over());
  // the peer comes back
  receive(accept(), {make_envelope_for("alice", make_ping("again"))});
  CHECK_EQ(alice.texts(), strings{"hi", "again"});
  CHECK(leaves());
}

TEST_CASE_FIXTURE(failure_fixture,
                  "a watcher that fails costs its endpoint, and "
                  "no watch on either side is forgotten") {
  auto out = connect();
  auto in = accept();
  auto alice = publish_witness("alice");
  auto bob = spawn_witness();
  receive(in, {make_system_envelope("alice", "actor.Watch",
                                    wire::encode(wire::watch{{"", "w"}}))});
  alice.monitor(remote("joe"));
  run();
  end_watcher();
  // this one comes too late for the old watcher
  bob.monitor(remote("joe"));
  run();
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(bob.downs(), reasons{unreachable});
  CHECK(in->over());
  CHECK(out->over());
  CHECK_EQ(peer_endpoint(), nullptr);
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
  CHECK_EQ(failures(), 1);
  CHECK(logged("the watcher of 127.0.0.1:9000 has failed"));
  // a new watch gets a new endpoint
  alice.clear();
  alice.monitor(remote("joe"));
  run();
  shake_hands();
  CHECK_EQ(of_type(sent(), "actor.Watch").size(), 1);
  CHECK_EQ(alice.downs().size(), 0);
  last_dialled()->close(status_code::unavailable);
  CHECK(leaves());
}

TEST_CASE_FIXTURE(failure_fixture,
                  "a watcher that fails during a handshake does "
                  "not hold it up") {
  auto answer = request(remote("joe"), make_ping("question"));
  end_watcher();
  shake_hands();
  CHECK(answer->failed_with(errc::endpoint_terminated));
  CHECK_EQ(peer_endpoint(), nullptr);
  CHECK_EQ(failures(), 1);
}

TEST_CASE_FIXTURE(failure_fixture, "a manager that fails ends the node: "
                                   "everybody is told, nothing waits") {
  auto out = connect();
  auto in = accept();
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  auto written = request(remote("joe"), make_ping("written"));
  auto queued = request(remote("jim", "127.0.0.1:9001"), make_ping("queued"));
  CHECK_FALSE(home->failure());
  caf::anon_send_exit(home->manager(), caf::exit_reason::unhandled_exception);
  run();
  CHECK_EQ(code_of(home->failure()), errc::not_running);
  CHECK(written->failed_with(errc::not_running));
  CHECK(queued->failed_with(errc::not_running));
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
  CHECK(out->over());
  CHECK(in->over());
  CHECK_EQ(failures(), 1);
  CHECK(logged("the node is out of order"));
  auto late = request(remote("joe"), make_ping("late"));
  CHECK(late->failed_with(errc::not_running));
  CHECK_EQ(home->snapshot().pending_requests, 0);
}

// -- hooks ----------------------------------------------------------------------

TEST_CASE_FIXTURE(failure_fixture, "a hook that throws at everything costs "
                                   "nothing") {
  auto hook = std::make_shared<throwing_hook>();
  home->hook(hook);
  auto str = connect();
  cut(str);
  auto answer = request(remote("joe"), make_ping("question"));
  auto again = shake_hands();
  CHECK_EQ(texts_of(read_batches(again->take_written())), strings{"question"});
  again->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK(answer->failed_with(errc::endpoint_terminated));
  receive(accept(), {make_envelope_for("nobody", make_ping("x"))});
  CHECK_GE(hook->calls, 6);
  CHECK_EQ(home->snapshot().callback_exceptions, hook->calls);
  CHECK_EQ(failures(), 0);
  CHECK(logged("failure: the tracing hook threw: no?hook"));
}

TEST_CASE_FIXTURE(failure_fixture, "a hook may send what becomes a dead letter "
                                   "at once") {
  home->endpoints.stop();
  size_t calls = 0;
  auto joe = remote("joe");
  home->hook(std::make_shared<dead_letter_hook>([&] {
    ++calls;
    caf::anon_send(joe, make_ping("from the hook"));
  }));
  send_ping(joe, "x");
  CHECK_EQ(calls, 1);
  CHECK_EQ(dead_letters(errc::not_running), 2);
  home->hook(nullptr);
}

TEST_CASE_FIXTURE(failure_fixture, "a hook may replace itself") {
  auto other = std::make_shared<recording_hook>();
  home->hook(std::make_shared<dead_letter_hook>([&] { home->hook(other); }));
  for (int i = 0; i < 2; ++i)
    home->dead_letter({peer_address, "joe", 0}, nullptr, "x", errc::queue_full);
  CHECK_EQ(other->events, strings{"dead letter joe queue_full"});
}

// -- log sinks --------------------------------------------------------------------

TEST_CASE_FIXTURE(failure_fixture, "a sink that throws at everything costs "
                                   "nothing") {
  home->log.sink([](std::string_view) { throw std::runtime_error{"no sink"}; });
  auto str = connect();
  cut(str);
  send_ping(remote("joe"), "kept");
  auto again = shake_hands();
  CHECK_EQ(texts_of(read_batches(again->take_written())), strings{"kept"});
  receive(accept(), {make_envelope_for("nobody", make_ping("x"))});
  CHECK_EQ(dead_letters(errc::dead_letter), 1);
  CHECK_GE(home->snapshot().callback_exceptions, 3);
  CHECK_EQ(failures(), 0);
}

TEST_CASE_FIXTURE(failure_fixture, "a sink may send messages to remote actors, "
                                   "also if they are refused at once") {
  home->types.declare("log.Line");
  strings seen;
  auto joe = remote("joe");
  home->log.sink([&](std::string_view line) {
    seen.emplace_back(line);
    caf::anon_send(joe, raw_message{"log.Line", 0, std::string{line}});
  });
  auto str = connect();
  CHECK_EQ(seen.size(), 1);
  home->endpoints.stop();
  str->receive(wire::encode(wire::disconnect_request{}));
  run();
  auto before = seen.size();
  send_ping(joe, "refused");
  CHECK_EQ(seen.size(), before + 1);
  CHECK_GE(dead_letters(errc::not_running), 2);
  CHECK_GE(home->snapshot().log_lines_suppressed, 1);
  home->log.sink(nullptr);
}

// -- others -----------------------------------------------------------------------

TEST_CASE_FIXTURE(failure_fixture, "an observer that throws does not keep the "
                                   "others from their down") {
  connect();
  auto alice = spawn_witness();
  auto joe = remote("joe");
  alice.monitor(joe);
  run();
  joe->attach_functor([] { throw std::runtime_error{"no observer"}; });
  last_dialled()->receive(wire::encode(wire::disconnect_request{}));
  run();
  CHECK_EQ(alice.downs(), reasons{unreachable});
  CHECK_EQ(home->snapshot().callback_exceptions, 1);
  CHECK_EQ(failures(), 0);
}

TEST_SUITE_END();

} // namespace
