// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_manager.hpp"

#include "caf_remote/endpoint/outbound_builder.hpp"
#include "caf_remote/endpoint/reconnect_policy.hpp"

#include "support/actor_fixture.hpp"
#include "support/effort.hpp"
#include "support/text.hpp"

#include <atomic>
#include <thread>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;
using transport::status_code;

/// Begins to leave; tells when the manager says that it is done.
std::shared_ptr<bool> begin_to_leave(actor_fixture& fix) {
  auto result = std::make_shared<bool>(false);
  fix.sys.spawn([=, mgr = fix.home->manager()](caf::event_based_actor* self) {
    self->request(mgr, caf::infinite, leave{}).then([=](left) {
      *result = true;
    });
  });
  fix.run();
  return result;
}

/// A server that has nothing to serve.
class fake_server final : public transport::server {
public:
  bool accepting = true;

  uint16_t port() const override {
    return 8090;
  }

  std::string bound_host() const override {
    return "127.0.0.1";
  }

  void stop_accepting() override {
    accepting = false;
  }

  void shutdown(std::chrono::milliseconds) override {
    // nop
  }
};

TEST_SUITE_BEGIN("endpoint.endpoint_manager");

// -- endpoints ----------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "each address has its own endpoint") {
  send_ping(remote("joe"), "x");
  send_ping(remote("joe", "127.0.0.1:9001"), "x");
  REQUIRE_EQ(dials(), 2);
  dialled(0)->close(status_code::unavailable);
  run();
  CHECK_EQ(events.size(), 0);
  shake_hands("member-x");
  CHECK_EQ(texts_of(sent()), strings{"x"});
}

TEST_CASE("addresses beyond the bound get no endpoint") {
  options opts;
  opts.max_endpoints = 1;
  actor_fixture fix{opts};
  fix.send_ping(fix.remote("joe"), "x");
  auto answer = fix.request(fix.remote("joe", "127.0.0.1:9001"),
                            make_ping("x"));
  CHECK(answer->failed_with(errc::queue_full));
  CHECK_EQ(fix.dials(), 1);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a late end of an older endpoint does not hurt "
                  "the newer one") {
  send_ping(remote("joe"), "old");
  auto old = peer_endpoint();
  refuse_all_connections();
  send_ping(remote("joe"), "new");
  shake_hands();
  auto fresh = peer_endpoint();
  REQUIRE_NE(old, fresh);
  auto ends = events.size();
  caf::anon_send(home->manager(),
                 endpoint_over{old, errc::endpoint_terminated, "late"});
  caf::anon_send(home->manager(), end_endpoint{old, errc::queue_full, "late"});
  run();
  CHECK_EQ(events.size(), ends);
  CHECK_EQ(peer_endpoint(), fresh);
  send_ping(remote("joe"), "next");
  CHECK_EQ(texts_of(sent()), strings{"new", "next"});
}

TEST_CASE_FIXTURE(actor_fixture, "messages sent while an endpoint ends are "
                                 "counted, not lost") {
  auto str = connect();
  auto joe = remote("joe");
  str->receive(wire::encode(wire::disconnect_request{}));
  // some are in the mailbox of the writer that gives up
  for (int i = 0; i < 10; ++i)
    caf::anon_send(joe, make_ping(std::to_string(i)));
  run();
  auto figures = totals();
  CHECK_EQ(figures.queued, 0);
  CHECK_EQ(figures.queued_bytes, 0);
  CHECK_EQ(figures.accepted, 11);
  CHECK_EQ(figures.written, 1);
  CHECK_EQ(figures.dead_lettered, 10);
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 10);
}

// -- streams ------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "our own node is told so when it dials itself "
                                 "under another spelling") {
  auto str = open_inbound();
  str->receive(
    wire::encode(wire::server_connection{home->member_id, own_address}));
  run();
  auto answers = str->take_written();
  REQUIRE_EQ(answers.size(), 1);
  auto content = wire::decode_frame(answers[0]);
  auto x = std::get_if<wire::connect_response>(&content);
  REQUIRE_NE(x, nullptr);
  CHECK_EQ(x->member_id, home->member_id);
  CHECK(x->blocked);
}

TEST_CASE("streams beyond the bound are refused") {
  options opts;
  opts.max_streams = 2;
  actor_fixture fix{opts};
  auto a = fix.accept("a", "127.0.0.1:1");
  auto b = fix.accept("b", "127.0.0.1:2");
  auto c = fix.open_inbound();
  REQUIRE(c->finished());
  CHECK_EQ(c->finished()->code, status_code::resource_exhausted);
  CHECK_FALSE(a->over());
  fix.cut(b);
  CHECK_FALSE(fix.accept("d", "127.0.0.1:3")->over());
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that comes back after its stream was "
                                 "cut is let in") {
  auto alice = publish_witness("alice");
  cut(accept());
  auto in = accept();
  receive(in, {make_envelope_for("alice", make_ping("hi"))});
  CHECK_EQ(alice.texts(), strings{"hi"});
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 1);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "the end of a peer's stream to us is no end of "
                  "ours to it") {
  auto out = connect();
  cut(accept());
  CHECK_FALSE(out->over());
  CHECK_EQ(events.count<endpoint_terminated>(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a stream that ends while the manager decides "
                                 "is forgotten") {
  connect("member-a");
  auto in = open_inbound();
  in->receive(wire::encode(wire::server_connection{"member-b", peer_address}));
  in->close(status_code::cancelled);
  run();
  answer_probe("member-b");
  CHECK_EQ(home->endpoints.peer_of(peer_address)->inbound_streams, 0);
  CHECK_FALSE(accept("member-b")->over());
}

TEST_CASE_FIXTURE(actor_fixture, "to end the streams of one address costs no "
                                 "more because there are many others") {
  constexpr size_t some = 100;
  constexpr size_t more = 32 * some;
  size_t streams = 0;
  auto effort_with = [&](size_t n) {
    for (; streams < n; ++streams)
      accept("somebody", "host:" + std::to_string(streams + 1));
    return effort(
      [] { return 1000; },
      [&](int times) {
        for (int i = 0; i < times; ++i)
          caf::anon_send(home->manager(), end_streams_of{"host:9999", "x", 0});
        run();
      });
  };
  auto with_some = effort_with(some);
  auto with_more = effort_with(more);
  CHECK_LT(with_more / with_some, flat);
  CHECK_EQ(home->endpoints.inbound_streams(), streams);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that cannot be told of ends learns "
                                 "why") {
  auto in = accept();
  caf::anon_send(home->manager(),
                 end_streams_of{peer_address, "the bell is broken", 100});
  run();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::unavailable);
  CHECK(contains(in->finished()->message, "the bell is broken"));
  CHECK_EQ(lines_with(*log_lines, {"ended", "the bell is broken"}), 1);
}

// -- endpoints that nobody needs ------------------------------------------------

/// A peer that had watched an actor of ours is gone, and so is the endpoint
/// `where`, which a sender is about to use.
struct unneeded_fixture : actor_fixture {
  unneeded_fixture() {
    publish_echo("alice");
    auto in = accept();
    receive(in,
            {make_system_envelope("alice", wire::watch::type_name,
                                  wire::encode(wire::watch{{"", "w", 1}}))});
    where = peer_endpoint();
    REQUIRE(where != nullptr);
    cut(in);
    REQUIRE_FALSE(where->closed());
    advance(dial_limit(home->opts));
  }

  endpoint_ptr where;
};

TEST_CASE_FIXTURE(unneeded_fixture, "the end of an endpoint that nobody needs "
                                    "costs no message") {
  CHECK(where->closed_unused());
  CHECK_EQ(peer_endpoint(), nullptr);
  where->push(make_outbound({"joe", {}, {}}, "x", false, {}));
  run();
  REQUIRE_EQ(dials(), 1);
  CHECK_EQ(where->read().accepted, 0);
  CHECK_EQ(where->queued_bytes(), 0);
  shake_hands();
  CHECK_EQ(sent().size(), 1);
  CHECK_EQ(totals().dead_lettered, 0);
  CHECK_EQ(events.count<endpoint_unreachable>(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "what waits for an address can be found, also "
                                 "if its endpoint is given up") {
  errc why = errc::none;
  auto where = home->endpoints.acquire(peer_address, why);
  CHECK(home->endpoints.busy(peer_address).empty());
  where->push(make_outbound({"joe", {}, {}}, "x", false, {}));
  home->endpoints.remove(where);
  CHECK_EQ(home->endpoints.busy(peer_address),
           std::vector<endpoint_ptr>{where});
  CHECK(home->endpoints.busy("10.0.0.1:1").empty());
  run();
  refuse_connection();
}

TEST_CASE_FIXTURE(unneeded_fixture,
                  "after the stop, what comes too late for an "
                  "endpoint is a dead letter") {
  home->endpoints.stop();
  where->push(make_outbound({"joe", {}, {}}, "x", false, {}));
  CHECK_EQ(dead_letters(errc::not_running), 1);
}

TEST_CASE_FIXTURE(unneeded_fixture, "a request that comes too late for an "
                                    "endpoint ends with the one that follows") {
  auto alice = spawn_witness();
  pending_requests::entry entry;
  entry.requester = caf::actor_cast<caf::strong_actor_ptr>(alice.hdl);
  entry.mid = caf::make_message_id(7);
  entry.name = caf::make_counted<const actor_name>("", "alice");
  entry.endpoint = where->serial();
  auto id = home->pending.add(std::move(entry));
  REQUIRE(id);
  auto msg = make_outbound({"joe", "alice", {}}, "x", false, {});
  msg->request = *id;
  msg->sender_request_id = *id;
  where->push(std::move(msg));
  run();
  shake_hands(); // written
  CHECK_EQ(home->pending.size(), 1);
  cut(last_dialled());
  refuse_all_connections();
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(unneeded_fixture,
                  "a watch that comes too late for an endpoint "
                  "is given to the next") {
  auto joe = caf::actor_cast<caf::strong_actor_ptr>(remote("joe"));
  CHECK_EQ(where->watch(joe, as_remote_proxy(joe)->target(), 1), 0);
  run();
  CHECK_EQ(where->read().control_queued, 0);
  CHECK_EQ(dials(), 0);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "what is accepted keeps its endpoint open, also "
                  "before the writer sees it") {
  errc why = errc::none;
  auto where = home->endpoints.acquire(peer_address, why);
  CHECK_FALSE(where->close_if_unused()); // not open yet
  run();
  where->push(make_outbound({"joe", {}, {}}, "x", false, {}));
  CHECK_FALSE(where->close_if_unused());
  run();
  CHECK_EQ(dials(), 1);
  shake_hands();
  CHECK_FALSE(where->close_if_unused());
  CHECK_EQ(sent().size(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a message and the end of an endpoint that "
                                 "nobody needs agree on who comes first") {
  for (int i = 0; i < 500; ++i) {
    auto address = "10.0.0.1:" + std::to_string(i + 1);
    errc why = errc::none;
    auto where = home->endpoints.acquire(address, why);
    run();
    std::atomic<int> ready{0};
    auto meet = [&] {
      for (++ready; ready < 2;)
        ; // nop
    };
    std::thread sender{[&] {
      auto msg = make_outbound({"joe", {}, {}}, "x", false, {});
      meet();
      where->push(std::move(msg));
    }};
    meet();
    auto closed = where->close_if_unused();
    sender.join();
    auto now = home->endpoints.find(address);
    REQUIRE(now != nullptr);
    CHECK_EQ(now != where, closed);
    CHECK_EQ(now->queued(), 1);
    CHECK_EQ(where->queued(), closed ? 0 : 1);
  }
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 0);
}

// -- leave --------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "leaving without peers is done at once") {
  auto server = std::make_shared<fake_server>();
  caf::anon_send(home->manager(), listening{server});
  auto done = begin_to_leave(*this);
  CHECK(*done);
  CHECK_FALSE(server->accepting);
  auto in = open_inbound();
  REQUIRE(in->finished());
  CHECK_EQ(in->finished()->code, status_code::unavailable);
  CHECK(request(remote("joe"), make_ping("x"))->failed_with(errc::not_running));
}

TEST_CASE_FIXTURE(actor_fixture, "leaving writes out what is queued and "
                                 "half-closes") {
  send_ping(remote("joe"), "first");
  auto str = shake_hands_slowly();
  auto joe = remote("joe");
  caf::anon_send(joe, make_ping("second"));
  auto done = begin_to_leave(*this);
  CHECK_FALSE(str->half_closed_by_us());
  str->complete_write();
  run();
  CHECK_EQ(texts_of(read_batches({str->written.back()})), strings{"second"});
  CHECK_FALSE(str->half_closed_by_us());
  str->complete_write();
  run();
  CHECK(str->half_closed_by_us());
  CHECK_FALSE(*done);
  str->close(status_code::ok);
  run();
  CHECK(*done);
  CHECK_EQ(totals().unconfirmed, 0);
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
}

TEST_CASE_FIXTURE(two_writes_fixture, "leaving half-closes after all writes in "
                                      "flight") {
  CHECK_EQ(texts_of(read_batches({str->written.back()})), strings{"second"});
  auto done = begin_to_leave(*this);
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(str->half_closed_by_us());
    str->complete_write();
    run();
  }
  CHECK(str->half_closed_by_us());
  str->close(status_code::ok);
  run();
  CHECK(*done);
  CHECK_EQ(totals().unconfirmed, 0);
  CHECK_FALSE(str->misused());
}

TEST_CASE_FIXTURE(actor_fixture, "leaving waits for streams of peers, too") {
  auto in = accept();
  auto done = begin_to_leave(*this);
  CHECK_FALSE(*done);
  in->receive_half_close();
  run();
  CHECK(*done);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "leaving ends at the limit, whatever the peers "
                  "do") {
  auto out = connect();
  auto in = accept();
  send_ping(remote("joe", "127.0.0.1:9001"), "never connects");
  auto done = begin_to_leave(*this);
  advance(3200ms - 1ns);
  CHECK_FALSE(*done);
  advance(1ns);
  CHECK(*done);
  CHECK(out->half_closed_by_us());
  CHECK_EQ(in->finished()->code, status_code::unavailable);
}

TEST_CASE_FIXTURE(actor_fixture, "leaving tells our watchers and requesters "
                                 "once") {
  connect();
  auto alice = spawn_witness();
  alice.monitor(remote("joe"));
  auto answer = request(remote("joe"), make_ping("x"));
  begin_to_leave(*this);
  advance(10s);
  CHECK_EQ(alice.downs().size(), 1);
  CHECK(answer->failed_with(errc::not_running));
}

TEST_CASE_FIXTURE(actor_fixture, "leaving: no Terminated follows the "
                                 "DisconnectRequest") {
  auto out = connect();
  auto in = accept();
  auto alice = publish_witness("alice");
  receive(in, {make_system_envelope("alice", "actor.Watch",
                                    wire::encode(wire::watch{{"", "w"}}))});
  begin_to_leave(*this);
  alice.quit();
  run();
  CHECK(of_type(read_batches(out->take_written()), "actor.Terminated").empty());
}

TEST_CASE_FIXTURE(actor_fixture,
                  "an endpoint that is still connecting is given "
                  "up when we leave") {
  auto answer = request(remote("joe"), make_ping("x"));
  auto done = begin_to_leave(*this);
  CHECK(*done);
  CHECK(answer->failed_with(errc::not_running));
  CHECK(last_dialled()->cancelled());
}

TEST_CASE_FIXTURE(actor_fixture,
                  "an endpoint that only the peer's watches needed "
                  "is not ended under a first message") {
  auto alice = publish_witness("alice");
  auto bob = spawn_witness();
  auto in = accept();
  receive(in, {make_system_envelope("alice", wire::watch::type_name,
                                    wire::encode(wire::watch{{"", "w", 0}}))});
  REQUIRE_NE(peer_endpoint(), nullptr);
  REQUIRE_EQ(dials(), 0);
  cut(in);
  sched.advance_time(dial_limit(home->opts));
  bob.monitor(remote("joe"));
  caf::anon_send(remote("joe"), make_ping("first"));
  sched.prioritize(bob.hdl);
  run();
  CHECK_EQ(dials(), 1);
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 0);
  CHECK(bob.downs().empty());
}

TEST_SUITE_END();

} // namespace
