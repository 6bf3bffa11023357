// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/payload_node.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_map>

namespace google::protobuf {

class Descriptor;
class FieldDescriptor;
class Message;
class MessageFactory;

} // namespace google::protobuf

namespace caf_remote::wire {

/// Builds the nodes of all types that can be part of a message, extensions
/// included. Recursive types are fine.
class payload_plan_builder {
public:
  explicit payload_plan_builder(const google::protobuf::Message& root);

  /// The result keeps all nodes alive, since they may refer to each other.
  std::shared_ptr<const payload_node> finish() const;

  size_t per_byte() const noexcept {
    return per_byte_;
  }

  size_t json_per_byte() const noexcept;

  bool holds_any() const noexcept {
    return holds_any_;
  }

private:
  using descriptor = google::protobuf::Descriptor;
  using field_descriptor = google::protobuf::FieldDescriptor;
  using field = payload_node::field;
  using content = payload_node::content;

  const payload_node* add(const descriptor* type);
  void add_field(payload_node& to, const field_descriptor* x);
  void find_strings();
  size_t head_of(const field_descriptor* x) const;
  size_t size_of(const field_descriptor* x) const;
  size_t inner_size(const field_descriptor* x) const;
  void count(const field& what, const field_descriptor* x);

  google::protobuf::MessageFactory& factory_;
  std::shared_ptr<std::deque<payload_node>> nodes_;
  std::unordered_map<const descriptor*, const payload_node*> known_;
  size_t per_byte_;
  size_t json_per_byte_ = 0;
  bool holds_any_ = false;
  const payload_node* root_;
};

} // namespace caf_remote::wire
