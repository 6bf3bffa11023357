// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message_type.hpp"

#include "test_messages.pb.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>

/// The message types that the tests register.
CAF_BEGIN_TYPE_ID_BLOCK(caf_remote_test, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (caf_remote::test::Ping))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (caf_remote::test::Nested))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (caf_remote::test::Blob))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (google::protobuf::StringValue))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (google::protobuf::UInt64Value))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (google::protobuf::BytesValue))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (google::protobuf::ListValue))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (google::protobuf::Any))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_test, (google::protobuf::FileDescriptorSet))
CAF_END_TYPE_ID_BLOCK(caf_remote_test)

namespace caf_remote::test {

inline Ping make_ping(std::string text, int64_t number = 0) {
  Ping result;
  result.set_text(std::move(text));
  result.set_number(number);
  return result;
}

} // namespace caf_remote::test
