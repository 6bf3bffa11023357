// SPDX-License-Identifier: BSD-3-Clause

// The stages of the way of a message, one at a time and without a network.
// Times per item are times per message.

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/compat/inbound_shelf.hpp"
#include "caf_remote/compat/outbound_consumer.hpp"
#include "caf_remote/config.hpp"
#include "caf_remote/endpoint/admission.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"
#include "caf_remote/endpoint/outbox.hpp"
#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/handshake.hpp"
#include "caf_remote/wire/serializer_registry.hpp"

#include "support/actors.hpp"
#include "support/messages.hpp"

#include "remote.pb.h"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/execution_unit.hpp>
#include <caf/scoped_actor.hpp>

#include <benchmark/benchmark.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace caf_remote;

namespace {

using google::protobuf::BytesValue;
using google::protobuf::Empty;
using google::protobuf::UInt64Value;

constexpr size_t batch_size = 1000;

constexpr size_t max_bytes = 64u << 20;

const auto own_address = std::string{"127.0.0.1:8090"};

constexpr auto peer_address = "127.0.0.1:8091";

constexpr correspondents who{"counter", "$12", {}};

const wire::serializer_registry& registry() {
  static const wire::serializer_registry result;
  return result;
}

const wire::serializer_registry::entry& type() {
  return *registry().find(typeid(BytesValue));
}

BytesValue content_of(const benchmark::State& state) {
  BytesValue result;
  result.set_value(std::string(static_cast<size_t>(state.range(0)), 'x'));
  return result;
}

outbound_ptr encoded(const BytesValue& content) {
  return std::move(*make_outbound(who, registry(), type(), content,
                                  wire::protobuf_serializer, {}));
}

outbox::batch cut(outbox& box) {
  static const outbox::limits limits{batch_size, 4u << 20, 32u << 20};
  static const outbox::filter may_send = [](const outbound_element&) {
    return errc::none;
  };
  static const outbox::rejecter reject = [](outbound_ptr, errc) {};
  return box.next(limits, peer_address, own_address, may_send, reject);
}

std::string frame_of(const BytesValue& content) {
  outbox box;
  for (size_t i = 0; i < batch_size; ++i)
    box.push(encoded(content));
  return cut(box).frame;
}

void count_batches(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations()
                          * static_cast<int64_t>(batch_size));
}

void sizes(benchmark::internal::Benchmark* x) {
  x->Arg(64)->Arg(1024);
}

// -- sending ------------------------------------------------------------------

/// What a user's `send` does before the module is asked.
void make_message(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(content_of(state));
  state.SetItemsProcessed(state.iterations());
}

/// The payload into its mailbox element, on the sender's thread.
void encode_payload(benchmark::State& state) {
  auto content = content_of(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(encoded(content));
  state.SetItemsProcessed(state.iterations());
}

/// Senders and the writer's share, as if batches had one message.
void admit(benchmark::State& state) {
  static admission gate{{1u << 30, size_t{1} << 40}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(gate.enter(256));
    gate.written(1, 256);
  }
  state.SetItemsProcessed(state.iterations());
}

/// Elements into the mailbox of an actor that is awake, as the writer is under
/// load.
void enqueue(benchmark::State& state) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto content = content_of(state);
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<outbound_ptr> elements;
    for (size_t i = 0; i < batch_size; ++i)
      elements.push_back(encoded(content));
    auto reader = std::make_unique<caf::scoped_actor>(sys);
    state.ResumeTiming();
    for (auto& x : elements)
      (*reader)->enqueue(caf::mailbox_element_ptr{x.release()}, nullptr);
    state.PauseTiming();
    reader.reset();
    state.ResumeTiming();
  }
  count_batches(state);
}

/// Runs actors on the caller's thread, when it says so.
class by_hand final : public caf::execution_unit {
public:
  using caf::execution_unit::execution_unit;

  void exec_later(caf::resumable* x) override {
    ready_ = x;
  }

  void run() {
    if (auto x = std::exchange(ready_, nullptr)) {
      x->resume(this, std::numeric_limits<size_t>::max());
      caf::intrusive_ptr_release(x);
    }
  }

private:
  caf::resumable* ready_ = nullptr;
};

class dropping_taker : public outbound_taker {
public:
  void take(outbound_ptr x) override {
    benchmark::DoNotOptimize(x);
  }

  void pause() override {
    // nop
  }
};

/// Elements out of a mailbox, and their end.
void take_elements(benchmark::State& state, bool straight) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  by_hand here{&sys};
  dropping_taker taker;
  auto hdl = sys.spawn<caf::lazy_init>([&](outbound_consumer* self) {
    if (straight)
      self->taker(&taker);
    return caf::behavior{
      [](outbound& x) { benchmark::DoNotOptimize(x); },
      [self](caf::ok_atom) { self->quit(); },
    };
  });
  auto content = content_of(state);
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < batch_size; ++i)
      hdl->enqueue(caf::mailbox_element_ptr{encoded(content).release()}, &here);
    state.ResumeTiming();
    here.run();
  }
  count_batches(state);
  hdl->enqueue(nullptr, caf::make_message_id(),
               caf::make_message(caf::ok_atom::value), &here);
  here.run();
}

/// As the writer takes them.
void take(benchmark::State& state) {
  take_elements(state, true);
}

/// As any other actor would.
void take_by_behavior(benchmark::State& state) {
  take_elements(state, false);
}

/// Elements to a frame, the elements' end included.
void cut_batch(benchmark::State& state) {
  auto content = content_of(state);
  outbox box;
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < batch_size; ++i)
      box.push(encoded(content));
    state.ResumeTiming();
    benchmark::DoNotOptimize(cut(box));
  }
  count_batches(state);
}

/// Only the framing.
void encode_batch(benchmark::State& state) {
  auto payload = content_of(state).SerializeAsString();
  wire::envelope_view view;
  view.type_name = type().codec->type_name();
  view.payload = payload;
  view.target_id = who.target;
  view.sender_id = who.sender;
  view.sender_address = own_address;
  wire::batch_encoder encoder;
  for (auto _ : state) {
    for (size_t i = 0; i < batch_size; ++i)
      encoder.add(view);
    benchmark::DoNotOptimize(encoder.finish(peer_address));
  }
  count_batches(state);
}

/// The framing by Protobuf, to compare with.
void encode_batch_by_protobuf(benchmark::State& state) {
  remote::RemoteMessage msg;
  msg.ParseFromString(frame_of(content_of(state)));
  std::string frame;
  for (auto _ : state) {
    msg.SerializeToString(&frame);
    benchmark::DoNotOptimize(frame);
  }
  count_batches(state);
}

// -- receiving ----------------------------------------------------------------

void decode_batch(benchmark::State& state) {
  auto frame = frame_of(content_of(state));
  wire::batch_view view;
  for (auto _ : state) {
    auto part = wire::decode_frame(frame);
    auto bytes = std::get_if<wire::batch_bytes>(&part);
    if (bytes == nullptr || !wire::decode_batch(bytes->content, view)) {
      state.SkipWithError("not a batch");
      return;
    }
    benchmark::DoNotOptimize(view);
  }
  count_batches(state);
}

void decode_batch_by_protobuf(benchmark::State& state) {
  auto frame = frame_of(content_of(state));
  for (auto _ : state) {
    remote::RemoteMessage msg;
    msg.ParseFromString(frame);
    benchmark::DoNotOptimize(msg);
  }
  count_batches(state);
}

class nobody : public undelivered_sink {
public:
  void undelivered(inbound_element&) override {
    // nop
  }
};

/// What the reader of a stream does with a payload.
class stream_end {
public:
  stream_end()
    : ledger_(caf::make_counted<inbound_ledger>(
      inbound_ledger::bounds{1000000, 1u << 30}, [] {},
      std::make_shared<nobody>())),
      account_(ledger_->account_of("counter")),
      shelf_(std::make_shared<inbound_shelf>(*type().codec)) {
    ledger_->keep(shelf_);
  }

  ~stream_end() {
    shelf_->close();
    ledger_->detach();
  }

  inbound_ptr decode(std::string_view payload) {
    auto x = make_inbound(nullptr, caf::make_message_id(), *shelf_);
    if (registry().decode(payload, wire::protobuf_serializer, type(), max_bytes,
                          x.object)
        || !ledger_->enter(*account_, payload.size()))
      return nullptr;
    x.element->charge(account_, payload.size());
    return std::move(x.element);
  }

private:
  caf::intrusive_ptr<inbound_ledger> ledger_;
  inbound_ledger::account_ptr account_;
  std::shared_ptr<inbound_shelf> shelf_;
};

/// The payload into its mailbox element, and the element's end.
void decode_payload(benchmark::State& state) {
  auto payload = content_of(state).SerializeAsString();
  stream_end in;
  for (auto _ : state)
    benchmark::DoNotOptimize(in.decode(payload));
  state.SetItemsProcessed(state.iterations());
}

/// Decodes, and lets an actor on another thread take the messages. The CPU time
/// is that of the process.
void deliver(benchmark::State& state) {
  caf_remote::config cfg;
  cfg.load<caf::id_block::caf_remote_bench>();
  caf::actor_system sys{cfg};
  auto actor = sys.spawn(bench::counter);
  auto payload = content_of(state).SerializeAsString();
  caf::scoped_actor self{sys};
  stream_end in;
  for (auto _ : state) {
    for (size_t i = 0; i < batch_size; ++i)
      caf::actor_cast<caf::strong_actor_ptr>(actor)->enqueue(in.decode(payload),
                                                             nullptr);
    self->request(actor, caf::infinite, Empty{})
      .receive([](const UInt64Value&) {},
               [&](const caf::error&) { state.SkipWithError("no answer"); });
  }
  count_batches(state);
}

BENCHMARK(make_message)->Apply(sizes);
BENCHMARK(encode_payload)->Apply(sizes);
BENCHMARK(admit)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(enqueue)->Apply(sizes);
BENCHMARK(take)->Apply(sizes);
BENCHMARK(take_by_behavior)->Apply(sizes);
BENCHMARK(cut_batch)->Apply(sizes);
BENCHMARK(encode_batch)->Apply(sizes);
BENCHMARK(encode_batch_by_protobuf)->Apply(sizes);
BENCHMARK(decode_batch)->Apply(sizes);
BENCHMARK(decode_batch_by_protobuf)->Apply(sizes);
BENCHMARK(decode_payload)->Apply(sizes);
BENCHMARK(deliver)->Apply(sizes)->MeasureProcessCPUTime()->UseRealTime();

} // namespace

BENCHMARK_MAIN();
