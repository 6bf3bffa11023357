// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>
#include <vector>

namespace caf_remote::tool {

/// A message for a person or a program.
struct rendered_message {
  std::string type;
  /// What cannot be JSON is `{"@raw":"BASE64"}`.
  std::string json;
  /// Why it is not JSON; empty: it is.
  std::string problem;
};

/// The message types that the tool knows: Google's well-known ones and those of
/// the user's files.
class message_types {
public:
  /// Throws like `compile_proto_files`.
  message_types(const std::vector<std::string>& proto_files,
                const std::vector<std::string>& proto_paths);

  /// Encodes JSON. Throws `usage_error` if the type is unknown or the JSON does
  /// not fit it.
  raw_message encode(const std::string& type, const std::string& json) const;

  rendered_message render(const raw_message& x) const;

private:
  using message_ptr = std::unique_ptr<google::protobuf::Message>;

  void add(const google::protobuf::FileDescriptorProto& file);

  /// What the user may have meant, or could do, as the end of an error's text.
  std::string suggest(const std::string& type) const;

  /// An empty message; null if the type is unknown.
  message_ptr make(const std::string& type) const;

  /// Writes `x` as JSON and returns why that cannot be done; empty: it was.
  std::string to_json(const raw_message& x, std::string& result) const;

  google::protobuf::DescriptorPool pool_;
  /// The types that are not nested in others.
  std::vector<std::string> names_;
  mutable google::protobuf::DynamicMessageFactory factory_;
};

} // namespace caf_remote::tool
