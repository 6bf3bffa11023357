// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote::test {

/// One message as it stands in a batch, with all indexes resolved. Made and
/// read with the generated classes, so that nothing here trusts the module's
/// codec.
struct envelope {
  std::string type_name;
  std::string payload;
  /// The target as a PID; the default address is what Go takes for "here".
  pid target{"nonhost", "", 0};
  /// An empty id: no sender.
  pid sender;
  int32_t serializer_id = 0;
  std::map<std::string, std::string> header;
};

/// An envelope for a Protobuf message.
envelope make_envelope_for(const std::string& target_id,
                           const google::protobuf::Message& content);

/// An envelope for one of Proto.Actor's own messages.
envelope make_system_envelope(const std::string& target_id,
                              std::string_view type_name,
                              std::string payload = "");

/// A frame with a batch; the request ids stand in the PIDs.
std::string batch_frame(const std::vector<envelope>& xs);

/// Reads a frame that must be a batch. Throws otherwise.
std::vector<envelope> read_batch(const std::string& frame);

/// The messages of all batches, in order.
std::vector<envelope> read_batches(const std::vector<std::string>& frames);

/// Those of one type, in order.
std::vector<envelope> of_type(const std::vector<envelope>& xs,
                              std::string_view type_name);

/// The texts of the pings among them, in order.
std::vector<std::string> texts_of(const std::vector<envelope>& xs);

/// Parses a payload. Throws if it is no `T`.
template <class T>
T content_of(const envelope& x) {
  T result;
  if (x.type_name != T::descriptor()->full_name()
      || !result.ParseFromString(x.payload))
    throw std::runtime_error{"not a " + T::descriptor()->full_name() + ": "
                             + x.type_name};
  return result;
}

} // namespace caf_remote::test
