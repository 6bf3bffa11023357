// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/activator.hpp"

#include "caf_remote/wire/reason_header.hpp"

#include "support/actor_fixture.hpp"
#include "support/text.hpp"

#include <stdexcept>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// A peer asks our activator, and we ask the peer's.
struct activator_fixture : actor_fixture {
  activator_fixture()
    : hdl(sys.spawn<caf::hidden>(activator, home)),
      asker(sys.spawn<caf::hidden>(spawner, home)) {
    home->processes->publish(caf::actor_cast<caf::strong_actor_ptr>(hdl),
                             activator_id, delivery_mode::decoded,
                             process_kind::activator);
    home->kinds.add("echo", {[](caf::actor_system& system) {
                               return system.spawn(
                                 [](caf::event_based_actor*) -> caf::behavior {
                                   return {[](const Ping& x) { return x; }};
                                 });
                             },
                             delivery_mode::decoded});
    connect();
    in = accept();
  }

  ~activator_fixture() {
    for (auto& x : {hdl, asker})
      caf::anon_send_exit(x, caf::exit_reason::kill);
    run();
  }

  wire::actor_pid_response ask(const std::string& kind,
                               const std::string& name) {
    auto x = make_system_envelope(
      activator_id, wire::actor_pid_request::type_name,
      wire::encode(wire::actor_pid_request{name, kind}));
    x.sender = {"", "requester", 7};
    receive(in, {x});
    auto answers = of_type(sent(), wire::actor_pid_response::type_name);
    REQUIRE_EQ(answers.size(), 1);
    CHECK_EQ(answers[0].target.request_id, 7);
    wire::actor_pid_response result;
    REQUIRE(wire::decode(answers[0].payload, result));
    return result;
  }

  static int32_t status(wire::spawn_status x) {
    return static_cast<int32_t>(x);
  }

  caf::actor hdl;
  caf::actor asker;
  fake_stream_ptr in;
};

TEST_SUITE_BEGIN("endpoint.activator");

TEST_CASE_FIXTURE(activator_fixture, "an actor of a kind is spawned and can be "
                                     "reached") {
  auto res = ask("echo", "joe");
  CHECK_EQ(res.status_code, status(wire::spawn_status::ok));
  REQUIRE(res.who);
  CHECK_EQ(*res.who, pid{own_address, "joe"});
  auto x = make_envelope_for("joe", make_ping("hi"));
  x.sender = {"", "requester", 8};
  receive(in, {x});
  CHECK_EQ(texts_of(sent()), std::vector<std::string>{"hi"});
}

TEST_CASE_FIXTURE(activator_fixture,
                  "a sign of life does not wait for a kind's "
                  "factory") {
  auto x = make_system_envelope(activator_id, wire::touch::type_name);
  x.sender = {"", "requester", 7};
  in->receive(batch_frame({x}));
  // only the reader and the writer run
  anon_send_exit(hdl, caf::exit_reason::kill);
  run();
  CHECK_EQ(of_type(sent(), wire::touched::type_name).size(), 1);
}

TEST_CASE_FIXTURE(activator_fixture, "without a name the node chooses one") {
  auto a = ask("echo", "");
  auto b = ask("echo", "");
  REQUIRE(a.who);
  REQUIRE(b.who);
  CHECK_NE(a.who->id, b.who->id);
}

TEST_CASE_FIXTURE(activator_fixture, "a taken name is told with its holder") {
  ask("echo", "joe");
  auto res = ask("echo", "joe");
  CHECK_EQ(res.status_code, status(wire::spawn_status::name_exists));
  REQUIRE(res.who);
  CHECK_EQ(res.who->id, "joe");
}

TEST_CASE_FIXTURE(activator_fixture, "what fails is told, and the next request "
                                     "works") {
  home->kinds.add("throws", {[](caf::actor_system&) -> caf::actor {
                               throw std::runtime_error{"no"};
                             },
                             delivery_mode::decoded});
  home->kinds.add("nothing", {[](caf::actor_system&) { return caf::actor{}; },
                              delivery_mode::decoded});
  std::string kind = "echo";
  std::string name = "joe";
  SUBCASE("an unknown kind") {
    kind = "unknown";
  }
  SUBCASE("an empty kind") {
    kind = "";
  }
  SUBCASE("a factory that throws") {
    kind = "throws";
  }
  SUBCASE("a factory that makes nothing") {
    kind = "nothing";
  }
  SUBCASE("a name of the module's") {
    name = "$mine";
  }
  SUBCASE("a name with control characters") {
    name = "a\n";
  }
  auto res = ask(kind, name);
  CHECK_EQ(res.status_code, status(wire::spawn_status::error));
  CHECK_FALSE(res.who);
  CHECK_EQ(home->snapshot().callback_exceptions, kind == "throws" ? 1 : 0);
  CHECK_EQ(ask("echo", "next").status_code, status(wire::spawn_status::ok));
}

/// What goes wrong here is told to us and to a peer.
struct failing_fixture : activator_fixture {
  failing_fixture() {
    home->kinds.add("throws", {[](caf::actor_system&) -> caf::actor {
                                 throw std::runtime_error{"the secret"};
                               },
                               delivery_mode::decoded});
    home->kinds.add("nothing", {[](caf::actor_system&) { return caf::actor{}; },
                                delivery_mode::decoded});
  }

  std::vector<std::pair<std::string, std::string>> texts_by_kind{
    {"wroker", "unknown kind 'wroker'; register_kind adds one"},
    {"throws", "the factory of the kind 'throws' threw an exception"},
    {"nothing", "the factory of the kind 'nothing' returned an invalid handle"},
  };
};

TEST_CASE_FIXTURE(failing_fixture, "an unknown kind, a factory that throws and "
                                   "one that makes nothing are told apart") {
  for (auto& [kind, text] : texts_by_kind) {
    auto answer = request<caf::actor>(asker,
                                      remote_spawn{own_address, kind, "joe"});
    CHECK(answer->failed_with(errc::spawn_failed));
    CHECK_EQ(render(answer->reason), "spawn_failed: " + text);
  }
  CHECK_EQ(lines_with(*log_lines, {"'throws' threw an exception: the secret"}),
           1);
}

TEST_CASE_FIXTURE(failing_fixture,
                  "a caf_remote peer is told why, without what "
                  "the exception says, others are not") {
  auto header_for = [this](const std::string& kind) {
    auto x = make_system_envelope(
      activator_id, wire::actor_pid_request::type_name,
      wire::encode(wire::actor_pid_request{"joe", kind}));
    x.sender = {"", "requester", 7};
    receive(in, {x});
    auto answers = of_type(sent(), wire::actor_pid_response::type_name);
    REQUIRE_EQ(answers.size(), 1);
    return answers[0].header;
  };
  CHECK(header_for("throws").empty());
  cut(last_dialled());
  shake_hands(peer_member, caf_remote_intro(1u << 20));
  for (auto& [kind, text] : texts_by_kind) {
    auto header = header_for(kind);
    REQUIRE_EQ(header.size(), 1);
    CHECK_EQ(header.begin()->first, wire::reason_header::key);
    CHECK_EQ(header.begin()->second, text);
  }
  CHECK(header_for("echo").empty());
}

TEST_CASE_FIXTURE(activator_fixture, "what a peer says about a failed spawn is "
                                     "passed on, made printable") {
  auto answer = request<caf::actor>(asker,
                                    remote_spawn{peer_address, "kind", "name"});
  auto asked = sent().at(0);
  auto reply = make_system_envelope(
    asked.sender.id, wire::actor_pid_response::type_name,
    wire::encode(wire::actor_pid_response{std::nullopt,
                                          status(wire::spawn_status::error)}));
  reply.target.request_id = asked.sender.request_id;
  std::string text;
  SUBCASE("a text") {
    reply.header = {
      {std::string{wire::reason_header::key}, "no\x1b such kind"}};
    text = "spawn_failed: no? such kind";
  }
  SUBCASE("nothing") {
    text = "spawn_failed: the peer answered status 4: it has no such kind, or "
           "could not make the actor; its log says which";
  }
  receive(in, {reply});
  CHECK(answer->failed_with(errc::spawn_failed));
  CHECK_EQ(render(answer->reason), text);
}

TEST_CASE_FIXTURE(activator_fixture, "we ask the peer's activator") {
  auto answer = request<caf::actor>(asker,
                                    remote_spawn{peer_address, "kind", "name"});
  auto asked = sent().at(0);
  CHECK_EQ(asked.target.id, activator_id);
  wire::actor_pid_request msg;
  REQUIRE_EQ(asked.type_name, wire::actor_pid_request::type_name);
  REQUIRE(wire::decode(asked.payload, msg));
  CHECK_EQ(msg.kind, "kind");
  CHECK_EQ(msg.name, "name");
  auto reply = [&](std::optional<pid> who, wire::spawn_status code) {
    auto x = make_system_envelope(
      asked.sender.id, wire::actor_pid_response::type_name,
      wire::encode(wire::actor_pid_response{std::move(who), status(code)}));
    x.target.request_id = asked.sender.request_id;
    receive(in, {x});
  };
  SUBCASE("it spawned one") {
    reply(pid{"", "activator/Remote$name", 0}, wire::spawn_status::ok);
    REQUIRE_EQ(answer->as<caf::actor>().size(), 1);
    CHECK_EQ(answer->as<caf::actor>()[0], remote("activator/Remote$name"));
  }
  SUBCASE("the name is taken") {
    reply(pid{peer_address, "name", 0}, wire::spawn_status::name_exists);
    CHECK(answer->failed_with(errc::name_taken));
  }
  SUBCASE("it failed") {
    reply(std::nullopt, wire::spawn_status::error);
    CHECK(answer->failed_with(errc::spawn_failed));
  }
  SUBCASE("it says that it worked but not who it is") {
    reply(std::nullopt, wire::spawn_status::ok);
    CHECK(answer->failed_with(errc::spawn_failed));
  }
  SUBCASE("it names an address that makes no sense") {
    reply(pid{"nonsense", "name", 0}, wire::spawn_status::ok);
    CHECK(answer->failed_with(errc::protocol_violation));
  }
}

TEST_CASE_FIXTURE(activator_fixture,
                  "an unusable address is an error at once") {
  auto answer = request<caf::actor>(asker,
                                    remote_spawn{"nonsense", "kind", "name"});
  CHECK(answer->failed_with(errc::invalid_address));
}

TEST_CASE_FIXTURE(activator_fixture, "user messages to the activator are dead "
                                     "letters") {
  auto x = make_envelope_for(activator_id, make_ping("x"));
  x.sender = {"", "requester", 7};
  receive(in, {x});
  CHECK_EQ(of_type(sent(), "actor.DeadLetterResponse").size(), 1);
}

TEST_CASE_FIXTURE(activator_fixture,
                  "a kind must make an actor that runs here, "
                  "and one elsewhere is left alone") {
  home->kinds.add("found",
                  {[this](caf::actor_system&) { return remote("joe"); },
                   delivery_mode::decoded});
  CHECK_EQ(ask("found", "x").status_code, status(wire::spawn_status::error));
  CHECK(sent().empty());
  CHECK_EQ(home->processes->find("x").hdl, nullptr);
}

TEST_CASE_FIXTURE(activator_fixture, "who hears that an actor has ended can "
                                     "have its name at once") {
  std::vector<caf::actor> made;
  home->kinds.add("idle", {[&made](caf::actor_system& system) {
                             made.push_back(system.spawn(
                               [](caf::event_based_actor*) -> caf::behavior {
                                 return {[](const Ping&) {}};
                               }));
                             return made.back();
                           },
                           delivery_mode::decoded});
  auto spawn = [this] {
    return request<pid_response>(hdl, pid_request{"idle", "joe"});
  };
  auto status_of = [](const outcome_ptr& x) {
    auto xs = x->as<pid_response>();
    REQUIRE_EQ(xs.size(), 1);
    return xs[0].status;
  };
  CHECK_EQ(status_of(spawn()), status(wire::spawn_status::ok));
  CHECK_EQ(status_of(spawn()), status(wire::spawn_status::name_exists));
  REQUIRE_EQ(made.size(), 1);
  // the last to attach itself hears first, before the registry does
  outcome_ptr next;
  made[0]->attach_functor([&] { next = spawn(); });
  caf::anon_send_exit(made[0], caf::exit_reason::user_shutdown);
  run();
  REQUIRE(next);
  CHECK_EQ(status_of(next), status(wire::spawn_status::ok));
  REQUIRE_EQ(made.size(), 2);
  CHECK_EQ(home->resolve(own_address, "joe"),
           caf::actor_cast<caf::strong_actor_ptr>(made[1]));
}

TEST_SUITE_END();

} // namespace
