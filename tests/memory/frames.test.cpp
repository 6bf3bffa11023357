// SPDX-License-Identifier: BSD-3-Clause

// What one frame of a peer may cost, whatever is in it: 4 times its size and
// 400 bytes per envelope. Measured when the frame is gone and its messages wait
// in the mailboxes of their targets, or of who is told of dead letters.

#include "caf_remote/endpoint/activator.hpp"
#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "memory/heap.hpp"
#include "support/actor_fixture.hpp"

#include "remote.pb.h"

#include <caf/deep_to_string.hpp>

#include <google/protobuf/unknown_field_set.h>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// Takes what it is sent and never looks at it.
class hoard final : public caf::monitorable_actor {
public:
  explicit hoard(caf::actor_config& cfg) : caf::monitorable_actor(cfg) {
    held.reserve(1u << 17);
  }

  void enqueue(caf::mailbox_element_ptr x, caf::execution_unit*) override {
    held.push_back(std::move(x));
  }

  std::vector<caf::mailbox_element_ptr> held;
};

/// Who hoards user messages, dead letters and answers.
struct memory_fixture : actor_fixture {
  memory_fixture() {
    out = connect();
    home->events->unsubscribe(events.hdl);
    target = spawn_hoard();
    publish(caf::actor_cast<caf::actor>(target), "target");
    publish(caf::actor_cast<caf::actor>(target), "raw", delivery_mode::raw);
    in = std::make_unique<inbound_dispatcher>(
      home, home->endpoints.peer_of(peer_address), peer_member, 1,
      home->endpoints.dials_of_stream(peer_address, "127.0.0.1"), [] {});
    // what the first batch ever makes
    remote::MessageBatch batch;
    auto x = add(batch, "some.Type", "target");
    x->set_sender(add_sender(batch, "", "someone"));
    cost(batch);
    forget();
  }

  ~memory_fixture() {
    forget();
    in.reset();
  }

  // -- actors -----------------------------------------------------------------

  caf::strong_actor_ptr spawn_hoard() {
    caf::actor_config cfg;
    auto result = caf::make_actor<hoard, caf::strong_actor_ptr>(
      sys.next_actor_id(), sys.node(), &sys, cfg);
    hoards.push_back(result);
    return result;
  }

  size_t held_by(const caf::strong_actor_ptr& x) {
    return static_cast<hoard*>(x->get())->held.size();
  }

  /// What the ledger counts for the messages that the target holds.
  size_t charged() {
    size_t result = 0;
    for (auto& x : static_cast<hoard*>(target->get())->held)
      result += dynamic_cast<inbound_element&>(*x).bytes();
    return result;
  }

  void subscribe() {
    subscriber = spawn_hoard();
    home->events->subscribe(caf::actor_cast<caf::actor>(subscriber));
  }

  void forget() {
    for (auto& x : hoards)
      static_cast<hoard*>(x->get())->held.clear();
    run();
    out->forget_written();
  }

  // -- frames -----------------------------------------------------------------

  static int index_of(google::protobuf::RepeatedPtrField<std::string>& names,
                      const std::string& name) {
    for (auto i = 0; i < names.size(); ++i)
      if (names[i] == name)
        return i;
    *names.Add() = name;
    return names.size() - 1;
  }

  static std::string pid_of(const std::string& address, const std::string& id) {
    actor::PID result;
    result.set_address(address);
    result.set_id(id);
    return result.SerializeAsString();
  }

  static remote::MessageEnvelope* add(remote::MessageBatch& batch,
                                      const std::string& type,
                                      const std::string& target,
                                      const std::string& address = "") {
    auto type_index = index_of(*batch.mutable_type_names(), type);
    auto target_index = index_of(*batch.mutable_targets(),
                                 pid_of(address, target));
    auto result = batch.add_envelopes();
    result->set_type_id(type_index);
    result->set_target(target_index);
    return result;
  }

  /// Returns what stands for the sender in an envelope.
  static int add_sender(remote::MessageBatch& batch, const std::string& address,
                        const std::string& id) {
    auto x = batch.add_senders();
    x->set_address(address);
    x->set_id(id);
    return batch.senders_size();
  }

  size_t cost(const remote::MessageBatch& batch) {
    auto bytes = batch.SerializeAsString();
    auto before = heap_in_use();
    REQUIRE(in->dispatch(bytes));
    run();
    if (peer_reads)
      out->forget_written();
    return heap_in_use() - std::min(before, heap_in_use());
  }

  /// A sender that nobody had a handle for costs 1 KiB more.
  void check(const std::string& what, const remote::MessageBatch& batch,
             size_t new_senders = 0) {
    CAPTURE(what);
    auto limit = 4 * batch.ByteSizeLong()
                 + 400 * static_cast<size_t>(batch.envelopes_size())
                 + 1024 * new_senders;
    CHECK_LE(cost(batch), limit);
    forget();
  }

  /// The same envelope again and again.
  static remote::MessageBatch repeated(remote::MessageBatch batch,
                                       int count = 1500) {
    auto x = batch.envelopes(0);
    while (batch.envelopes_size() < count)
      *batch.add_envelopes() = x;
    return batch;
  }

  fake_stream_ptr out;
  bool peer_reads = true;
  std::vector<caf::strong_actor_ptr> hoards;
  caf::strong_actor_ptr target;
  caf::strong_actor_ptr subscriber;
  std::unique_ptr<inbound_dispatcher> in;
};

const std::string longest(max_id_length, 'x');
const std::string huge(1u << 20, 'x');

TEST_SUITE_BEGIN("memory.frames");

TEST_CASE_FIXTURE(memory_fixture, "messages in encoded form share the name of "
                                  "their type") {
  for (auto name : {"target", "raw"}) {
    remote::MessageBatch batch;
    add(batch, longest, name);
    check(name, repeated(batch));
  }
}

TEST_CASE_FIXTURE(memory_fixture, "payloads are held once") {
  for (size_t size : {0, 15, 16, 100, 4000, 200000}) {
    for (auto type :
         {"some.Type", "caf_remote.test.Ping", "google.protobuf.BytesValue"}) {
      remote::MessageBatch batch;
      google::protobuf::BytesValue x;
      x.set_value(std::string(size, 'x'));
      add(batch, type, "target")->set_message_data(x.SerializeAsString());
      check(type, repeated(batch, size > 10000 ? 10 : 1500));
    }
  }
}

TEST_CASE_FIXTURE(memory_fixture, "headers are held in encoded form") {
  remote::MessageBatch tiny;
  auto fields = add(tiny, "some.Type", "target")
                  ->mutable_message_header()
                  ->mutable_header_data();
  for (auto i = 0; i < 64; ++i)
    (*fields)[std::string(1, static_cast<char>(i + 1))] = "";
  check("tiny headers", repeated(tiny));
  remote::MessageBatch large;
  fields = add(large, "some.Type", "target")
             ->mutable_message_header()
             ->mutable_header_data();
  (*fields)["key"] = std::string(8000, 'x');
  check("large headers", repeated(large, 100));
}

TEST_CASE_FIXTURE(memory_fixture, "names above their bounds are not held") {
  subscribe();
  auto refused = home->snapshot().refused_envelopes;
  remote::MessageBatch types;
  add(types, huge, "target");
  check("type name", repeated(types));
  remote::MessageBatch ids;
  add(ids, "some.Type", huge);
  check("target id", repeated(ids));
  remote::MessageBatch addresses;
  add(addresses, "some.Type", "target", huge);
  check("target address", repeated(addresses));
  remote::MessageBatch senders;
  add(senders, "some.Type", "target")
    ->set_sender(add_sender(senders, "", huge));
  check("sender id", repeated(senders));
  remote::MessageBatch sender_addresses;
  add(sender_addresses, "some.Type", "target")
    ->set_sender(add_sender(sender_addresses, huge, "x"));
  check("sender address", repeated(sender_addresses));
  CHECK_EQ(home->snapshot().refused_envelopes - refused, 5 * 1500);
  CHECK_EQ(held_by(target), 0);
}

TEST_CASE_FIXTURE(memory_fixture, "senders share their handle") {
  remote::MessageBatch batch;
  add(batch, "some.Type", "target")->set_sender(add_sender(batch, "", longest));
  check("one sender", repeated(batch));
}

TEST_CASE_FIXTURE(memory_fixture, "a sender that is new costs a handle, as "
                                  "long as its messages wait") {
  auto handles = home->proxies.size();
  remote::MessageBatch batch;
  for (auto i = 0; i < 1500; ++i)
    add(batch, "some.Type", "target")
      ->set_sender(add_sender(batch, "", "sender" + std::to_string(i)));
  check("many senders", batch, 1500);
  CHECK_EQ(home->proxies.size(), handles);
  // and is charged with that
  cost(batch);
  CHECK_GE(charged(), 1500 * 1024);
}

TEST_CASE_FIXTURE(memory_fixture, "dead letters share their names") {
  std::string address = std::string(max_address_length - 3, 'x') + ":80";
  remote::MessageBatch nobody;
  add(nobody, longest, longest);
  remote::MessageBatch elsewhere;
  add(elsewhere, longest, longest, address);
  remote::MessageBatch asked;
  auto x = add(asked, longest, longest);
  x->set_sender(add_sender(asked, "", longest));
  x->set_sender_request_id(7);
  remote::MessageBatch late;
  add(late, longest, "target")->set_target_request_id(7);
  for (auto i = 0; i < 2; ++i) {
    check("unknown target", repeated(nobody));
    check("foreign address", repeated(elsewhere));
    check("requests to nobody", repeated(asked));
    check("late answers", repeated(late));
    subscribe();
  }
  peer_reads = false;
  home->events->unsubscribe(caf::actor_cast<caf::actor>(subscriber));
  check("requests to nobody of a peer that does not read", repeated(asked));
}

TEST_CASE_FIXTURE(memory_fixture, "messages that an ending actor leaves share "
                                  "their names") {
  subscribe();
  remote::MessageBatch batch;
  add(batch, longest, "target");
  batch = repeated(batch);
  auto before = heap_in_use();
  cost(batch);
  static_cast<hoard*>(target->get())->held.clear();
  CHECK_EQ(held_by(subscriber), 1500);
  CHECK_LE(heap_in_use() - before, 4 * batch.ByteSizeLong() + 400 * 1500);
}

TEST_CASE_FIXTURE(memory_fixture, "refused envelopes leave nothing") {
  subscribe();
  remote::MessageBatch batch;
  add(batch, "caf_remote.test.Ping", "target")->set_message_data("\xff");
  check("garbage", repeated(batch));
  batch.mutable_envelopes(0)->set_target(7);
  check("no such target", repeated(batch));
  batch.mutable_envelopes(0)->set_target(0);
  batch.mutable_envelopes(0)->set_serializer_id(77);
  check("unknown serializer", repeated(batch));
}

TEST_CASE_FIXTURE(memory_fixture, "JSON never takes more than the bound for "
                                  "all that waits, also while it is read") {
  auto largest = home->opts.inbound_bytes;
  auto list = [](const std::string& unit, size_t bytes) {
    auto result = '[' + unit;
    while (result.size() + unit.size() + 2 < bytes)
      result += ',' + unit;
    return result + ']';
  };
  // the type comes last, so that Protobuf must keep the rest until then
  auto in_any = [](const std::string& value, const std::string& type) {
    return R"({"value":)" + value + R"(,"@type":"type.googleapis.com/)"
           + "google.protobuf." + type + "\"}";
  };
  auto deep_list = [&](size_t depth, size_t bytes) {
    auto result = in_any(list("0", bytes / 128 / depth - 60 * depth),
                         "ListValue");
    while (--depth > 2)
      result = in_any(result, "Any");
    return result;
  };
  auto peak = [&](const std::string& type, const std::string& json) {
    remote::MessageBatch batch;
    auto x = add(batch, "google.protobuf." + type, "target");
    x->set_serializer_id(wire::json_serializer);
    x->set_message_data(json);
    auto before = heap_in_use();
    take_heap_peak();
    cost(batch);
    forget();
    return take_heap_peak() - before;
  };
  auto refused = [&] { return home->snapshot().refused_envelopes; };
  for (auto unit : {"{}", "0", "[]", "\"\"", "{\"\":0}"}) {
    CAPTURE(unit);
    auto before = refused();
    CHECK_LE(peak("ListValue", list(unit, largest / 128)), largest);
    CHECK_EQ(refused(), before);
    CHECK_LE(peak("ListValue", list(unit, largest / 128 + 9)), largest / 64);
    CHECK_EQ(refused(), before + 1);
    CHECK_LE(peak("Any", list(unit, largest)), 4 * largest);
  }
  for (size_t depth : {3, 10, 30}) {
    CAPTURE(depth);
    auto read = peak("Any", deep_list(depth, largest));
    CHECK_LE(read, largest);
    CHECK_GE(read, largest / 8);
    CHECK_LE(peak("Any", deep_list(depth, 2 * largest)), largest / 8);
  }
  // what is in strings is not nested
  auto before = refused();
  peak("Any", R"({"@type":"type.googleapis.com/google.protobuf.StringValue",)"
              R"("value":")"
                + std::string(largest / 128 / 2, '{') + "\"}");
  CHECK_EQ(refused(), before);
}

TEST_CASE_FIXTURE(memory_fixture, "an object never takes more than the bound "
                                  "for all that waits, also while it is read") {
  auto largest = home->opts.inbound_bytes;
  auto peak = [&](const std::string& bytes, int32_t serializer) {
    remote::MessageBatch batch;
    auto x = add(batch, "google.protobuf.FileDescriptorSet", "target");
    x->set_serializer_id(serializer);
    x->set_message_data(bytes);
    auto before = heap_in_use();
    take_heap_peak();
    cost(batch);
    forget();
    return take_heap_peak() - before;
  };
  auto files = [](size_t bytes) {
    std::string result;
    while (result.size() < bytes)
      result += std::string{"\x0a\x00", 2};
    return result;
  };
  auto list = [](size_t bytes) {
    std::string result = R"({"file":[{})";
    while (result.size() + 5 < bytes)
      result += ",{}";
    return result + "]}";
  };
  auto refused = [&] { return home->snapshot().refused_envelopes; };
  auto before = refused();
  CHECK_GE(peak(files(largest / 512), 0), largest / 8);
  CHECK_GE(peak(list(largest / 512), 1), largest / 16);
  CHECK_EQ(refused(), before);
  for (auto size : {largest / 256, largest / 128, largest / 16}) {
    CAPTURE(size);
    CHECK_LE(peak(files(size), 0), largest);
    CHECK_LE(peak(list(size), 1), largest);
  }
  CHECK_LE(peak(files(largest / 16), 0), largest / 4);
  CHECK_GE(refused(), before + 3);
}

TEST_CASE_FIXTURE(memory_fixture, "a text of a message decodes nothing that "
                                  "comes from a peer") {
  google::protobuf::FileDescriptorSet files;
  for (auto i = 0; i < 100000; ++i)
    files.add_file();
  google::protobuf::Any any;
  any.PackFrom(files);
  Blob unknown;
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddLengthDelimited(
    7, any.value());
  auto size = any.value().size();
  auto peak = [](const auto& x) {
    auto before = heap_in_use();
    take_heap_peak();
    caf::deep_to_string(x);
    return take_heap_peak() - before;
  };
  CHECK_LE(peak(any), 16 * size);
  CHECK_LE(peak(unknown), 16 * size);
}

TEST_CASE_FIXTURE(memory_fixture, "table entries that nobody uses leave "
                                  "nothing") {
  remote::MessageBatch batch;
  add(batch, "some.Type", "target");
  auto fill = [&](int count) {
    for (auto i = 0; i < count; ++i) {
      batch.add_type_names();
      batch.add_targets();
      batch.add_senders();
    }
  };
  fill(200);
  check("unused entries", batch);
  fill(1u << 16);
  auto bytes = batch.SerializeAsString();
  auto before = heap_in_use();
  take_heap_peak();
  CHECK_FALSE(in->dispatch(bytes));
  CHECK_LE(take_heap_peak() - before, 4 * bytes.size());
}

TEST_CASE_FIXTURE(memory_fixture, "Proto.Actor's own messages") {
  subscribe();
  auto system = [this](const std::string& type, const std::string& to,
                       std::string payload = "") {
    remote::MessageBatch batch;
    auto x = add(batch, type, to);
    x->set_sender(add_sender(batch, "", "someone"));
    x->set_message_data(std::move(payload));
    check(type + " to " + to.substr(0, 20), repeated(batch));
  };
  std::string later_fields;
  while (later_fields.size() < huge.size())
    later_fields += std::string{"\x38\x00", 2};
  for (auto type :
       {"actor.Watch", "actor.Unwatch", "actor.Terminated", "actor.Touched",
        "remote.ActorPidRequest", "remote.ActorPidResponse"}) {
    CAPTURE(type);
    remote::MessageBatch batch;
    auto x = add(batch, type, "target");
    x->set_sender(add_sender(batch, "", "someone"));
    x->set_message_data(later_fields);
    auto before = heap_in_use();
    take_heap_peak();
    cost(batch);
    forget();
    CHECK_LE(take_heap_peak() - before, 4 * huge.size());
  }
  auto self = wire::encode(wire::watch{{"", "someone", 0}});
  auto gone = wire::encode(wire::terminated{{"", "someone", 0}});
  for (auto& to : {std::string{"target"}, std::string{"nobody"}}) {
    system("actor.Watch", to, self);
    system("actor.Unwatch", to, self);
    system("actor.Terminated", to, gone);
    system("actor.Stop", to);
    system("actor.PoisonPill", to);
    system("actor.Touch", to);
    system("actor.Touched", to, wire::encode(wire::touched{{"", "x", 0}}));
    system("actor.DeadLetterResponse", to);
    system("remote.ActorPidResponse", to);
    system("remote.ActorPidRequest", to,
           wire::encode(wire::actor_pid_request{"name", "kind"}));
  }
  system("actor.Touch", longest);
  system("actor.Stop", longest);
}

TEST_CASE_FIXTURE(memory_fixture, "watches share the name of the actor") {
  publish(caf::actor_cast<caf::actor>(target), longest);
  auto watches = [this](const std::string& type, const std::string& to,
                        size_t watchers, uint32_t number) {
    remote::MessageBatch batch;
    for (size_t i = 0; i < 1500; ++i) {
      wire::watch msg{{"", "w" + std::to_string(i % watchers),
                       number == 0 ? 0 : number + static_cast<uint32_t>(i)}};
      add(batch, type, to)->set_message_data(wire::encode(msg));
    }
    check(type + " of " + to.substr(0, 10) + " by " + std::to_string(watchers),
          batch);
  };
  for (auto reads : {true, false}) {
    if (!reads)
      out->hold_writes();
    for (auto number : {0u, 1u})
      for (size_t watchers : {1, 1500})
        for (auto& to : {longest, std::string(max_id_length, 'y'),
                         std::string{"nobody"}}) {
          watches("actor.Watch", to, watchers, number);
          watches("actor.Unwatch", to, watchers, number);
        }
  }
}

TEST_CASE_FIXTURE(memory_fixture, "ends of actors that nobody watches") {
  remote::MessageBatch batch;
  add(batch, "actor.Terminated",
      home->endpoints.find(peer_address)->watcher_id())
    ->set_message_data(wire::encode(wire::terminated{{"", longest, 0}}));
  check("Terminated", repeated(batch));
}

TEST_CASE_FIXTURE(memory_fixture, "spawn requests") {
  auto hdl = sys.spawn(activator, home);
  REQUIRE_FALSE(home->processes->publish(
    caf::actor_cast<caf::strong_actor_ptr>(hdl), "activator",
    delivery_mode::decoded, process_kind::activator));
  remote::MessageBatch batch;
  auto x = add(batch, "remote.ActorPidRequest", "activator");
  x->set_sender(add_sender(batch, "", "someone"));
  x->set_message_data(wire::encode(wire::actor_pid_request{"name", "kind"}));
  check("unknown kind", repeated(batch));
  x->set_message_data(wire::encode(wire::actor_pid_request{huge, huge}));
  check("huge kind", batch);
  caf::anon_send_exit(hdl, caf::exit_reason::kill);
}

TEST_CASE_FIXTURE(memory_fixture, "answers to our requests") {
  remote::MessageBatch batch;
  for (auto i = 0; i < 1500; ++i) {
    pending_requests::entry entry;
    entry.requester = target;
    entry.mid = caf::make_message_id(1).response_id();
    entry.name = caf::make_counted<const actor_name>("", "target");
    auto id = home->pending.add(entry);
    REQUIRE(id);
    add(batch, longest, "target")->set_target_request_id(*id);
  }
  check("answers", batch);
  CHECK_EQ(home->pending.size(), 0);
}

// What Protobuf makes of a payload is not the module's to choose; but it is
// charged as it is.
TEST_CASE_FIXTURE(memory_fixture, "objects that are larger than their encoded "
                                  "form are charged with what they hold") {
  Nested many;
  for (auto i = 0; i < 100; ++i)
    many.add_pings();
  auto unknown = std::string(200, '\0');
  for (size_t i = 0; i < unknown.size(); i += 2)
    unknown[i] = '\x7A'; // field 15, of no bytes
  remote::MessageBatch batch;
  for (auto& payload : {many.SerializeAsString(), unknown}) {
    for (auto type : {"caf_remote.test.Nested", "caf_remote.test.Ping"}) {
      batch.Clear();
      add(batch, type, "target")->set_message_data(payload);
      auto bytes = cost(repeated(batch, 100));
      CHECK_LE(bytes, 3 * charged() / 2);
      forget();
    }
  }
}

TEST_SUITE_END();

} // namespace
