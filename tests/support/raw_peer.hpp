// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include "support/loopback.hpp"

#include "actor.pb.h"
#include "remote.pb.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace caf_remote::test {

/// Writes down the pieces of a MessageBatch, right or wrong.
class batch_maker {
public:
  /// Adds an entry to a table and returns its index.
  int32_t type(const std::string& name);
  int32_t target(const std::string& id, const std::string& address = "nonhost");
  /// Returns the number for an envelope, which is the index plus one.
  int32_t sender(const std::string& id, const std::string& address = "");

  /// Adds an envelope for the entries that were added last, without a sender.
  remote::MessageEnvelope& envelope(const std::string& payload);

  /// Adds a whole message.
  remote::MessageEnvelope& add(const std::string& type_name,
                               const std::string& target_id,
                               const std::string& payload);

  /// Adds a StringValue.
  remote::MessageEnvelope& add_text(const std::string& target_id,
                                    const std::string& value);

  remote::MessageBatch& batch() {
    return *msg_.mutable_message_batch();
  }

  std::string frame() const {
    return msg_.SerializeAsString();
  }

private:
  remote::RemoteMessage msg_;
};

/// What a raw peer does with a stream that a node opens to it.
enum class manners {
  polite,
  /// Never answers the handshake.
  silent,
  /// Answers it with bytes that are no message.
  garbage,
  /// Answers it with an empty message.
  empty,
  /// Answers it with a batch.
  batch,
  /// Answers it with a ConnectRequest.
  request,
  /// Answers it with a member id that is empty.
  nameless,
  /// Answers it twice.
  twice,
  blocked,
  /// Ends the stream with OK instead of an answer.
  end_ok,
  /// Ends the stream with an error instead of an answer.
  end_error,
  /// Ends the stream after the handshake.
  end_ok_later,
  end_error_later,
};

/// Speaks the wire protocol over real gRPC and does what it is told, however
/// wrong. It listens, so that a node can answer, and dials.
class raw_peer {
public:
  explicit raw_peer(manners how = manners::polite,
                    std::string member_id = "raw-peer");

  ~raw_peer();

  /// What it says about itself.
  std::string address() const;

  const std::string& member_id() const noexcept {
    return member_id_;
  }

  // -- its streams to a node --------------------------------------------------

  /// Opens a stream and says nothing.
  recorded_stream open(const std::string& node);

  /// Opens a stream and shakes hands; throws if the node refuses.
  recorded_stream connect(const std::string& node);

  /// Shakes hands under another name or address.
  recorded_stream connect_as(const std::string& node,
                             const std::string& member_id,
                             const std::string& address);

  /// From now on it is this incarnation, in both roles.
  void restart_as(std::string member_id);

  /// Half-closes and waits for the end.
  static transport::status leave(recorded_stream& str);

  // -- what nodes wrote to it -------------------------------------------------

  struct message {
    std::string type_name;
    std::string target;
    std::string target_address;
    std::string sender;
    std::string payload;
    uint32_t target_request_id = 0;
    uint32_t sender_request_id = 0;
  };

  std::vector<message> received() const;

  /// Waits until a message fits and returns it; throws if none does.
  message wait_for(const std::function<bool(const message&)>& fits) const;

  message wait_for_type(const std::string& type_name) const;

  /// Streams that nodes have opened so far.
  size_t streams() const;

  /// Ends all streams that nodes have opened.
  void end_all(transport::status why);

private:
  class state;

  std::shared_ptr<state> state_;
  std::string member_id_;
  std::shared_ptr<transport::server> server_;
};

} // namespace caf_remote::test
