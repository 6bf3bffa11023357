// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/well_known_types.hpp"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

namespace caf_remote::tool {

namespace {

template <class Message>
const google::protobuf::FileDescriptor* file_of() {
  return Message::descriptor()->file();
}

} // namespace

std::vector<const google::protobuf::FileDescriptor*> well_known_files() {
  using namespace google::protobuf;
  return {
    file_of<Any>(),        file_of<Duration>(), file_of<Empty>(),
    file_of<FieldMask>(),  file_of<Struct>(),   file_of<Timestamp>(),
    file_of<Int32Value>(),
  };
}

} // namespace caf_remote::tool
