// SPDX-License-Identifier: BSD-3-Clause

// Tables that many threads share, and the figures beside their locks.

#include "caf_remote/endpoint/event_hub.hpp"
#include "caf_remote/endpoint/peer.hpp"
#include "caf_remote/endpoint/pending_requests.hpp"
#include "caf_remote/endpoint/process_registry.hpp"

#include "interleavings/scene.hpp"

#include <array>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct table_scene : scene {
  caf::strong_actor_ptr make_actor() {
    return caf::actor_cast<caf::strong_actor_ptr>(make_box().hdl);
  }

  std::shared_ptr<process_registry> make_registry() {
    return std::make_shared<process_registry>("run", &sys);
  }

  static pending_requests::entry request_of(caf::strong_actor_ptr who,
                                            uint64_t endpoint = 1) {
    pending_requests::entry result;
    result.requester = std::move(who);
    result.mid = caf::make_message_id(1);
    result.endpoint = endpoint;
    result.since = pending_requests::clock::time_point{};
    return result;
  }
};

// Where all orders of references to one name would be too many.
constexpr search::limits few_preemptions{3};

TEST_SUITE_BEGIN("interleavings.tables");

// -- names ---------------------------------------------------------------------

TEST_CASE_FIXTURE(table_scene,
                  "a name that was taken back is not used any more, "
                  "however often it was used before") {
  interleave(
    [this](schedule& s) {
      auto names = make_registry();
      auto who = make_actor();
      names->publish(who, "joe", delivery_mode::decoded,
                     process_kind::published);
      std::atomic<bool> taken_back{false};
      s.run({{"sender",
              [&] {
                names->name_of(who);
                auto after = taken_back.load();
                auto name = names->name_of(who);
                expect(!after || name->id != "joe", "another name");
              }},
             {"owner", [&] {
                names->unpublish("joe");
                taken_back.store(true);
              }}});
      names->close();
    },
    few_preemptions);
}

TEST_CASE_FIXTURE(table_scene, "a name that was given is used from then on") {
  interleave([this](schedule& s) {
    auto names = make_registry();
    auto who = make_actor();
    std::atomic<bool> given{false};
    s.run({{"sender",
            [&] {
              names->name_of(who);
              auto after = given.load();
              auto name = names->name_of(who);
              expect(!after || name->id == "joe", "the new name");
            }},
           {"owner", [&] {
              names->publish(who, "joe", delivery_mode::decoded,
                             process_kind::published);
              given.store(true);
            }}});
    names->close();
  });
}

TEST_CASE_FIXTURE(table_scene, "an actor has one reply address, whoever asks "
                               "first") {
  interleave([this](schedule& s) {
    auto names = make_registry();
    auto who = make_actor();
    actor_name_ptr a;
    actor_name_ptr b;
    s.run({{"a", [&] { a = names->name_of(who); }},
           {"b", [&] { b = names->name_of(who); }}});
    expect(a->id == b->id, "the same");
    expect(names->count(process_kind::reply_address) == 1, "one");
    names->close();
  });
}

TEST_CASE_FIXTURE(table_scene, "one of two gets a name") {
  interleave([this](schedule& s) {
    auto names = make_registry();
    std::atomic<int> failed{0};
    auto publish = [&](const caf::strong_actor_ptr& x) {
      if (names->publish(x, "joe", delivery_mode::decoded,
                         process_kind::published))
        ++failed;
    };
    auto x = make_actor();
    auto y = make_actor();
    s.run({{"a", [&] { publish(x); }}, {"b", [&] { publish(y); }}});
    expect(failed == 1, "the other one is told");
    names->close();
  });
}

TEST_CASE_FIXTURE(table_scene, "a registry that was closed keeps nobody") {
  interleave([this](schedule& s) {
    auto names = make_registry();
    auto who = make_actor();
    s.run({{"sender", [&] { names->name_of(who); }},
           {"module", [&] { names->close(); }}});
    expect(names->known_actors() == 0, "nobody");
    expect(names->count(process_kind::reply_address) == 0, "no name");
  });
}

// -- subscribers -----------------------------------------------------------------

TEST_CASE_FIXTURE(table_scene, "nobody subscribes at a hub that was closed") {
  interleave([this](schedule& s) {
    auto hub = std::make_shared<event_hub>();
    auto who = make_box();
    s.run({{"user", [&] { hub->subscribe(who.hdl); }},
           {"module", [&] { hub->close(); }}});
    expect(!hub->has_subscribers(), "nobody");
  });
}

TEST_CASE_FIXTURE(table_scene,
                  "who has not subscribed any more is told nothing") {
  interleave([this](schedule& s) {
    auto hub = std::make_shared<event_hub>();
    auto who = make_box();
    auto other = make_box();
    hub->subscribe(who.hdl);
    std::atomic<bool> gone{false};
    s.run({{"publisher",
            [&] {
              auto after = gone.load();
              hub->publish(endpoint_connected{});
              expect(!after || who->size() == 0, "nothing");
            }},
           {"user",
            [&] {
              hub->unsubscribe(who.hdl);
              gone.store(true);
            }},
           {"other", [&] { hub->subscribe(other.hdl); }}});
    expect(hub->has_subscribers(), "there is another one");
    hub->close();
    expect(!hub->has_subscribers(), "there was");
  });
}

// -- requests --------------------------------------------------------------------

TEST_CASE_FIXTURE(table_scene, "no more requests wait than may") {
  // the id of an actor says where its requests are
  auto who = make_actor();
  interleave([&](schedule& s) {
    pending_requests table{1};
    std::atomic<int> added{0};
    auto add = [&] {
      if (table.add(request_of(who)))
        ++added;
    };
    s.run({{"a", add}, {"b", add}});
    expect(added == 1 && table.size() == 1, "one");
    auto all = table.take_all();
    expect(all.size() == 1 && table.size() == 0, "it is there");
    for (auto& x : all)
      x.settle();
  });
}

TEST_CASE_FIXTURE(table_scene, "a request is answered by one") {
  auto who = make_actor();
  interleave([&](schedule& s) {
    pending_requests table{10};
    auto id = table.add(request_of(who));
    std::atomic<int> answered{0};
    s.run({{"answer",
            [&] {
              if (auto x = table.take(*id)) {
                ++answered;
                x->settle();
              }
            }},
           {"end of the endpoint",
            [&] {
              for (auto& x : table.take_endpoint(1, false)) {
                ++answered;
                x.settle();
              }
            }},
           {"writer", [&] {
              table.mark_written(*id);
              table.move_to(*id, 2);
            }}});
    // it may have moved away before the end of its endpoint
    for (auto& x : table.take_all()) {
      ++answered;
      x.settle();
    }
    expect(answered == 1, "once");
    expect(table.size() == 0, "none is left");
  });
}

TEST_CASE_FIXTURE(table_scene,
                  "one of many looks for stale requests, and takes "
                  "all of them") {
  auto who = make_actor();
  auto other = make_actor();
  interleave([&](schedule& s) {
    pending_requests table{10};
    table.add(request_of(who));
    table.add(request_of(other));
    std::array<size_t, 2> taken{};
    auto now = pending_requests::clock::time_point{std::chrono::hours{1}};
    auto look = [&](size_t i) {
      auto xs = table.take_stale(now);
      taken[i] = xs.size();
      for (auto& x : xs)
        x.settle();
    };
    s.run({{"a", [&] { look(0); }}, {"b", [&] { look(1); }}});
    expect(taken[0] + taken[1] == 2 && table.size() == 0, "all are taken");
    expect(taken[0] == 0 || taken[1] == 0, "by one");
  });
}

// -- peers -----------------------------------------------------------------------

TEST_CASE_FIXTURE(table_scene,
                  "a peer that has introduced itself as caf_remote "
                  "is taken for that") {
  interleave([](schedule& s) {
    auto x = caf::make_counted<peer>(peer_address,
                                     std::make_shared<known_types_table>());
    x->meet("a");
    s.run({{"writer", [&] { x->introduced("a", 1000, "joe:1"); }},
           {"sender", [&] {
              if (x->is_introduced())
                expect(x->seems_caf_remote(), "it has said so");
            }}});
  });
}

TEST_CASE_FIXTURE(table_scene,
                  "what a peer claims holds as long as its streams") {
  interleave([](schedule& s) {
    auto x = caf::make_counted<peer>(peer_address,
                                     std::make_shared<known_types_table>());
    x->meet("a");
    auto claim = [&](uint64_t stream) {
      x->claimed(stream, "joe:1", true);
      expect(x->claims_caf_remote(), "one claims it");
      x->claim_over(stream);
    };
    s.run({{"stream", [&] { claim(1); }}, {"other stream", [&] { claim(2); }}});
    // that of the last one stays
    expect(x->claims_caf_remote(), "the last one");
    x->meet("b");
    expect(!x->claims_caf_remote(), "nobody");
  });
}

TEST_SUITE_END();

} // namespace
