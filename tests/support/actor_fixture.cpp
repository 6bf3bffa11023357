// SPDX-License-Identifier: BSD-3-Clause

#include "support/actor_fixture.hpp"

#include <algorithm>

namespace caf_remote::test {

// -- witness ------------------------------------------------------------------

witness::witness(caf::actor_system& sys)
  : log_(std::make_shared<std::vector<caf::message>>()) {
  hdl = sys.spawn([log = log_](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(
      [log](caf::scheduled_actor*, caf::message_view& x) {
        log->push_back(x.move_content_to_message());
        return caf::result<caf::message>{caf::message{}};
      });
    self->set_down_handler([log](caf::down_msg& x) {
      log->push_back(caf::make_message(std::move(x)));
    });
    self->set_exit_handler([log, self](caf::exit_msg& x) {
      if (x.reason == caf::exit_reason::kill)
        self->quit(x.reason);
      else
        log->push_back(caf::make_message(std::move(x)));
    });
    return {[self](const task& x) { x.f(self); }};
  });
}

void witness::act(std::function<void(caf::event_based_actor*)> f) {
  caf::anon_send(hdl, task{std::move(f)});
}

void witness::monitor(const caf::actor& x) {
  act([x](caf::event_based_actor* self) { self->monitor(x); });
}

void witness::demonitor(const caf::actor& x) {
  act([x](caf::event_based_actor* self) { self->demonitor(x); });
}

void witness::link_to(const caf::actor& x) {
  act([x](caf::event_based_actor* self) { self->link_to(x); });
}

void witness::unlink_from(const caf::actor& x) {
  act([x](caf::event_based_actor* self) { self->unlink_from(x); });
}

void witness::quit(caf::exit_reason reason) {
  act([reason](caf::event_based_actor* self) { self->quit(reason); });
}

std::vector<caf::error> witness::downs() const {
  std::vector<caf::error> result;
  for (auto& x : all<caf::down_msg>())
    result.push_back(x.reason);
  return result;
}

std::vector<caf::error> witness::exits() const {
  std::vector<caf::error> result;
  for (auto& x : all<caf::exit_msg>())
    result.push_back(x.reason);
  return result;
}

std::vector<std::string> witness::texts() const {
  std::vector<std::string> result;
  for (auto& x : all<Ping>())
    result.push_back(x.text());
  return result;
}

// -- hook ---------------------------------------------------------------------

void recording_hook::connected(const std::string& address,
                               const std::string& member_id) {
  events.push_back("connected " + address + " " + member_id);
}

void recording_hook::disconnected(const std::string& address,
                                  const std::string&) {
  events.push_back("disconnected " + address);
}

void recording_hook::reconnect_attempt(const std::string& address,
                                       size_t attempt, size_t max_attempts) {
  events.push_back("attempt " + address + " " + std::to_string(attempt) + "/"
                   + std::to_string(max_attempts));
}

void recording_hook::dead_lettered(const pid& target, std::string_view,
                                   const caf::error& reason) {
  events.push_back("dead letter " + target.id + " "
                   + to_string(code_of(reason)));
}

// -- start and stop -----------------------------------------------------------

namespace {

caf::actor_system_config& with_settings(caf::actor_system_config& cfg) {
  cfg.set("scheduler.policy", caf::atom("testing"));
  cfg.add_message_types<caf::id_block::caf_remote>();
  cfg.add_message_types<caf::id_block::caf_remote_test>();
  return cfg;
}

} // namespace

actor_fixture::actor_fixture(options opts)
  : sys(with_settings(cfg_)),
    sched(dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler())),
    connector(std::make_shared<fake_connector>()),
    home(std::make_shared<node>(sys, std::move(opts), connector)),
    log_lines(std::make_shared<std::vector<std::string>>()) {
  home->log.sink(
    [lines = log_lines](std::string_view x) { lines->emplace_back(x); });
  home->own(own_addresses{own_address, "127.0.0.1", 8090, home->opts.aliases});
  home->manager(sys.spawn<caf::hidden>(endpoint_manager, home));
  home->actors.add(home->manager());
  home->endpoints.start(home, [mgr = home->manager()](endpoint_ptr x) {
    caf::anon_send(mgr, open_endpoint{std::move(x)});
  });
  events = spawn_witness();
  home->events->subscribe(events.hdl);
  run();
}

actor_fixture::~actor_fixture() {
  caf::anon_send(home->manager(), leave{});
  run();
  advance(2 * home->opts.shutdown_timeout);
  for (auto& x : connector->dials) {
    CHECK_FALSE(x.str->misused());
    x.str->close(transport::status_code::cancelled);
  }
  for (auto xs : {&inbound_, &probes_})
    for (auto& x : *xs) {
      CHECK_FALSE(x->misused());
      x->close(transport::status_code::cancelled);
    }
  caf::anon_send_exit(home->manager(), caf::exit_reason::user_shutdown);
  caf::anon_send_exit(events.hdl, caf::exit_reason::kill);
  run();
  home->shut_down();
  home->actors.end_all();
  run();
  home->detach();
}

// -- time ---------------------------------------------------------------------

void actor_fixture::advance(caf::timespan x) {
  run();
  auto& clock = sched.clock();
  auto end = clock.now() + x;
  for (;;) {
    auto& timers = clock.schedule();
    if (timers.empty() || timers.begin()->first > end)
      break;
    sched.advance_time(
      std::max(timers.begin()->first - clock.now(), caf::timespan{0}));
    run();
  }
  sched.advance_time(end - clock.now());
  run();
}

// -- our actors ---------------------------------------------------------------

void actor_fixture::publish(const caf::actor& hdl, const std::string& name,
                            delivery_mode mode) {
  auto err = home->processes->publish(
    caf::actor_cast<caf::strong_actor_ptr>(hdl), name, mode,
    process_kind::published);
  REQUIRE_MESSAGE(!err, render(err));
}

caf::actor actor_fixture::publish_echo(const std::string& name) {
  auto result = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const Ping& x) { return x; }};
  });
  publish(result, name);
  return result;
}

witness actor_fixture::publish_witness(const std::string& name) {
  auto result = spawn_witness();
  publish(result.hdl, name);
  return result;
}

caf::actor actor_fixture::remote(const std::string& id,
                                 const std::string& address) {
  return caf::actor_cast<caf::actor>(home->proxies.get(*home, address, id));
}

// -- streams that we dial -----------------------------------------------------

fake_stream_ptr
actor_fixture::shake_hands_slowly(const std::string& member_id) {
  auto result = last_dialled();
  result->complete_write();
  result->receive(wire::encode(wire::connect_response{member_id, false}));
  result->take_written();
  run();
  return result;
}

fake_stream_ptr actor_fixture::shake_hands(const std::string& member_id,
                                           const transport::metadata& intro) {
  auto result = last_dialled();
  result->complete_writes();
  if (!intro.empty())
    result->introduce(intro);
  result->receive(wire::encode(wire::connect_response{member_id, false}));
  result->take_written();
  run();
  return result;
}

fake_stream_ptr actor_fixture::connect(const std::string& member_id,
                                       const transport::metadata& intro) {
  send_ping(remote("anyone"), "hello");
  auto result = shake_hands(member_id, intro);
  result->take_written();
  return result;
}

void actor_fixture::refuse_connection() {
  run();
  last_dialled()->close(transport::status_code::unavailable, "refused");
  run();
}

void actor_fixture::refuse_all_connections() {
  while (peer_endpoint() != nullptr) {
    refuse_connection();
    advance(home->opts.retry_wait);
  }
}

void actor_fixture::cut(const fake_stream_ptr& x) {
  x->close(transport::status_code::unavailable, "cut");
  run();
}

transport::metadata actor_fixture::caf_remote_intro(size_t max_receive_bytes) {
  return {{introduction_key::version, "1.0.0"},
          {introduction_key::max_receive, std::to_string(max_receive_bytes)}};
}

// -- questions who lives at an address ---------------------------------------

fake_stream_ptr actor_fixture::take_probe() {
  auto result = last_dialled();
  connector->dials.pop_back();
  probes_.push_back(result);
  return result;
}

void actor_fixture::answer_probe(const std::string& member_id) {
  auto probe = take_probe();
  if (member_id.empty()) {
    probe->close(transport::status_code::unavailable);
  } else {
    probe->complete_writes();
    probe->receive(wire::encode(wire::connect_response{member_id, false}));
  }
  run();
}

// -- streams that peers dial --------------------------------------------------

fake_stream_ptr actor_fixture::open_inbound(const transport::metadata& intro,
                                            const std::string& from) {
  auto result = std::make_shared<fake_stream>();
  if (!from.empty())
    result->from = from;
  inbound_.push_back(result);
  caf::anon_send(home->manager(), incoming_stream{{result, intro}});
  run();
  return result;
}

fake_stream_ptr actor_fixture::accept(const std::string& member_id,
                                      const std::string& address,
                                      const transport::metadata& intro,
                                      const std::string& from) {
  auto result = open_inbound(intro, from);
  result->complete_writes();
  result->receive(wire::encode(wire::server_connection{member_id, address}));
  run();
  return result;
}

void actor_fixture::receive(const fake_stream_ptr& from,
                            const std::vector<envelope>& xs) {
  from->receive(batch_frame(xs));
  run();
}

// -- figures ------------------------------------------------------------------

std::string actor_fixture::watcher_id(const std::string& address) const {
  return std::string{watcher_prefix} + home->run + '@' + address;
}

endpoint_counters actor_fixture::totals() const {
  auto result = home->endpoints.read().retired;
  if (auto where = peer_endpoint()) {
    auto x = where->read();
    result.accepted += x.accepted;
    result.written += x.written;
    result.dead_lettered += x.dead_lettered;
    result.queued += x.queued;
    result.queued_bytes += x.queued_bytes;
    result.unconfirmed += x.unconfirmed;
    result.batches += x.batches;
    result.control_written += x.control_written;
    result.control_queued += x.control_queued;
  }
  return result;
}

namespace {

options with_batches_of_one() {
  options result;
  result.batch_size = 1;
  return result;
}

} // namespace

two_writes_fixture::two_writes_fixture()
  : actor_fixture(with_batches_of_one()) {
  send_ping(remote("joe"), "first");
  str = shake_hands_slowly();
  send_ping(remote("joe"), "second");
}

} // namespace caf_remote::test
