// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {

class Message;

} // namespace google::protobuf

namespace caf_remote {

/// Turns Protobuf messages into bytes and back under an id that both sides
/// agree on. 0 (Protobuf binary) and 1 (JSON) are built in; others reach only
/// peers known to be caf_remote, because a protoactor-go process ends when it
/// sees an id it does not know. Implementations are called on many threads at
/// once: senders' threads to encode, the module's readers to decode, with none
/// of the module's locks held. What one throws makes the message one that
/// cannot be encoded or decoded; it is logged and counted
/// (`callback_exceptions`).
class serializer {
public:
  virtual ~serializer();

  /// Appends `x` to `result`. Returns false if it cannot be encoded.
  virtual bool encode(const google::protobuf::Message& x,
                      std::string& result) const = 0;

  /// Fills `x`, which is empty. Returns false if `bytes` make no sense.
  virtual bool decode(std::string_view bytes,
                      google::protobuf::Message& x) const = 0;
};

} // namespace caf_remote
