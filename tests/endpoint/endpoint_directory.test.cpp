// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/endpoint_directory.hpp"

#include "support/actor_fixture.hpp"
#include "support/effort.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// A directory whose endpoints nobody opens.
struct directory_fixture : actor_fixture {
  directory_fixture() {
    table.start(home,
                [this](endpoint_ptr x) { announced.push_back(x->address()); });
  }

  ~directory_fixture() {
    table.stop();
    for (auto& x : table.all())
      table.remove(x);
  }

  endpoint_ptr acquire(const std::string& address) {
    return table.acquire(address, why);
  }

  endpoint_directory table;
  std::vector<std::string> announced;
  errc why = errc::none;
};

TEST_SUITE_BEGIN("endpoint.endpoint_directory");

TEST_CASE_FIXTURE(directory_fixture, "an endpoint is made and announced once") {
  auto x = acquire("a:1");
  REQUIRE_NE(x, nullptr);
  CHECK_EQ(acquire("a:1"), x);
  CHECK_EQ(table.find("a:1"), x);
  CHECK_EQ(table.find("b:1"), nullptr);
  CHECK_EQ(announced, std::vector<std::string>{"a:1"});
}

TEST_CASE_FIXTURE(directory_fixture, "after its end the address has another") {
  auto x = acquire("a:1");
  CHECK(table.remove(x));
  auto y = acquire("a:1");
  CHECK_NE(x, y);
  CHECK_NE(x->serial(), y->serial());
  CHECK_EQ(&x->remote(), &y->remote());
  // a late removal does not hurt the newer one
  CHECK_FALSE(table.remove(x));
  CHECK_EQ(table.find("a:1"), y);
}

TEST_CASE_FIXTURE(directory_fixture, "none is made after the stop") {
  auto x = acquire("a:1");
  table.stop();
  CHECK_EQ(acquire("b:1"), nullptr);
  CHECK_EQ(why, errc::not_running);
  CHECK_EQ(acquire("a:1"), x);
}

TEST_CASE_FIXTURE(directory_fixture, "figures survive their endpoint") {
  auto x = acquire("a:1");
  x->unconfirmed = 3;
  table.remove(x);
  CHECK_EQ(table.read().retired.unconfirmed, 3);
  x = nullptr;
  table.remove(acquire("b:1"));
  CHECK_EQ(table.read().retired.unconfirmed, 3);
}

TEST_CASE_FIXTURE(directory_fixture, "at the end nobody is left to observe in "
                                     "vain, also by an endpoint that was taken "
                                     "out before") {
  auto x = acquire("a:1");
  auto y = acquire("b:1");
  table.remove(x);
  table.clear();
  for (auto& where : {x, y}) {
    CHECK(where->closed());
    auto joe = caf::actor_cast<caf::strong_actor_ptr>(
      remote("joe", where->address()));
    CHECK_FALSE(where->watch(joe, as_remote_proxy(joe)->target(), 1));
  }
}

TEST_CASE_FIXTURE(directory_fixture, "an endpoint that nobody could open does "
                                     "not keep the next one from being "
                                     "announced") {
  auto x = acquire("a:1");
  table.remove(x);
  auto y = acquire("a:1");
  home->on_connected(*y, "m");
  run();
  CHECK(events.all<endpoint_connected>().empty());
  SUBCASE("though somebody holds it") {
    x->abandon();
  }
  SUBCASE("and nobody holds it") {
    x.reset();
    table.clear();
  }
  run();
  CHECK_EQ(events.all<endpoint_connected>().size(), 1);
}

TEST_CASE_FIXTURE(directory_fixture, "endpoints are found by the member they "
                                     "lead to") {
  auto x = acquire("a:1");
  auto y = acquire("alias:1");
  table.set_member(x, "m");
  table.set_member(y, "m");
  CHECK_EQ(table.by_member("m").size(), 2);
  table.set_member(y, "n");
  CHECK_EQ(table.by_member("m"), std::vector<endpoint_ptr>{x});
  table.remove(x);
  CHECK(table.by_member("m").empty());
  CHECK_EQ(table.by_member("n").size(), 1);
  CHECK(table.leads_to("alias:1", "n"));
  CHECK_FALSE(table.leads_to("alias:1", "m"));
  CHECK_FALSE(table.leads_to("a:1", "m"));
}

TEST_CASE_FIXTURE(directory_fixture,
                  "peers are shared and forgotten when unused") {
  auto x = table.peer_of("a:1");
  CHECK_EQ(table.peer_of("a:1"), x);
  CHECK_EQ(&acquire("a:1")->remote(), x.get());
  table.peer_of("b:1")->meet("m");
  for (int i = 0; i < 200; ++i)
    table.peer_of("peer:" + std::to_string(i + 1));
  CHECK_EQ(table.peer_of("b:1")->member_id(), "");
  CHECK_EQ(table.peer_of("a:1"), x);
}

TEST_CASE("which watches of a peer have come is known for longer, for as many "
          "peers as there may be endpoints") {
  options opts;
  opts.max_endpoints = 100;
  actor_fixture fix{opts};
  auto& table = fix.home->endpoints;
  auto address = [](int i) { return "peer:" + std::to_string(i); };
  for (int i = 1; i <= 300; ++i)
    table.peer_of(address(i))->watch_comes("m", static_cast<uint64_t>(i), 5);
  for (int i = 301; i < 1000; ++i)
    table.peer_of(address(i));
  auto known = [&](int i) {
    return table.peer_of(address(i))->watch_comes("m", 1000, 7) == 5;
  };
  CHECK_FALSE(known(1));
  CHECK_FALSE(known(200));
  CHECK(known(201));
  CHECK(known(300));
  CHECK_EQ(table.peer_of(address(250))->member_id(), "");
}

TEST_CASE_FIXTURE(directory_fixture,
                  "streams are counted per peer and in all") {
  auto x = table.peer_of("a:1");
  auto y = table.peer_of("b:1");
  table.stream_opened(*x, false);
  table.stream_opened(*x, true);
  table.stream_opened(*y, true);
  table.stream_over(*x, false);
  CHECK_EQ(x->inbound_streams, 1);
  CHECK_EQ(x->near_streams, 1);
  CHECK_EQ(table.inbound_streams(), 2);
}

// -- effort -------------------------------------------------------------------

options for_many() {
  options result;
  result.max_endpoints = many;
  return result;
}

/// A directory with `n` endpoints, which somebody holds.
struct crowd {
  crowd(const node_ptr& home, size_t n)
    : table(std::make_shared<endpoint_directory>()) {
    table->start(home, [](const endpoint_ptr&) { /* nop */ });
    errc why = errc::none;
    for (size_t i = 0; i < n; ++i)
      held.push_back(table->acquire("host:" + std::to_string(i + 1), why));
  }

  void end() {
    for (auto& x : held)
      table->remove(x);
    CHECK_EQ(table->size(), 0);
  }

  std::shared_ptr<endpoint_directory> table;
  std::vector<endpoint_ptr> held;
};

TEST_CASE("an endpoint costs no more because there are many others") {
  actor_fixture fix{for_many()};
  auto prepare = [&](size_t n) { return crowd{fix.home, n}; };
  SUBCASE("its end, with others that are over and still held") {
    CHECK_LT(growth(few, many, prepare, [](crowd& x) { x.end(); }), flat);
  }
  SUBCASE("its handshake, with the same member id as all others") {
    auto meet = [](crowd& x) {
      for (auto& where : x.held)
        x.table->set_member(where, "m");
      for (auto& where : x.held)
        CHECK(x.table->leads_to(where->address(), "m"));
      x.end();
      CHECK(x.table->by_member("m").empty());
    };
    CHECK_LT(growth(few, many, prepare, meet), flat);
  }
}

TEST_CASE_FIXTURE(directory_fixture,
                  "a peer costs no more because there are many others") {
  auto prepare = [](size_t n) {
    return std::pair{std::make_shared<endpoint_directory>(), n};
  };
  auto meet = [](const auto& x) {
    std::vector<peer_ptr> held;
    for (size_t i = 0; i < x.second; ++i)
      held.push_back(x.first->peer_of("host:" + std::to_string(i + 1)));
  };
  CHECK_LT(growth(few, many, prepare, meet), flat);
}

TEST_SUITE_END();

} // namespace
