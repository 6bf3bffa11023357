// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_writer.hpp"

#include "support/actor_fixture.hpp"
#include "support/text.hpp"

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

options with_batches_of(size_t envelopes, size_t bytes) {
  options result;
  result.batch_size = envelopes;
  result.max_batch_bytes = bytes;
  return result;
}

std::string disconnect_frame() {
  return wire::encode(wire::disconnect_request{});
}

TEST_SUITE_BEGIN("endpoint.endpoint_writer");

// -- the seed's cases ---------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "client_connection_roundtrip") {
  auto joe = remote("joe");
  auto watcher = spawn_witness();
  caf::send_as(watcher.hdl, joe, make_ping("hello"));
  run();
  auto out = shake_hands();
  CHECK_EQ(events.count<endpoint_connected>(), 1);
  REQUIRE_EQ(texts_of(read_batches(out->take_written())), strings{"hello"});
  auto in = accept();
  auto name = home->processes->known_name(
    caf::actor_cast<caf::strong_actor_ptr>(watcher.hdl));
  receive(in, {make_envelope_for(name, make_ping("hello yourself"))});
  CHECK_EQ(watcher.texts(), strings{"hello yourself"});
  out->receive(disconnect_frame());
  run();
  auto ends = events.all<endpoint_terminated>();
  REQUIRE_EQ(ends.size(), 1);
  CHECK_EQ(ends[0].address, peer_address);
  CHECK_EQ(ends[0].member_id, peer_member);
  CHECK(out->half_closed_by_us());
  CHECK_EQ(peer_endpoint(), nullptr);
  CHECK_EQ(totals().written, 1);
}

TEST_CASE("client_connection_backpressure") {
  options opts;
  opts.queue_messages = 100;
  opts.batch_size = 10;
  actor_fixture fix{opts};
  auto joe = fix.remote("joe");
  for (int i = 0; i < 1000; ++i)
    caf::anon_send(joe, make_ping(std::to_string(i)));
  fix.run();
  CHECK_EQ(fix.dead_letters(errc::queue_full), 900);
  CHECK_EQ(fix.events.count<dead_letter>(), 900);
  CHECK_EQ(fix.totals().queued, 100);
  auto out = fix.shake_hands();
  auto sent = texts_of(read_batches(out->take_written()));
  REQUIRE_EQ(sent.size(), 100);
  CHECK_EQ(sent.front(), "0");
  CHECK_EQ(sent.back(), "99");
  auto figures = fix.totals();
  CHECK_EQ(figures.accepted, 1000);
  CHECK_EQ(figures.written, 100);
  CHECK_EQ(figures.dead_lettered, 900);
  CHECK_EQ(figures.queued, 0);
  CHECK_EQ(figures.queued_bytes, 0);
  CHECK_FALSE(fix.log_lines->empty());
}

TEST_CASE_FIXTURE(actor_fixture,
                  "client_connection_reconnect succeeds within the limit") {
  auto first = connect();
  cut(first);
  REQUIRE_EQ(dials(), 2);
  send_ping(remote("joe"), "kept");
  for (int i = 0; i < 4; ++i) {
    refuse_connection();
    advance(2s);
  }
  REQUIRE_EQ(dials(), 6);
  auto second = shake_hands();
  CHECK_EQ(texts_of(read_batches(second->take_written())), strings{"kept"});
  // the same incarnation as before
  CHECK_EQ(events.count<endpoint_terminated>(), 0);
  CHECK_EQ(events.count<endpoint_connected>(), 1);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "client_connection_reconnect fails after the limit with "
                  "EndpointTerminated") {
  auto watcher = spawn_witness();
  auto joe = remote("joe");
  auto first = connect();
  caf::send_as(watcher.hdl, joe, make_ping("written"));
  cut(first);
  send_ping(joe, "queued");
  refuse_all_connections();
  CHECK_EQ(dials(), 6);
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
  CHECK_EQ(dead_letters(errc::endpoint_terminated), 2);
  CHECK_EQ(peer_endpoint(), nullptr);
  advance(1min);
  CHECK_EQ(dials(), 6);
}

TEST_CASE_FIXTURE(actor_fixture, "writer retry: 5 attempts, 2 s apart") {
  using std::chrono::duration_cast;
  auto start = sched.clock().now();
  std::vector<int64_t> attempts_at;
  send_ping(remote("joe"), "hello");
  for (;;) {
    auto now = sched.clock().now() - start;
    attempts_at.push_back(
      duration_cast<std::chrono::milliseconds>(now).count());
    auto before = dials();
    refuse_connection();
    if (peer_endpoint() == nullptr)
      break;
    REQUIRE_EQ(dials(), before);
    advance(2s - 1ns);
    REQUIRE_EQ(dials(), before);
    advance(1ns);
    REQUIRE_EQ(dials(), before + 1);
  }
  CHECK_EQ(attempts_at, std::vector<int64_t>{0, 2000, 4000, 6000, 8000});
  // given up the moment the fifth has failed
  CHECK_EQ(events.count<endpoint_unreachable>(), 1);
  CHECK_EQ(dials(), 5);
}

TEST_CASE_FIXTURE(actor_fixture, "a working handshake resets the count") {
  send_ping(remote("joe"), "hello");
  for (int i = 0; i < 4; ++i) {
    refuse_connection();
    advance(2s);
  }
  REQUIRE_EQ(dials(), 5);
  auto str = shake_hands();
  cut(str);
  for (int i = 0; i < 4; ++i) {
    refuse_connection();
    advance(2s);
  }
  CHECK_EQ(dials(), 10);
  CHECK_EQ(events.count<endpoint_terminated>(), 0);
  refuse_connection();
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
}

TEST_CASE("EndpointTerminated on connect failure: the event is "
          "endpoint_unreachable") {
  options opts;
  opts.max_retry_count = 1;
  actor_fixture fix{opts};
  auto watcher = fix.spawn_witness();
  auto joe = fix.remote("joe");
  auto answer = fix.request(joe, make_ping("hello"));
  fix.send_ping(joe, "and again");
  watcher.monitor(joe);
  fix.run();
  fix.refuse_connection();
  auto failures = fix.events.all<endpoint_unreachable>();
  REQUIRE_EQ(failures.size(), 1);
  CHECK_EQ(failures[0].address, fix.peer_address);
  CHECK_EQ(fix.events.count<endpoint_terminated>(), 0);
  CHECK(answer->failed_with(errc::endpoint_terminated));
  CHECK_EQ(fix.dead_letters(errc::endpoint_terminated), 2);
  REQUIRE_EQ(watcher.downs().size(), 1);
  CHECK_EQ(watcher.downs()[0], caf::exit_reason::remote_link_unreachable);
  CHECK_EQ(fix.peer_endpoint(), nullptr);
}

TEST_CASE_FIXTURE(actor_fixture, "lazy ensure_connected") {
  auto joe = remote("joe");
  run();
  CHECK_EQ(dials(), 0);
  send_ping(joe, "one");
  REQUIRE_EQ(dials(), 1);
  CHECK_EQ(connector->dials[0].address, peer_address);
  send_ping(joe, "two");
  CHECK_EQ(dials(), 1);
  auto str = shake_hands();
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"one", "two"});
}

// -- connect ------------------------------------------------------------------

TEST_CASE("the connector gets the limits and says what we are") {
  options opts;
  opts.connect_timeout = 1234ms;
  opts.max_receive_bytes = 1u << 20;
  actor_fixture fix{opts};
  fix.send_ping(fix.remote("joe"), "hello");
  auto& dial = fix.connector->dials.at(0);
  CHECK_EQ(dial.opts.connect_timeout, 1234ms);
  CHECK_EQ(dial.opts.max_receive_bytes, 1u << 20);
  CHECK(read_introduction(dial.opts.call_metadata).is_caf_remote);
  CHECK_EQ(read_introduction(dial.opts.call_metadata).max_receive_bytes,
           1u << 20);
  CHECK_EQ(read_introduction(dial.opts.call_metadata).address, fix.own_address);
}

TEST_CASE_FIXTURE(actor_fixture, "the first frame is a ConnectRequest") {
  send_ping(remote("joe"), "hello");
  auto frames = last_dialled()->take_written();
  REQUIRE_EQ(frames.size(), 1);
  auto content = wire::decode_frame(frames[0]);
  auto x = std::get_if<wire::server_connection>(&content);
  REQUIRE(x != nullptr);
  CHECK_EQ(x->member_id, home->member_id);
  CHECK_EQ(x->address, own_address);
}

TEST_CASE_FIXTURE(actor_fixture, "nothing is written before the handshake") {
  send_ping(remote("joe"), "hello");
  auto str = last_dialled();
  str->take_written();
  str->complete_writes();
  run();
  CHECK(str->take_written().empty());
  CHECK_EQ(totals().queued, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that does not answer the handshake "
                                 "costs an attempt after the time limit") {
  send_ping(remote("joe"), "hello");
  auto str = last_dialled();
  str->complete_write();
  advance(10s - 1ns);
  CHECK_FALSE(str->over());
  advance(1ns);
  CHECK(str->cancelled());
  advance(2s);
  CHECK_EQ(dials(), 2);
}

TEST_CASE_FIXTURE(actor_fixture, "the time limit of the handshake does not "
                                 "hurt a stream that made it") {
  auto str = connect();
  advance(1h);
  CHECK_FALSE(str->over());
  CHECK_EQ(dials(), 1);
}

TEST_CASE_FIXTURE(actor_fixture, "each line about a further attempt has the "
                                 "cause") {
  auto str = connect();
  log_lines->clear();
  cut(str);
  CHECK_EQ(lines_with(*log_lines, {"reconnect: ", "attempt 1 of 5, after: "
                                                  "UNAVAILABLE: cut"}),
           1);
  refuse_connection();
  advance(2s);
  CHECK_EQ(lines_with(*log_lines, {"reconnect: ", "attempt 2 of 5, after: "
                                                  "UNAVAILABLE: refused"}),
           1);
  shake_hands();
  last_dialled()->close(transport::status_code::ok, "");
  advance(2s);
  CHECK_EQ(lines_with(*log_lines, {"reconnect: ", "attempt 1 of 5, after: the "
                                                  "peer ended the stream"}),
           1);
}

TEST_CASE_FIXTURE(actor_fixture, "an address that leads back to us is given up "
                                 "at once, and that is said") {
  auto answer = request(remote("joe"), make_ping("hello"));
  auto blocked = false;
  SUBCASE("as our listener answers") {
    blocked = true;
  }
  SUBCASE("as one would that lets us in") {}
  last_dialled()->receive(
    wire::encode(wire::connect_response{home->member_id, blocked}));
  run();
  CHECK(answer->failed_with(errc::invalid_address));
  CHECK(contains(render(answer->reason),
                 "127.0.0.1:9000 leads back to this node: use its address "
                 "127.0.0.1:8090, or add that one to aliases"));
  auto ends = events.all<endpoint_unreachable>();
  REQUIRE_EQ(ends.size(), 1);
  CHECK(contains(ends[0].reason, "leads back to this node"));
  advance(1min);
  CHECK_EQ(dials(), 1);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a request that waits while its node has opened "
                  "no stream to us is pointed out, once") {
  connect();
  auto is_said = [&] {
    return lines_with(*log_lines,
                      {"no way back: a request to 127.0.0.1:9000",
                       "cannot dial 127.0.0.1:8090", "advertised-host"});
  };
  auto answer = request(remote("joe"), make_ping("x"));
  auto limit = home->opts.connect_timeout + home->opts.handshake_timeout;
  SUBCASE("the node stays away") {
    advance(limit - 1ms);
    CHECK_EQ(is_said(), 0);
    advance(1ms);
    CHECK_EQ(is_said(), 1);
    request(remote("joe"), make_ping("y"));
    advance(limit);
    CHECK_EQ(is_said(), 1);
    cut(last_dialled());
    shake_hands();
    request(remote("joe"), make_ping("z"));
    advance(limit);
    CHECK_EQ(is_said(), 2);
  }
  SUBCASE("the node comes") {
    accept();
    advance(limit);
    CHECK_EQ(is_said(), 0);
  }
  SUBCASE("the endpoint ends") {
    last_dialled()->receive(wire::encode(wire::disconnect_request{}));
    run();
    advance(limit);
    CHECK_EQ(is_said(), 0);
  }
  CHECK_LE(answer->answers, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "messages without an answer to wait for point "
                                 "out nothing") {
  connect();
  send_ping(remote("joe"), "x");
  advance(1h);
  CHECK_EQ(lines_with(*log_lines, {"no way back"}), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that blocks us is given up at once") {
  auto answer = request(remote("joe"), make_ping("hello"));
  last_dialled()->receive(
    wire::encode(wire::connect_response{"member-a", true}));
  run();
  CHECK(answer->failed_with(errc::blocked));
  CHECK_EQ(events.count<endpoint_unreachable>(), 1);
  CHECK_EQ(events.count<endpoint_terminated>(), 0);
  CHECK_EQ(events.count<endpoint_connected>(), 0);
  CHECK(last_dialled()->cancelled());
  advance(1min);
  CHECK_EQ(dials(), 1);
}

TEST_CASE_FIXTURE(actor_fixture,
                  "what a listener must not say costs the stream") {
  std::string frame;
  auto connected = true;
  SUBCASE("a batch") {
    frame = batch_frame({make_envelope_for("joe", make_ping("hi"))});
  }
  SUBCASE("a second ConnectResponse") {
    frame = wire::encode(wire::connect_response{peer_member, false});
  }
  SUBCASE("a ConnectRequest") {
    frame = wire::encode(wire::server_connection{"m", "127.0.0.1:1"});
  }
  SUBCASE("garbage") {
    frame = "\xff\xff";
  }
  SUBCASE("an empty message") {
    frame = "";
  }
  SUBCASE("no member id") {
    connected = false;
    frame = wire::encode(wire::connect_response{"", false});
  }
  if (connected)
    connect();
  else
    send_ping(remote("joe"), "hello");
  auto str = last_dialled();
  str->receive(frame);
  run();
  CHECK(str->cancelled());
  advance(2s);
  CHECK_EQ(dials(), 2);
  // the next message still works
  send_ping(remote("joe"), "next");
  auto sent = texts_of(read_batches(shake_hands()->take_written()));
  REQUIRE_FALSE(sent.empty());
  CHECK_EQ(sent.back(), "next");
}

TEST_CASE_FIXTURE(actor_fixture, "an address that was given up is met anew") {
  send_ping(remote("joe"), "lost");
  refuse_all_connections();
  REQUIRE_EQ(peer_endpoint(), nullptr);
  auto before = dials();
  send_ping(remote("joe"), "kept");
  REQUIRE_EQ(dials(), before + 1);
  CHECK_EQ(texts_of(read_batches(shake_hands()->take_written())),
           strings{"kept"});
}

// -- write --------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "an idle stream is written at once") {
  auto str = connect();
  send_ping(remote("joe"), "now");
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"now"});
}

TEST_CASE_FIXTURE(actor_fixture,
                  "the next batch fills while a write is in flight") {
  send_ping(remote("joe"), "first");
  auto str = last_dialled();
  str->complete_write();
  str->take_written();
  str->receive(wire::encode(wire::connect_response{peer_member, false}));
  run();
  REQUIRE_EQ(str->take_written().size(), 1);
  for (auto text : {"a", "b", "c"})
    send_ping(remote("joe"), text);
  CHECK(str->take_written().empty());
  CHECK_EQ(totals().queued, 3);
  str->complete_write();
  run();
  auto frames = str->take_written();
  REQUIRE_EQ(frames.size(), 1);
  CHECK_EQ(texts_of(read_batch(frames[0])), strings{"a", "b", "c"});
}

TEST_CASE("a full batch does not wait for the end of a write, the one after it "
          "does") {
  options opts;
  opts.batch_size = 3;
  actor_fixture fix{opts};
  fix.send_ping(fix.remote("joe"), "first");
  auto str = fix.shake_hands_slowly();
  REQUIRE_EQ(str->take_written().size(), 1);
  for (auto text : {"a", "b"})
    fix.send_ping(fix.remote("joe"), text);
  CHECK(str->take_written().empty());
  fix.send_ping(fix.remote("joe"), "c");
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"a", "b", "c"});
  for (auto text : {"d", "e", "f", "g"})
    fix.send_ping(fix.remote("joe"), text);
  CHECK(str->take_written().empty());
  CHECK_EQ(fix.totals().queued, 4);
  str->complete_write(); // "first"
  fix.run();
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"d", "e", "f"});
  str->complete_write();
  fix.run();
  CHECK(str->take_written().empty()); // "g" is no full batch
  str->complete_write();
  fix.run();
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"g"});
  CHECK_FALSE(str->misused());
}

TEST_CASE("a batch has at most batch-size envelopes") {
  actor_fixture fix{with_batches_of(1000, 4u << 20)};
  for (int i = 0; i < 2500; ++i)
    caf::anon_send(fix.remote("joe"), make_ping(std::to_string(i)));
  fix.run();
  auto frames = fix.shake_hands()->take_written();
  REQUIRE_EQ(frames.size(), 3);
  CHECK_EQ(read_batch(frames[0]).size(), 1000);
  CHECK_EQ(read_batch(frames[1]).size(), 1000);
  CHECK_EQ(read_batch(frames[2]).size(), 500);
  CHECK_EQ(fix.totals().batches, 3);
}

TEST_CASE("a batch never has more than max-batch-bytes") {
  actor_fixture fix{with_batches_of(1000, 10000)};
  for (int i = 0; i < 100; ++i)
    caf::anon_send(fix.remote("joe"),
                   make_ping(std::string(static_cast<size_t>(i) * 30, 'x')));
  fix.run();
  auto frames = fix.shake_hands()->take_written();
  CHECK_GT(frames.size(), 14);
  for (auto& frame : frames)
    CHECK_LE(frame.size(), 10000);
  CHECK_EQ(read_batches(frames).size(), 100);
}

TEST_CASE("a message above the limit is refused at the sender") {
  options opts;
  opts.max_batch_bytes = 10000;
  opts.max_receive_bytes = 10000;
  actor_fixture fix{opts};
  auto answer = fix.request(fix.remote("joe"),
                            make_ping(std::string(20000, 'x')));
  CHECK(answer->failed_with(errc::message_too_large));
  CHECK_EQ(fix.dead_letters(errc::message_too_large), 1);
  auto str = fix.connect();
  auto again = fix.request(fix.remote("joe"),
                           make_ping(std::string(20000, 'x')));
  CHECK(again->failed_with(errc::message_too_large));
  CHECK_FALSE(str->over());
  fix.send_ping(fix.remote("joe"), "next");
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"next"});
}

TEST_CASE("a message that turns out too large for the peer is a dead letter") {
  options opts;
  opts.max_batch_bytes = 10000;
  actor_fixture fix{opts};
  // a caf_remote peer might take it
  auto answer = fix.request(fix.remote("joe"),
                            make_ping(std::string(20000, 'x')));
  fix.send_ping(fix.remote("joe"), "next");
  CHECK_EQ(answer->answers, 0);
  auto str = fix.shake_hands();
  CHECK(answer->failed_with(errc::message_too_large));
  CHECK_EQ(fix.dead_letters(errc::message_too_large), 1);
  CHECK_EQ(texts_of(read_batches(str->take_written())), strings{"next"});
}

TEST_CASE("the limit that a caf_remote peer states is used") {
  options opts;
  opts.max_batch_bytes = 10000;
  actor_fixture fix{opts};
  auto str = fix.connect(fix.peer_member, fix.caf_remote_intro(50000));
  fix.send_ping(fix.remote("joe"), std::string(20000, 'x'));
  auto sent = read_batches(str->take_written());
  REQUIRE_EQ(sent.size(), 1);
  auto answer = fix.request(fix.remote("joe"),
                            make_ping(std::string(60000, 'x')));
  CHECK(answer->failed_with(errc::message_too_large));
}

TEST_CASE("batches respect a peer's limit that is below ours") {
  actor_fixture fix;
  auto str = fix.connect(fix.peer_member, fix.caf_remote_intro(5000));
  for (int i = 0; i < 50; ++i)
    caf::anon_send(fix.remote("joe"), make_ping(std::string(500, 'x')));
  fix.run();
  auto frames = str->take_written();
  for (auto& frame : frames)
    CHECK_LE(frame.size(), 5000);
  CHECK_EQ(read_batches(frames).size(), 50);
}

TEST_CASE_FIXTURE(actor_fixture, "targets carry the address that the listener "
                                 "has said is its own, else \"nonhost\"") {
  std::string expected = "nonhost";
  transport::metadata intro;
  SUBCASE("a peer that says nothing") {}
  SUBCASE("a caf_remote peer") {
    expected = "Node.Example:9000";
    intro = caf_remote_intro(1u << 20);
    intro.emplace(introduction_key::address, expected);
  }
  auto str = connect(peer_member, intro);
  send_ping(remote("joe"), "hello");
  CHECK_EQ(read_batches(str->take_written()).at(0).target,
           pid{expected, "joe"});
}

TEST_CASE_FIXTURE(actor_fixture,
                  "a batch in flight when the stream ends is unconfirmed") {
  auto joe = remote("joe");
  send_ping(joe, "first");
  auto str = last_dialled();
  str->complete_write();
  str->receive(wire::encode(wire::connect_response{peer_member, false}));
  run();
  str->complete_write(); // "first" is confirmed
  auto answer = request(joe, make_ping("second"));
  send_ping(joe, "third");
  cut(str);
  CHECK(answer->failed_with(errc::unconfirmed));
  auto figures = totals();
  CHECK_EQ(figures.written, 2);
  CHECK_EQ(figures.unconfirmed, 1);
  CHECK_EQ(figures.queued, 1);
  // what was written is never sent again
  auto next = shake_hands();
  CHECK_EQ(texts_of(read_batches(next->take_written())), strings{"third"});
  CHECK_EQ(answer->answers, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "a request that was confirmed waits for its "
                                 "answer across a reconnect") {
  auto str = connect();
  auto answer = request(remote("joe"), make_ping("question"));
  auto asked = read_batches(str->take_written()).at(0);
  cut(str);
  shake_hands();
  CHECK_EQ(answer->answers, 0);
  auto reply = make_envelope_for(asked.sender.id, make_ping("answer"));
  reply.target.request_id = asked.sender.request_id;
  receive(accept(), {reply});
  REQUIRE_EQ(answer->as<Ping>().size(), 1);
  CHECK_EQ(answer->as<Ping>()[0].text(), "answer");
}

TEST_CASE_FIXTURE(actor_fixture,
                  "giving up answers written requests with an error") {
  auto str = connect();
  auto answer = request(remote("joe"), make_ping("question"));
  cut(str);
  refuse_all_connections();
  CHECK(answer->failed_with(errc::endpoint_terminated));
  CHECK_EQ(home->pending.size(), 0);
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that hangs up after each handshake "
                                 "does not keep us busy") {
  cut(connect());
  REQUIRE_EQ(dials(), 2);
  cut(shake_hands());
  CHECK_EQ(dials(), 2);
  advance(2s - 1ns);
  CHECK_EQ(dials(), 2);
  advance(1ns);
  CHECK_EQ(dials(), 3);
}

TEST_CASE_FIXTURE(actor_fixture, "a frame above the limit is an error of the "
                                 "peer") {
  connect()->close(
    {transport::status_code::resource_exhausted, "too large", true});
  run();
  CHECK_EQ(home->snapshot().protocol_errors, 1);
  shake_hands()->close(
    {transport::status_code::resource_exhausted, "not its fault", false});
  run();
  CHECK_EQ(home->snapshot().protocol_errors, 1);
}

TEST_CASE_FIXTURE(actor_fixture, "events of an older stream are ignored") {
  auto first = connect();
  auto answer = request(remote("joe"), make_ping("question"));
  // its end and what it said before are on their way
  first->receive(disconnect_frame());
  first->close(transport::status_code::unavailable);
  auto before = events.count<endpoint_terminated>();
  run();
  CHECK_EQ(events.count<endpoint_terminated>(), before + 1);
  send_ping(remote("joe"), "anew");
  auto second = shake_hands();
  // the actors of the older endpoint come to their end
  advance(1min);
  CHECK_EQ(events.count<endpoint_terminated>(), before + 1);
  CHECK_FALSE(second->over());
  send_ping(remote("joe"), "still works");
  CHECK_EQ(texts_of(read_batches(second->take_written())),
           strings{"anew", "still works"});
}

// -- another incarnation ------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a changed member id ends written requests "
                                 "and keeps what was not written") {
  auto str = connect("member-a");
  auto answer = request(remote("joe"), make_ping("question"));
  cut(str);
  send_ping(remote("joe"), "for whoever answers");
  auto next = shake_hands("member-b");
  CHECK(answer->failed_with(errc::incarnation_over));
  CHECK_EQ(texts_of(read_batches(next->take_written())),
           strings{"for whoever answers"});
  auto met = events.all<endpoint_connected>();
  REQUIRE_EQ(met.size(), 2);
  CHECK_EQ(met[1].member_id, "member-b");
}

TEST_CASE_FIXTURE(actor_fixture, "what the old incarnation said about itself "
                                 "does not count for the new one") {
  auto str = connect("member-a", caf_remote_intro(1u << 20));
  REQUIRE(peer_endpoint()->remote().is_caf_remote());
  cut(str);
  shake_hands("member-b");
  CHECK_FALSE(peer_endpoint()->remote().is_caf_remote());
}

// -- ends ---------------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "a DisconnectRequest is answered by a "
                                 "half-close, after the write in flight") {
  auto str = connect();
  auto answer = request(remote("joe"), make_ping("question"));
  str->receive(disconnect_frame());
  run();
  CHECK(str->half_closed_by_us());
  CHECK_FALSE(str->cancelled());
  CHECK(answer->failed_with(errc::endpoint_terminated));
  CHECK_EQ(events.count<endpoint_terminated>(), 1);
  // the peer ends the stream, and nobody dials again
  str->close(transport::status_code::ok);
  advance(1min);
  CHECK_EQ(dials(), 1);
  CHECK_FALSE(str->cancelled());
}

TEST_CASE_FIXTURE(actor_fixture, "a peer that never ends the stream after its "
                                 "DisconnectRequest is cut off") {
  auto str = connect();
  str->receive(disconnect_frame());
  run();
  advance(4s - 1ns);
  CHECK_FALSE(str->over());
  advance(1ns);
  CHECK(str->cancelled());
}

TEST_CASE_FIXTURE(actor_fixture, "a lingering stream does not mistake the end "
                                 "of a write for a handshake") {
  send_ping(remote("joe"), "hello");
  auto str = shake_hands_slowly();
  REQUIRE(str->writing());
  str->receive(disconnect_frame());
  run();
  auto timers = sched.clock().schedule().size();
  str->complete_write();
  run();
  CHECK_EQ(sched.clock().schedule().size(), timers);
}

TEST_CASE("of two batches in flight those are unconfirmed whose write did not "
          "end") {
  options opts;
  opts.batch_size = 1;
  actor_fixture fix{opts};
  auto joe = fix.remote("joe");
  fix.send_ping(fix.remote("joe"), "first");
  auto str = fix.shake_hands_slowly();
  auto second = fix.request(joe, make_ping("second"));
  auto third = fix.request(joe, make_ping("third"));
  auto unconfirmed = 2;
  auto second_fails = true;
  auto third_fails = true;
  SUBCASE("none has ended, and the third waits for that") {
    third_fails = false;
  }
  SUBCASE("the first has ended") {
    str->complete_write();
  }
  SUBCASE("the first two have ended") {
    str->complete_write();
    fix.run();
    str->complete_write();
    unconfirmed = 1;
    second_fails = false;
  }
  fix.run();
  fix.cut(str);
  CHECK_EQ(fix.totals().unconfirmed, unconfirmed);
  CHECK_EQ(second->failed_with(errc::unconfirmed), second_fails);
  CHECK_EQ(third->failed_with(errc::unconfirmed), third_fails);
}

TEST_CASE_FIXTURE(two_writes_fixture, "a DisconnectRequest leaves both batches "
                                      "in flight unconfirmed") {
  str->receive(disconnect_frame());
  run();
  CHECK(str->half_closed_by_us());
  CHECK_EQ(totals().unconfirmed, 2);
  CHECK_EQ(totals().queued, 0);
  str->complete_write();
  str->complete_write();
  run();
  CHECK_FALSE(str->misused());
}

TEST_CASE_FIXTURE(actor_fixture, "an OK from the listener counts as a loss") {
  auto str = connect();
  str->close(transport::status_code::ok);
  run();
  CHECK_EQ(dials(), 2);
}

// -- observation --------------------------------------------------------------

TEST_CASE_FIXTURE(actor_fixture, "each observation point has a call of the "
                                 "hook and a log line") {
  auto hook = std::make_shared<recording_hook>();
  home->hook(hook);
  auto str = connect();
  cut(str);
  send_ping(remote("joe"), "lost");
  refuse_all_connections();
  strings expected{"attempt 127.0.0.1:9000 1/5",
                   "connected 127.0.0.1:9000 member-a",
                   "disconnected 127.0.0.1:9000"};
  for (int i = 1; i <= 5; ++i)
    expected.push_back("attempt 127.0.0.1:9000 " + std::to_string(i) + "/5");
  expected.push_back("dead letter joe endpoint_terminated");
  CHECK_EQ(hook->events, expected);
  auto has_line = [this](std::string_view part) {
    for (auto& x : *log_lines)
      if (x.find(part) != std::string::npos)
        return true;
    return false;
  };
  CHECK(has_line("connected: to 127.0.0.1:9000"));
  CHECK(has_line("disconnected: from 127.0.0.1:9000"));
  CHECK(has_line("reconnect: to 127.0.0.1:9000, attempt 2 of 5"));
  CHECK(has_line("dead letter: caf_remote.test.Ping to 127.0.0.1:9000/joe"));
}

TEST_SUITE_END();

} // namespace
