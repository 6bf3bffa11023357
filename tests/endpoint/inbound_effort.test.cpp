// SPDX-License-Identifier: BSD-3-Clause

// What the parts of a frame cost in time: the work per byte does not grow with
// the number of bytes, whatever they say.

#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "support/actor_fixture.hpp"
#include "support/effort.hpp"

#include "remote.pb.h"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct effort_fixture : actor_fixture {
  effort_fixture() : alice(publish_witness("alice")) {
    home->log.sink(nullptr);
    home->events->unsubscribe(events.hdl);
  }

  /// Checks that twice as many of what `add` puts into a batch take about twice
  /// as long.
  template <class F>
  void check_flat(F add) {
    auto prepare = [&](size_t n) {
      remote::MessageBatch batch;
      *batch.add_type_names() = "some.Type";
      *batch.add_targets() = "alice";
      for (size_t i = 0; i < n; ++i)
        add(batch, static_cast<int>(i));
      return batch.SerializeAsString();
    };
    auto deliver = [&](const std::string& bytes) {
      inbound_dispatcher in{home,
                            home->endpoints.peer_of(peer_address),
                            peer_member,
                            1,
                            dials_of_peer(),
                            [] {}};
      REQUIRE(in.dispatch(bytes));
      run();
      alice.clear();
    };
    CHECK_LT(growth(few, many, prepare, deliver), flat);
  }

  stream_dials dials_of_peer() {
    return home->endpoints.dials_of_stream(peer_address, "127.0.0.1");
  }

  static std::string name(int i) {
    return "name" + std::to_string(i);
  }

  static std::string long_name(int i) {
    return std::string(1000, 'x') + std::to_string(i);
  }

  witness alice;
};

using batch = remote::MessageBatch;

TEST_SUITE_BEGIN("endpoint.inbound_effort");

TEST_CASE_FIXTURE(effort_fixture, "messages of one type for one target") {
  check_flat([](batch& x, int) { x.add_envelopes(); });
}

TEST_CASE_FIXTURE(effort_fixture, "a type for each message") {
  check_flat([](batch& x, int i) {
    *x.add_type_names() = name(i);
    x.add_envelopes()->set_type_id(i + 1);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "an unknown target for each message") {
  check_flat([](batch& x, int i) {
    *x.add_targets() = name(i);
    x.add_envelopes()->set_target(i + 1);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "an unknown target with a long name for each "
                                  "message, of which somebody is told") {
  home->events->subscribe(alice.hdl);
  check_flat([](batch& x, int i) {
    *x.add_targets() = long_name(i);
    x.add_envelopes()->set_target(i + 1);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "a target of ours for each message") {
  for (size_t i = 0; i < many; ++i)
    publish(alice.hdl, name(static_cast<int>(i)));
  check_flat([](batch& x, int i) {
    *x.add_targets() = name(i);
    x.add_envelopes()->set_target(i + 1);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "a sender for each message") {
  check_flat([](batch& x, int i) {
    auto who = x.add_senders();
    who->set_id(name(i));
    x.add_envelopes()->set_sender(i + 1);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "a sender for each message to nobody") {
  connect();
  check_flat([](batch& x, int i) {
    x.set_targets(0, "nobody");
    auto who = x.add_senders();
    who->set_id(name(i));
    x.add_envelopes()->set_sender(i + 1);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "entries that nobody uses") {
  check_flat([](batch& x, int i) {
    *x.add_type_names() = name(i);
    *x.add_targets() = name(i);
    x.add_senders()->set_id(name(i));
    x.add_envelopes();
  });
}

TEST_CASE_FIXTURE(effort_fixture, "one long name for all messages") {
  check_flat([](batch& x, int) {
    if (x.envelopes_size() == 0) {
      x.set_type_names(0, std::string(1u << 20, 'x'));
      x.set_targets(0, std::string(1u << 20, 'x'));
    }
    x.add_envelopes();
  });
}

TEST_CASE_FIXTURE(effort_fixture, "the parts of a header, and of unknown "
                                  "groups") {
  check_flat([](batch& x, int i) {
    if (x.envelopes_size() == 0)
      x.add_envelopes();
    auto content = x.mutable_envelopes(0);
    (*content->mutable_message_header()->mutable_header_data())[name(i)] = "";
  });
  check_flat([](batch& x, int) {
    if (x.envelopes_size() == 0)
      x.add_envelopes();
    auto more = x.GetReflection()->MutableUnknownFields(&x);
    auto inner = more->AddGroup(100);
    for (auto i = 0; i < 50; ++i)
      inner = inner->AddGroup(100);
  });
}

TEST_CASE_FIXTURE(effort_fixture, "a watch of one actor by another for each "
                                  "message") {
  check_flat([](batch& x, int i) {
    x.set_type_names(0, "actor.Unwatch");
    x.add_envelopes()->set_message_data(
      wire::encode(wire::unwatch{{"", name(i), 0}}));
  });
}

TEST_CASE_FIXTURE(effort_fixture, "news that an actor has ended, for each "
                                  "message") {
  connect();
  check_flat([](batch& x, int i) {
    x.set_type_names(0, "actor.Terminated");
    x.add_envelopes()->set_message_data(
      wire::encode(wire::terminated{{"", name(i), 0}}));
  });
}

TEST_CASE_FIXTURE(effort_fixture, "the same of a peer that we know by many "
                                  "names") {
  // few enough for us to shake hands with all of them
  constexpr size_t some = 20;
  constexpr size_t more = 32 * some;
  auto prepare = [&](size_t names) {
    auto watcher = watcher_id();
    while (home->endpoints.size() < names) {
      send_ping(remote("joe", name(static_cast<int>(dials())) + ":1"), "hello");
      shake_hands();
    }
    remote::MessageBatch content;
    *content.add_type_names() = "actor.Terminated";
    *content.add_targets() = watcher;
    for (size_t i = 0; i < some; ++i)
      content.add_envelopes()->set_message_data(
        wire::encode(wire::terminated{{"", "joe", 0}}));
    return content.SerializeAsString();
  };
  auto deliver = [&](const std::string& bytes) {
    inbound_dispatcher in{home,
                          home->endpoints.peer_of(peer_address),
                          peer_member,
                          1,
                          dials_of_peer(),
                          [] {}};
    for (auto i = 0; i < 100; ++i)
      REQUIRE(in.dispatch(bytes));
    run();
  };
  connect();
  auto with_some = effort([&] { return prepare(some); }, deliver);
  auto with_more = effort([&] { return prepare(more); }, deliver);
  CHECK_LT(with_more / with_some, flat);
}

TEST_SUITE_END();

} // namespace
