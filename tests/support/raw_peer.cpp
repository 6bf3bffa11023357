// SPDX-License-Identifier: BSD-3-Clause

#include "support/raw_peer.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <stdexcept>
#include <utility>

namespace caf_remote::test {

// -- batches ------------------------------------------------------------------

int32_t batch_maker::type(const std::string& name) {
  batch().add_type_names(name);
  return batch().type_names_size() - 1;
}

int32_t batch_maker::target(const std::string& id, const std::string& address) {
  actor::PID who;
  who.set_address(address);
  who.set_id(id);
  batch().add_targets(who.SerializeAsString());
  return batch().targets_size() - 1;
}

int32_t batch_maker::sender(const std::string& id, const std::string& address) {
  auto who = batch().add_senders();
  who->set_address(address);
  who->set_id(id);
  return batch().senders_size();
}

remote::MessageEnvelope& batch_maker::envelope(const std::string& payload) {
  auto result = batch().add_envelopes();
  result->set_type_id(batch().type_names_size() - 1);
  result->set_target(batch().targets_size() - 1);
  result->set_message_data(payload);
  return *result;
}

remote::MessageEnvelope& batch_maker::add(const std::string& type_name,
                                          const std::string& target_id,
                                          const std::string& payload) {
  type(type_name);
  target(target_id);
  return envelope(payload);
}

remote::MessageEnvelope& batch_maker::add_text(const std::string& target_id,
                                               const std::string& value) {
  google::protobuf::StringValue msg;
  msg.set_value(value);
  return add("google.protobuf.StringValue", target_id, msg.SerializeAsString());
}

// -- the listening half -------------------------------------------------------

class raw_peer::state {
public:
  state(manners x, std::string id) : how(x), member_id_(std::move(id)) {
    // nop
  }

  std::string member_id() {
    std::lock_guard<std::mutex> guard{mutex};
    return member_id_;
  }

  void member_id(std::string x) {
    std::lock_guard<std::mutex> guard{mutex};
    member_id_ = std::move(x);
  }

  void add(transport::stream_ptr x) {
    std::lock_guard<std::mutex> guard{mutex};
    streams.push_back(std::move(x));
  }

  void take(const remote::MessageBatch& batch);

  const manners how;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<transport::stream_ptr> streams;
  std::vector<message> messages;

private:
  std::string member_id_;
};

namespace {

std::string connect_response(const std::string& member_id, bool blocked) {
  remote::RemoteMessage msg;
  auto content = msg.mutable_connect_response();
  content->set_member_id(member_id);
  content->set_blocked(blocked);
  return msg.SerializeAsString();
}

std::string connect_request(const std::string& member_id,
                            const std::string& address) {
  remote::RemoteMessage msg;
  auto content = msg.mutable_connect_request()->mutable_server_connection();
  content->set_member_id(member_id);
  content->set_address(address);
  return msg.SerializeAsString();
}

std::string id_of(const std::string& target) {
  actor::PID who;
  return who.ParseFromString(target) ? who.id() : target;
}

std::string address_of(const std::string& target) {
  actor::PID who;
  return who.ParseFromString(target) ? who.address() : std::string{};
}

} // namespace

void raw_peer::state::take(const remote::MessageBatch& batch) {
  std::lock_guard<std::mutex> guard{mutex};
  for (auto& x : batch.envelopes()) {
    message msg;
    msg.type_name = batch.type_names(x.type_id());
    msg.target = id_of(batch.targets(x.target()));
    msg.target_address = address_of(batch.targets(x.target()));
    if (x.sender() > 0)
      msg.sender = batch.senders(x.sender() - 1).id();
    msg.payload = x.message_data();
    msg.target_request_id = x.target_request_id();
    msg.sender_request_id = x.sender_request_id();
    messages.push_back(std::move(msg));
  }
  changed.notify_all();
}

namespace {

using transport::status_code;

/// Serves one stream.
template <class State>
class session final : public transport::stream_listener {
public:
  session(std::shared_ptr<State> peer, std::weak_ptr<transport::stream> str)
    : peer_(std::move(peer)), str_(std::move(str)) {
    // nop
  }

  void on_metadata(transport::metadata) override {
    // nop
  }

  void on_message(transport::frame bytes) override {
    auto str = str_.lock();
    remote::RemoteMessage msg;
    if (str == nullptr || !msg.ParseFromString(bytes))
      return;
    if (msg.has_connect_request())
      shake_hands(*str);
    else if (msg.has_message_batch())
      peer_->take(msg.message_batch());
    str->read();
  }

  void on_half_closed() override {
    if (auto str = str_.lock(); str != nullptr && !ended_)
      str->finish({status_code::ok, ""});
  }

  void on_written() override {
    auto str = str_.lock();
    if (str == nullptr)
      return;
    switch (peer_->how) {
      case manners::twice:
        if (++written_ == 1)
          str->write(connect_response(peer_->member_id(), false));
        break;
      case manners::end_ok_later:
        end(*str, status_code::ok);
        break;
      case manners::end_error_later:
        end(*str, status_code::unavailable);
        break;
      default:
        break;
    }
  }

  void on_closed(transport::status) override {
    // nop
  }

private:
  void shake_hands(transport::stream& str) {
    switch (peer_->how) {
      case manners::silent:
        break;
      case manners::garbage:
        str.write("\xff\xff\xff\xff\xff");
        break;
      case manners::empty:
        str.write("");
        break;
      case manners::batch: {
        batch_maker batch;
        batch.add_text("nobody", "hi");
        str.write(batch.frame());
        break;
      }
      case manners::request:
        str.write(connect_request(peer_->member_id(), "127.0.0.1:1"));
        break;
      case manners::nameless:
        str.write(connect_response("", false));
        break;
      case manners::blocked:
        str.write(connect_response(peer_->member_id(), true));
        break;
      case manners::end_ok:
        end(str, status_code::ok);
        break;
      case manners::end_error:
        end(str, status_code::internal);
        break;
      default:
        str.write(connect_response(peer_->member_id(), false));
        break;
    }
  }

  void end(transport::stream& str, status_code code) {
    ended_ = true;
    str.finish({code, "as told"});
  }

  std::shared_ptr<State> peer_;
  std::weak_ptr<transport::stream> str_;
  int written_ = 0;
  bool ended_ = false;
};

} // namespace

raw_peer::raw_peer(manners how, std::string member_id)
  : state_(std::make_shared<state>(how, member_id)),
    member_id_(std::move(member_id)) {
  transport::listen_options opts;
  opts.on_stream = [st = state_](transport::incoming in) {
    st->add(in.str);
    in.str->attach(std::make_shared<session<state>>(st, in.str));
    in.str->read();
  };
  auto res = transport::start_grpc_server(std::move(opts));
  if (!res)
    throw std::runtime_error{caf::to_string(res.error())};
  server_ = std::move(*res);
}

raw_peer::~raw_peer() {
  server_->shutdown(std::chrono::seconds{1});
  std::lock_guard<std::mutex> guard{state_->mutex};
  state_->streams.clear();
}

std::string raw_peer::address() const {
  return "127.0.0.1:" + std::to_string(server_->port());
}

// -- the dialling half --------------------------------------------------------

recorded_stream raw_peer::open(const std::string& node) {
  auto result = dial(node);
  // credit for all that the tests look at
  for (int i = 0; i < 16; ++i)
    result.str->read();
  return result;
}

recorded_stream raw_peer::connect(const std::string& node) {
  return connect_as(node, member_id_, address());
}

recorded_stream raw_peer::connect_as(const std::string& node,
                                     const std::string& member_id,
                                     const std::string& address) {
  auto result = open(node);
  result.write(connect_request(member_id, address));
  result.log->wait(
    [](auto& x) { return !x.frames.empty() || x.closed.has_value(); });
  auto heard = result.log->snapshot();
  remote::RemoteMessage msg;
  if (heard.frames.empty() || !msg.ParseFromString(heard.frames.front())
      || !msg.has_connect_response() || msg.connect_response().blocked())
    throw std::runtime_error{"the node refused the handshake"};
  return result;
}

void raw_peer::restart_as(std::string member_id) {
  state_->member_id(member_id);
  member_id_ = std::move(member_id);
}

transport::status raw_peer::leave(recorded_stream& str) {
  str.str->close_writes();
  return str.log->wait_closed();
}

// -- what arrived -------------------------------------------------------------

std::vector<raw_peer::message> raw_peer::received() const {
  std::lock_guard<std::mutex> guard{state_->mutex};
  return state_->messages;
}

raw_peer::message
raw_peer::wait_for(const std::function<bool(const message&)>& fits) const {
  std::unique_lock<std::mutex> guard{state_->mutex};
  message result;
  auto found = state_->changed.wait_for(guard, patience, [&] {
    for (auto& x : state_->messages) {
      if (!fits(x))
        continue;
      result = x;
      return true;
    }
    return false;
  });
  if (found)
    return result;
  std::string all = "the message did not come, but these:";
  for (auto& x : state_->messages)
    all += " " + x.type_name + "->" + x.target;
  throw std::runtime_error{all};
}

raw_peer::message raw_peer::wait_for_type(const std::string& type_name) const {
  return wait_for([&](const message& x) { return x.type_name == type_name; });
}

size_t raw_peer::streams() const {
  std::lock_guard<std::mutex> guard{state_->mutex};
  return state_->streams.size();
}

void raw_peer::end_all(transport::status why) {
  std::vector<transport::stream_ptr> all;
  {
    std::lock_guard<std::mutex> guard{state_->mutex};
    all = state_->streams;
  }
  for (auto& str : all)
    str->finish(why);
}

} // namespace caf_remote::test
