// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message_type.hpp"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdint>

/// The messages of the benchmarks. All systems carry the same ones.
CAF_BEGIN_TYPE_ID_BLOCK(caf_remote_bench, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(caf_remote_bench, (google::protobuf::BytesValue))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_bench, (google::protobuf::Empty))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_bench, (google::protobuf::UInt64Value))
CAF_END_TYPE_ID_BLOCK(caf_remote_bench)

namespace caf_remote::bench {

/// A payload of `size` bytes that begins with its number.
google::protobuf::BytesValue numbered(uint64_t number, size_t size);

/// The number of such a payload.
uint64_t number_of(const google::protobuf::BytesValue& x);

} // namespace caf_remote::bench
