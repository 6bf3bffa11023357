// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/process_registry.hpp"

#include "support/actor_fixture.hpp"
#include "support/effort.hpp"
#include "support/twin_system.hpp"

#include <type_traits>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct registry_fixture : actor_fixture {
  registry_fixture() : alice(spawn_witness()) {
    run();
  }

  caf::strong_actor_ptr ptr(const witness& x) {
    return caf::actor_cast<caf::strong_actor_ptr>(x.hdl);
  }

  errc publish_as(const std::string& name, const witness& who) {
    return code_of(table->publish(ptr(who), name, delivery_mode::decoded,
                                  process_kind::published));
  }

  witness alice;
  std::shared_ptr<process_registry> table = std::make_shared<process_registry>(
    "run");
};

TEST_SUITE_BEGIN("endpoint.process_registry");

TEST_CASE_FIXTURE(registry_fixture, "a name leads to its actor") {
  CHECK_EQ(publish_as("alice", alice), errc::none);
  CHECK_EQ(table->find("alice").hdl, ptr(alice));
  CHECK_EQ(table->find("bob").hdl, nullptr);
  CHECK_EQ(table->count(process_kind::published), 1);
  CHECK_EQ(table->names(process_kind::published),
           std::vector<std::string>{"alice"});
}

TEST_CASE_FIXTURE(registry_fixture, "bad names are refused") {
  CHECK_EQ(publish_as("", alice), errc::invalid_name);
  CHECK_EQ(publish_as("a\n", alice), errc::invalid_name);
  CHECK_EQ(publish_as("a\xff", alice), errc::invalid_name);
  CHECK_EQ(publish_as(std::string(1025, 'a'), alice), errc::invalid_name);
  CHECK_EQ(publish_as("$mine", alice), errc::invalid_name);
  auto err = table->publish(nullptr, "x", delivery_mode::decoded,
                            process_kind::published);
  CHECK_EQ(code_of(err), errc::not_found);
}

TEST_CASE_FIXTURE(registry_fixture, "a name is taken until its actor ends") {
  auto bob = spawn_witness();
  publish_as("alice", alice);
  CHECK_EQ(publish_as("alice", bob), errc::name_taken);
  CHECK_EQ(publish_as("alice", alice), errc::name_taken);
  alice.quit();
  run();
  CHECK_EQ(table->find("alice").hdl, nullptr);
  CHECK_EQ(publish_as("alice", bob), errc::none);
}

TEST_CASE_FIXTURE(registry_fixture, "a name is free for who hears of the end "
                                    "first") {
  auto bob = spawn_witness();
  publish_as("alice", alice);
  // attached later, told earlier
  auto result = errc::not_found;
  alice.hdl->attach_functor([&] { result = publish_as("alice", bob); });
  alice.quit();
  run();
  CHECK_EQ(result, errc::none);
  CHECK_EQ(table->find("alice").hdl, ptr(bob));
  CHECK_EQ(table->count(process_kind::published), 1);
}

TEST_CASE_FIXTURE(registry_fixture, "unpublish takes a name back") {
  publish_as("alice", alice);
  publish_as("second", alice);
  CHECK_FALSE(table->unpublish("alice"));
  CHECK_EQ(table->find("alice").hdl, nullptr);
  CHECK_EQ(code_of(table->unpublish("alice")), errc::not_found);
  CHECK_EQ(table->find("second").hdl, ptr(alice));
  CHECK_EQ(table->name_of(ptr(alice))->id, "second");
}

TEST_CASE_FIXTURE(registry_fixture, "the module's own names stay") {
  table->publish(ptr(alice), "$own", delivery_mode::decoded,
                 process_kind::activator);
  CHECK_EQ(code_of(table->unpublish("$own")), errc::not_found);
  CHECK(table->find("$own").kind == process_kind::activator);
}

TEST_CASE_FIXTURE(registry_fixture, "a concealed actor has a name for answers, "
                                    "and is not found by it") {
  table->conceal(ptr(alice));
  auto name = table->name_of(ptr(alice));
  CHECK_EQ(name->id, "$" + std::to_string(alice.hdl.id()) + ".run");
  CHECK_EQ(table->find(name->id).hdl, nullptr);
  CHECK_EQ(table->known_name(ptr(alice)), "");
  CHECK_EQ(table->count(process_kind::reply_address), 0);
  CHECK_EQ(code_of(table->unpublish(name->id)), errc::not_found);
}

TEST_CASE_FIXTURE(registry_fixture,
                  "an actor that does not run here has a name "
                  "for answers only") {
  auto proxy = caf::actor_cast<caf::strong_actor_ptr>(remote("joe"));
  auto name = table->name_of(proxy);
  CHECK_EQ(table->name_of(proxy), name);
  CHECK_EQ(table->find(name->id).hdl, nullptr);
  CHECK_EQ(table->known_name(proxy), "");
}

TEST_CASE_FIXTURE(registry_fixture, "a concealed actor that is published is "
                                    "known by that name") {
  table->conceal(ptr(alice));
  publish_as("alice", alice);
  CHECK_EQ(table->known_name(ptr(alice)), "alice");
}

TEST_CASE_FIXTURE(registry_fixture, "another run has other reply addresses") {
  auto other = std::make_shared<process_registry>("another");
  CHECK_NE(table->name_of(ptr(alice))->id, other->name_of(ptr(alice))->id);
}

TEST_CASE_FIXTURE(registry_fixture, "a reply address is made when needed, and "
                                    "only then") {
  CHECK_EQ(table->known_name(ptr(alice)), "");
  auto name = table->name_of(ptr(alice));
  CHECK_EQ(name->address, "");
  CHECK_EQ(table->find(name->id).hdl, ptr(alice));
  CHECK(table->find(name->id).kind == process_kind::reply_address);
  CHECK_EQ(table->name_of(ptr(alice)), name);
  CHECK_EQ(table->known_name(ptr(alice)), name->id);
  alice.quit();
  run();
  CHECK_EQ(table->find(name->id).hdl, nullptr);
}

TEST_CASE_FIXTURE(registry_fixture, "a published name is the better answer") {
  auto reply = table->name_of(ptr(alice));
  publish_as("alice", alice);
  CHECK_EQ(table->name_of(ptr(alice))->id, "alice");
  publish_as("second", alice);
  CHECK_EQ(table->name_of(ptr(alice))->id, "alice");
  table->unpublish("alice");
  table->unpublish("second");
  CHECK_EQ(table->name_of(ptr(alice)), reply);
}

TEST_CASE_FIXTURE(registry_fixture, "the end of a known actor is told once") {
  std::vector<process_registry::actor_key> gone;
  table->on_actor_gone(
    [&](process_registry::actor_key x) { gone.push_back(x); });
  auto bob = spawn_witness();
  publish_as("alice", alice);
  publish_as("second", alice);
  table->name_of(ptr(alice));
  process_registry::actor_key key = ptr(alice).get();
  alice.quit();
  bob.quit();
  run();
  CHECK_EQ(gone, std::vector<process_registry::actor_key>{key});
}

TEST_CASE_FIXTURE(registry_fixture, "actors of two systems with one id have "
                                    "two reply addresses") {
  auto reply = table->name_of(ptr(alice));
  twin_system others;
  auto twin = others.twin_of(alice.hdl.id());
  REQUIRE_EQ(twin.id(), alice.hdl.id());
  auto key = caf::actor_cast<caf::strong_actor_ptr>(twin);
  auto other_reply = table->name_of(key);
  CHECK_NE(other_reply->id, reply->id);
  CHECK_EQ(table->find(other_reply->id).hdl, key);
  CHECK_EQ(table->find(reply->id).hdl, ptr(alice));
  CHECK_EQ(table->name_of(ptr(alice)), reply);
  CHECK_EQ(table->name_of(key), other_reply);
  caf::scoped_actor self{twin.home_system()};
  self->send_exit(twin, caf::exit_reason::kill);
  self->wait_for(twin);
  CHECK_EQ(table->find(reply->id).hdl, ptr(alice));
}

/// An actor that says itself when it ends.
class plain_actor final : public caf::monitorable_actor {
public:
  explicit plain_actor(caf::actor_config& cfg) : caf::monitorable_actor(cfg) {
    // nop
  }

  void enqueue(caf::mailbox_element_ptr, caf::execution_unit*) override {
    // nop
  }
};

/// A place for one actor after the other, all with one id.
class place {
public:
  explicit place(caf::actor_system& sys) : sys_(sys) {
    // nop
  }

  caf::strong_actor_ptr next_actor() {
    caf::actor_config cfg;
    auto storage = new (&memory_)
      caf::actor_storage<plain_actor>(42, caf::node_id{}, &sys_, cfg);
    // one that is never given back: the memory is not CAF's
    caf::intrusive_ptr_add_weak_ref(&storage->ctrl);
    return {&storage->ctrl, false};
  }

private:
  caf::actor_system& sys_;
  std::aligned_storage_t<sizeof(caf::actor_storage<plain_actor>),
                         alignof(caf::actor_storage<plain_actor>)>
    memory_;
};

TEST_CASE_FIXTURE(registry_fixture, "an actor of another system may follow one "
                                    "with its id at its place") {
  place here{sys};
  for (int i = 0; i < 3; ++i) {
    auto x = here.next_actor();
    auto name = table->name_of(x);
    CHECK_EQ(table->find(name->id).hdl, x);
    CHECK_EQ(table->name_of(x), name);
    static_cast<plain_actor*>(x->get())->cleanup(caf::error{}, nullptr);
    CHECK_EQ(table->find(name->id).hdl, nullptr);
  }
}

TEST_CASE_FIXTURE(registry_fixture, "actors that vanish without a word take no "
                                    "name along") {
  // a composition ends with its last handle, and tells nobody
  for (int i = 0; i < 200; ++i) {
    auto both = alice.hdl * alice.hdl;
    auto key = caf::actor_cast<caf::strong_actor_ptr>(both);
    REQUIRE_FALSE(table->publish(key, "both", delivery_mode::decoded,
                                 process_kind::published));
    CHECK_EQ(table->known_name(key), "both");
    REQUIRE_FALSE(table->unpublish("both"));
    CHECK_EQ(table->known_name(key), "");
  }
  CHECK_LE(table->known_actors(), 128);
  auto bob = spawn_witness();
  CHECK_EQ(publish_as("bob", bob), errc::none);
  bob.quit();
  run();
  CHECK_EQ(table->find("bob").hdl, nullptr);
}

TEST_CASE_FIXTURE(registry_fixture,
                  "an actor that is over cannot keep a name") {
  alice.quit();
  run();
  publish_as("alice", alice);
  CHECK_EQ(table->find("alice").hdl, nullptr);
  CHECK_EQ(table->count(process_kind::published), 0);
}

TEST_CASE_FIXTURE(registry_fixture, "what does not run here is not published") {
  for (auto& hdl : {remote("joe"), remote("alice", own_address)}) {
    auto err = table->publish(caf::actor_cast<caf::strong_actor_ptr>(hdl),
                              "alice", delivery_mode::decoded,
                              process_kind::published);
    CHECK_EQ(code_of(err), errc::not_found);
    CHECK_NE(render(err).find("does not run in this process"),
             std::string::npos);
  }
  CHECK_EQ(table->known_actors(), 0);
}

TEST_CASE_FIXTURE(registry_fixture,
                  "a registry that is closed says whom it has kept alive, "
                  "published names first, and takes nobody any more") {
  table->name_of(ptr(alice));
  auto bob = spawn_witness();
  publish_as("bob", bob);
  auto xs = table->close();
  CHECK_EQ(code_of(table->publish(ptr(bob), "late", delivery_mode::decoded,
                                  process_kind::published)),
           errc::not_running);
  CHECK(table->close().empty());
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[0].name->id, "bob");
  CHECK_EQ(xs[0].hdl, ptr(bob));
  CHECK_EQ(xs[1].kind, process_kind::reply_address);
}

TEST_CASE_FIXTURE(registry_fixture, "the counts are those of the names") {
  auto count = [this](process_kind kind) {
    CHECK_EQ(table->count(kind), table->names(kind).size());
    return table->count(kind);
  };
  auto bob = spawn_witness();
  publish_as("alice", alice);
  publish_as("bob", bob);
  table->name_of(ptr(spawn_witness()));
  CHECK_EQ(count(process_kind::published), 2);
  CHECK_EQ(count(process_kind::reply_address), 1);
  for (auto kind : {process_kind::activator, process_kind::internal}) {
    auto own = ptr(spawn_witness());
    auto name = "$own" + std::to_string(static_cast<int>(kind));
    REQUIRE_FALSE(table->publish(own, name, delivery_mode::decoded, kind));
    CHECK_EQ(count(kind), 1);
  }
  table->unpublish("alice");
  CHECK_EQ(count(process_kind::published), 1);
  bob.quit();
  run();
  CHECK_EQ(count(process_kind::published), 0);
  publish_as("alice", alice);
  table->close();
  CHECK_EQ(count(process_kind::published), 0);
  CHECK_EQ(count(process_kind::reply_address), 0);
}

TEST_CASE_FIXTURE(registry_fixture,
                  "a name costs no more because there are many "
                  "actors that have none any more") {
  auto prepare = [this](size_t n) {
    std::vector<caf::strong_actor_ptr> result;
    for (size_t i = 0; i < n; ++i)
      result.push_back(
        caf::actor_cast<caf::strong_actor_ptr>(sys.spawn([] { /* nop */ })));
    return result;
  };
  auto use = [](const std::vector<caf::strong_actor_ptr>& xs) {
    auto names = std::make_shared<process_registry>("run");
    for (auto& x : xs) {
      REQUIRE_FALSE(names->publish(x, "me", delivery_mode::decoded,
                                   process_kind::published));
      REQUIRE_FALSE(names->unpublish("me"));
    }
  };
  CHECK_LT(growth(few, many, prepare, use), flat);
}

TEST_CASE_FIXTURE(registry_fixture,
                  "a name costs no more because its actor has "
                  "many others") {
  auto names_of_alice = [&](size_t n) {
    auto names = std::make_shared<process_registry>("run");
    names->name_of(ptr(alice));
    return std::pair{names, n};
  };
  auto use = [&](const auto& x) {
    auto id = [](size_t i) { return "name" + std::to_string(i); };
    for (size_t i = 0; i < x.second; ++i)
      REQUIRE_FALSE(x.first->publish(ptr(alice), id(i), delivery_mode::decoded,
                                     process_kind::published));
    CHECK_EQ(x.first->name_of(ptr(alice))->id, id(0));
    for (size_t i = x.second; i-- > 1;)
      REQUIRE_FALSE(x.first->unpublish(id(i)));
    CHECK_EQ(x.first->name_of(ptr(alice))->id, id(0));
  };
  CHECK_LT(growth(few, many, names_of_alice, use), flat);
}

TEST_SUITE_END();

} // namespace
