// SPDX-License-Identifier: BSD-3-Clause

// What gRPC and Protobuf can do without actors: the same messages in the same
// batches over gRPC's callback API; see README.md.

#include "support/figures.hpp"
#include "support/messages.hpp"
#include "support/process.hpp"
#include "support/schedule.hpp"
#include "support/workload.hpp"

#include "actor.pb.h"
#include "remote.grpc.pb.h"
#include "remote.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace caf_remote::bench;

namespace {

using google::protobuf::BytesValue;
using google::protobuf::Empty;
using google::protobuf::UInt64Value;
using remote::RemoteMessage;

// The defaults of caf_remote.
constexpr int max_envelopes = 1000;
constexpr size_t max_bytes = 4'128'768;

/// Messages per batch where many endpoints take turns.
constexpr int spread_envelopes = 50;

/// What an envelope may take besides its payload.
constexpr size_t overhead = 64;

/// Indexes into the table of types, which is the same in all batches.
enum type_id : int32_t { bytes_type, question_type, count_type };

// -- batches ------------------------------------------------------------------

/// One batch to one target.
class batch {
public:
  explicit batch(const std::string& target) {
    auto& content = *message.mutable_message_batch();
    for (auto name : {"google.protobuf.BytesValue", "google.protobuf.Empty",
                      "google.protobuf.UInt64Value"})
      content.add_type_names(name);
    actor::PID pid;
    pid.set_address("127.0.0.1:1");
    pid.set_id(target);
    content.add_targets(pid.SerializeAsString());
    pid.set_id("client");
    *content.add_senders() = pid;
  }

  template <class T>
  void add(type_id type, const T& content) {
    auto& x = *message.mutable_message_batch()->add_envelopes();
    x.set_type_id(type);
    x.set_sender(1);
    content.SerializeToString(x.mutable_message_data());
    bytes_ += x.message_data().size() + overhead;
  }

  int size() const {
    return message.message_batch().envelopes_size();
  }

  bool has_room(size_t payload, int limit = max_envelopes) const {
    return size() == 0
           || (size() < limit && bytes_ + payload + overhead <= max_bytes);
  }

  /// Keeps the memory of the envelopes.
  void clear() {
    message.mutable_message_batch()->mutable_envelopes()->Clear();
    bytes_ = 0;
  }

  RemoteMessage message;

private:
  size_t bytes_ = 0;
};

using batch_ptr = std::unique_ptr<batch>;

/// Hands batches to a stream, one at a time.
class outlet {
public:
  using writer = std::function<void(const RemoteMessage&)>;

  /// `write` starts a write, `written` must be called at its end.
  outlet(std::string target, uint64_t takers, writer write)
    : target_(std::move(target)), limit_(takers + 1), write_(std::move(write)) {
    // nop
  }

  /// Returns an empty batch. Blocks while too many are on their way, unless the
  /// stream is at its end.
  batch_ptr take() {
    std::unique_lock<std::mutex> guard{mtx_};
    changed_.wait(guard, [this] { return on_their_way_ < limit_ || closed_; });
    ++on_their_way_;
    return make();
  }

  /// Sends a batch from `take`.
  void submit(batch_ptr x) {
    std::unique_lock<std::mutex> guard{mtx_};
    if (closed_)
      return; // what is missing will be noticed
    ready_.push_back(std::move(x));
    write_next(guard);
  }

  /// Calls `fill` with a function that adds one message to what waits. Never
  /// blocks for long.
  template <class Fill>
  void merge(Fill fill) {
    std::unique_lock<std::mutex> guard{mtx_};
    fill([this](type_id type, const auto& content) {
      if (ready_.empty() || !ready_.back()->has_room(content.ByteSizeLong())) {
        ++on_their_way_;
        ready_.push_back(make());
      }
      ready_.back()->add(type, content);
    });
    write_next(guard);
  }

  /// Returns whether the stream may still be used.
  bool written(bool ok) {
    std::unique_lock<std::mutex> guard{mtx_};
    writing_->clear();
    spare_.push_back(std::move(writing_));
    --on_their_way_;
    changed_.notify_all();
    if (closed_)
      return false;
    if (ok)
      write_next(guard);
    else
      closed_ = true;
    return true;
  }

  /// No further writes. Returns whether there is none under way.
  bool close() {
    std::unique_lock<std::mutex> guard{mtx_};
    closed_ = true;
    changed_.notify_all();
    return writing_ == nullptr;
  }

private:
  batch_ptr make() {
    if (spare_.empty())
      return std::make_unique<batch>(target_);
    auto result = std::move(spare_.back());
    spare_.pop_back();
    return result;
  }

  void write_next(std::unique_lock<std::mutex>& guard) {
    if (writing_ != nullptr || ready_.empty() || closed_)
      return;
    writing_ = std::move(ready_.front());
    ready_.pop_front();
    auto& message = writing_->message;
    guard.unlock();
    write_(message);
  }

  std::string target_;
  uint64_t limit_;
  writer write_;
  std::mutex mtx_;
  std::condition_variable changed_;
  std::deque<batch_ptr> ready_;
  std::vector<batch_ptr> spare_;
  batch_ptr writing_;
  uint64_t on_their_way_ = 0;
  bool closed_ = false;
};

// -- server -------------------------------------------------------------------

class server_stream
  : public grpc::ServerBidiReactor<RemoteMessage, RemoteMessage> {
public:
  explicit server_stream(std::atomic<uint64_t>& count)
    : count_(count),
      out_("client", 1, [this](const RemoteMessage& x) { StartWrite(&x); }) {
    StartRead(&in_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      if (out_.close())
        Finish(grpc::Status::OK);
      return;
    }
    take(in_.message_batch());
    StartRead(&in_);
  }

  void OnWriteDone(bool ok) override {
    if (!out_.written(ok))
      Finish(grpc::Status::OK);
  }

  void OnDone() override {
    delete this;
  }

private:
  void take(const remote::MessageBatch& x) {
    actor::PID target;
    if (x.targets_size() > 0 && target.ParseFromString(x.targets(0))
        && target.id() == "echo")
      send_back(x);
    else
      count(x);
  }

  void send_back(const remote::MessageBatch& x) {
    out_.merge([&](auto add) {
      for (auto& envelope : x.envelopes())
        if (content_.ParseFromString(envelope.message_data()))
          add(bytes_type, content_);
    });
  }

  void count(const remote::MessageBatch& x) {
    for (auto& envelope : x.envelopes()) {
      if (envelope.type_id() == question_type)
        answer();
      else if (content_.ParseFromString(envelope.message_data()))
        count_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  void answer() {
    UInt64Value result;
    result.set_value(count_);
    out_.merge([&](auto add) { add(count_type, result); });
  }

  std::atomic<uint64_t>& count_;
  RemoteMessage in_;
  BytesValue content_;
  outlet out_;
};

class service : public remote::Remoting::CallbackService {
public:
  grpc::ServerBidiReactor<RemoteMessage, RemoteMessage>*
  Receive(grpc::CallbackServerContext*) override {
    return new server_stream(count_);
  }

private:
  std::atomic<uint64_t> count_{0};
};

int serve() {
  service impl;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&impl);
  auto server = builder.BuildAndStart();
  if (server == nullptr)
    throw std::runtime_error{"cannot listen"};
  auto before = usage::now();
  auto resident = resident_kb();
  std::cout << "listening on 127.0.0.1:" << port << std::endl;
  wait_for_end_of_input();
  json_line line;
  line.add("mode", "server");
  add_usage(line, before);
  line.add("start_rss_kb", resident);
  line.print();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds{1});
  return 0;
}

// -- client -------------------------------------------------------------------

/// What threads of gRPC tell the one that waits.
class mailbox {
public:
  void push(uint64_t x) {
    std::unique_lock<std::mutex> guard{mtx_};
    values_.push_back(x);
    changed_.notify_all();
  }

  /// The connection is lost.
  void close() {
    std::unique_lock<std::mutex> guard{mtx_};
    closed_ = true;
    changed_.notify_all();
  }

  uint64_t pop(std::chrono::seconds patience) {
    std::unique_lock<std::mutex> guard{mtx_};
    if (!changed_.wait_for(guard, patience,
                           [this] { return closed_ || !values_.empty(); }))
      throw std::runtime_error{"not finished in time"};
    if (values_.empty())
      throw std::runtime_error{"the connection is lost"};
    auto result = values_.front();
    values_.pop_front();
    return result;
  }

private:
  std::mutex mtx_;
  std::condition_variable changed_;
  std::deque<uint64_t> values_;
  bool closed_ = false;
};

/// A stream over a connection of its own.
class client_stream
  : public grpc::ClientBidiReactor<RemoteMessage, RemoteMessage> {
public:
  using receiver = std::function<void(const remote::MessageBatch&)>;

  /// `senders` is how many threads write, `news` learns of the end. `receive`
  /// is called on threads of gRPC.
  client_stream(const std::string& address, const std::string& target,
                uint64_t senders, mailbox& news, receiver receive)
    : out(target, senders, [this](const RemoteMessage& x) { StartWrite(&x); }),
      news_(news), receive_(std::move(receive)) {
    grpc::ChannelArguments args;
    args.SetMaxReceiveMessageSize(-1);
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = remote::Remoting::NewStub(grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), args));
    stub_->async()->Receive(&context_, this);
    AddHold();
    StartRead(&in_);
    StartCall();
  }

  ~client_stream() override {
    out.close();
    context_.TryCancel();
    RemoveHold();
    std::unique_lock<std::mutex> guard{mtx_};
    ended_.wait(guard, [this] { return done_; });
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      out.close();
      news_.close();
      return;
    }
    receive_(in_.message_batch());
    StartRead(&in_);
  }

  void OnWriteDone(bool ok) override {
    out.written(ok);
  }

  void OnDone(const grpc::Status&) override {
    std::unique_lock<std::mutex> guard{mtx_};
    done_ = true;
    ended_.notify_all();
  }

  outlet out;

private:
  mailbox& news_;
  receiver receive_;
  std::unique_ptr<remote::Remoting::Stub> stub_;
  grpc::ClientContext context_;
  RemoteMessage in_;
  std::mutex mtx_;
  std::condition_variable ended_;
  bool done_ = false;
};

/// Sends to the counter without waiting for anything but room.
class one_way_client {
public:
  explicit one_way_client(const command& cmd)
    : address_(cmd.address), what_(cmd.what), senders_(cmd.what.width) {
    if (what_.mode == workload::kind::spread) {
      senders_ = 1;
      limit_ = spread_envelopes;
    }
    connect(what_.mode == workload::kind::spread ? what_.width : 1);
  }

  void run(json_line& result) {
    auto before = ask_count();
    stopwatch watch;
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < senders_; ++i)
      threads.emplace_back(
        [=] { send(what_.count / senders_ + (i < what_.count % senders_)); });
    for (auto& x : threads)
      x.join();
    auto arrived = ask_count() - before;
    watch.report(arrived, result);
    if (arrived != what_.count)
      throw std::runtime_error{"messages were lost"};
  }

  /// Memory of streams without traffic.
  void idle(json_line& result) {
    ask_count();
    settle();
    auto before = resident_kb();
    connect(what_.count);
    ask_count();
    settle();
    auto grown = static_cast<double>(resident_kb() - before) * 1024;
    result.add("bytes_per_endpoint", grown / static_cast<double>(what_.count));
  }

private:
  void connect(uint64_t streams) {
    for (uint64_t i = 0; i < streams; ++i)
      streams_.push_back(std::make_unique<client_stream>(
        address_, "counter", senders_, answers_,
        [this](const remote::MessageBatch& x) { take(x); }));
  }

  void send(uint64_t count) {
    for (uint64_t sent = 0, turn = 0; sent < count; ++turn) {
      auto& out = streams_[turn % streams_.size()]->out;
      auto next = out.take();
      while (sent < count && next->has_room(what_.size, limit_))
        next->add(bytes_type, numbered(++sent, what_.size));
      out.submit(std::move(next));
    }
  }

  uint64_t ask_count() {
    for (auto& x : streams_) {
      auto question = x->out.take();
      question->add(question_type, Empty{});
      x->out.submit(std::move(question));
    }
    uint64_t result = 0;
    for (size_t i = 0; i < streams_.size(); ++i)
      result = std::max(result, answers_.pop(what_.patience()));
    return result;
  }

  void take(const remote::MessageBatch& x) {
    UInt64Value answer;
    for (auto& envelope : x.envelopes())
      if (envelope.type_id() == count_type
          && answer.ParseFromString(envelope.message_data()))
        answers_.push(answer.value());
  }

  std::string address_;
  workload what_;
  uint64_t senders_;
  int limit_ = max_envelopes;
  mailbox answers_;
  std::vector<std::unique_ptr<client_stream>> streams_;
};

/// Sends to the echo, the next message for each reply or by a schedule.
class echo_client {
public:
  explicit echo_client(const command& cmd)
    : what_(cmd.what),
      stream_(cmd.address, "echo", 1, finished_,
              [this](const remote::MessageBatch& x) { take(x); }) {
    // nop
  }

  void run(json_line& result) {
    auto open_loop = what_.mode == workload::kind::open_loop;
    request(std::clamp<uint64_t>(what_.count / 10, 100, 2000));
    times_ = std::make_unique<latencies>(
      what_.mode == workload::kind::window ? 0 : what_.count);
    stopwatch watch;
    if (open_loop)
      send_on_time();
    else
      request(what_.count);
    watch.report(what_.count, result);
    if (what_.mode != workload::kind::window)
      times_->report(result);
  }

private:
  using clock = std::chrono::steady_clock;

  void request(uint64_t count) {
    begin(count, nullptr);
    send_next(std::min(count, what_.width));
    finished_.pop(what_.patience());
  }

  void send_on_time() {
    schedule plan{what_.rate, what_.count};
    begin(what_.count, &plan);
    plan.run([this](uint64_t i) {
      stream_.out.merge(
        [&](auto add) { add(bytes_type, numbered(i, what_.size)); });
    });
    finished_.pop(what_.patience());
  }

  /// Only while no messages are on their way.
  void begin(uint64_t count, const schedule* plan) {
    std::unique_lock<std::mutex> guard{mtx_};
    count_ = count;
    plan_ = plan;
    sent_ = 0;
    replies_ = 0;
  }

  void send_next(uint64_t count) {
    sent_at_ = clock::now();
    stream_.out.merge([&](auto add) {
      for (uint64_t i = 0; i < count; ++i)
        add(bytes_type, numbered(++sent_, what_.size));
    });
  }

  void take(const remote::MessageBatch& x) {
    std::unique_lock<std::mutex> guard{mtx_};
    for (auto& envelope : x.envelopes()) {
      if (!content_.ParseFromString(envelope.message_data()))
        continue;
      ++replies_;
      if (plan_ != nullptr)
        times_->add(clock::now() - plan_->due(number_of(content_)));
      else if (times_ != nullptr && what_.mode == workload::kind::ping_pong)
        times_->add(clock::now() - sent_at_);
    }
    if (replies_ == count_) {
      finished_.push(replies_);
      return;
    }
    auto next = std::min(count_ - sent_,
                         static_cast<uint64_t>(x.envelopes_size()));
    if (plan_ == nullptr && next > 0)
      send_next(next);
  }

  workload what_;
  std::mutex mtx_;
  uint64_t count_ = 0;
  uint64_t sent_ = 0;
  uint64_t replies_ = 0;
  const schedule* plan_ = nullptr;
  clock::time_point sent_at_;
  std::unique_ptr<latencies> times_;
  BytesValue content_;
  mailbox finished_;
  client_stream stream_;
};

int measure(const command& cmd) {
  json_line line;
  cmd.what.describe(line);
  switch (cmd.what.mode) {
    case workload::kind::one_way:
    case workload::kind::spread:
      one_way_client{cmd}.run(line);
      break;
    case workload::kind::idle:
      one_way_client{cmd}.idle(line);
      break;
    case workload::kind::ping_pong:
    case workload::kind::window:
    case workload::kind::open_loop:
      echo_client{cmd}.run(line);
      break;
    default:
      throw std::invalid_argument{cmd.what.mode_name
                                  + " is not for this program"};
  }
  line.print();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  return guarded_main("grpc_bench", [&] {
    auto cmd = command::parse({argv + 1, argv + argc});
    limit_life(cmd.life());
    return cmd.serve ? serve() : measure(cmd);
  });
}
