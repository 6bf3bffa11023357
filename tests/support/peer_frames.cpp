// SPDX-License-Identifier: BSD-3-Clause

#include "support/peer_frames.hpp"

#include "remote.pb.h"
#include "test_messages.pb.h"

namespace caf_remote::test {

namespace {

actor::PID to_wire(const pid& x) {
  actor::PID result;
  result.set_address(x.address);
  result.set_id(x.id);
  return result;
}

int index_of_type(remote::MessageBatch& batch, const std::string& name) {
  for (int i = 0; i < batch.type_names_size(); ++i)
    if (batch.type_names(i) == name)
      return i;
  batch.add_type_names(name);
  return batch.type_names_size() - 1;
}

int index_of_target(remote::MessageBatch& batch, const pid& x) {
  auto bytes = to_wire(x).SerializeAsString();
  for (int i = 0; i < batch.targets_size(); ++i)
    if (batch.targets(i) == bytes)
      return i;
  batch.add_targets(bytes);
  return batch.targets_size() - 1;
}

int index_of_sender(remote::MessageBatch& batch, const pid& x) {
  for (int i = 0; i < batch.senders_size(); ++i)
    if (batch.senders(i).address() == x.address
        && batch.senders(i).id() == x.id)
      return i + 1;
  *batch.add_senders() = to_wire(x);
  return batch.senders_size();
}

void add(remote::MessageBatch& batch, const envelope& x) {
  auto& res = *batch.add_envelopes();
  res.set_type_id(index_of_type(batch, x.type_name));
  res.set_message_data(x.payload);
  res.set_target(index_of_target(batch, x.target));
  if (!x.sender.id.empty())
    res.set_sender(index_of_sender(batch, x.sender));
  res.set_serializer_id(x.serializer_id);
  res.set_target_request_id(x.target.request_id);
  res.set_sender_request_id(x.sender.request_id);
  for (auto& kvp : x.header)
    (*res.mutable_message_header()
        ->mutable_header_data())[kvp.first] = kvp.second;
}

pid read_target(const std::string& bytes) {
  actor::PID x;
  if (!x.ParseFromString(bytes))
    throw std::runtime_error{"a target is not a PID"};
  return {x.address(), x.id(), 0};
}

} // namespace

envelope make_envelope_for(const std::string& target_id,
                           const google::protobuf::Message& content) {
  envelope result;
  result.type_name = content.GetTypeName();
  result.payload = content.SerializeAsString();
  result.target.id = target_id;
  return result;
}

envelope make_system_envelope(const std::string& target_id,
                              std::string_view type_name, std::string payload) {
  envelope result;
  result.type_name = std::string{type_name};
  result.payload = std::move(payload);
  result.target.id = target_id;
  return result;
}

std::string batch_frame(const std::vector<envelope>& xs) {
  remote::RemoteMessage result;
  auto& batch = *result.mutable_message_batch();
  for (auto& x : xs)
    add(batch, x);
  return result.SerializeAsString();
}

std::vector<envelope> read_batch(const std::string& frame) {
  remote::RemoteMessage msg;
  if (!msg.ParseFromString(frame) || !msg.has_message_batch())
    throw std::runtime_error{"the frame is not a batch"};
  auto& batch = msg.message_batch();
  std::vector<envelope> result;
  for (auto& x : batch.envelopes()) {
    if (x.type_id() < 0 || x.type_id() >= batch.type_names_size()
        || x.target() < 0 || x.target() >= batch.targets_size()
        || x.sender() < 0 || x.sender() > batch.senders_size())
      throw std::runtime_error{"an index points outside its table"};
    envelope y;
    y.type_name = batch.type_names(x.type_id());
    y.payload = x.message_data();
    y.target = read_target(batch.targets(x.target()));
    y.target.request_id = x.target_request_id();
    if (x.sender() > 0)
      y.sender = {batch.senders(x.sender() - 1).address(),
                  batch.senders(x.sender() - 1).id(), x.sender_request_id()};
    y.serializer_id = x.serializer_id();
    for (auto& kvp : x.message_header().header_data())
      y.header.emplace(kvp.first, kvp.second);
    result.push_back(std::move(y));
  }
  return result;
}

std::vector<envelope> read_batches(const std::vector<std::string>& frames) {
  std::vector<envelope> result;
  for (auto& frame : frames)
    for (auto& x : read_batch(frame))
      result.push_back(std::move(x));
  return result;
}

std::vector<envelope> of_type(const std::vector<envelope>& xs,
                              std::string_view type_name) {
  std::vector<envelope> result;
  for (auto& x : xs)
    if (x.type_name == type_name)
      result.push_back(x);
  return result;
}

std::vector<std::string> texts_of(const std::vector<envelope>& xs) {
  std::vector<std::string> result;
  for (auto& x : of_type(xs, Ping::descriptor()->full_name()))
    result.push_back(content_of<Ping>(x).text());
  return result;
}

} // namespace caf_remote::test
