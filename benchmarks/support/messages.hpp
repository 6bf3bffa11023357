// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message_type.hpp"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

/// The messages of the benchmarks. All three systems carry the same ones.
CAF_BEGIN_TYPE_ID_BLOCK(caf_remote_bench, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(caf_remote_bench, (google::protobuf::BytesValue))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_bench, (google::protobuf::Empty))
  CAF_REMOTE_ADD_MESSAGE(caf_remote_bench, (google::protobuf::UInt64Value))
CAF_END_TYPE_ID_BLOCK(caf_remote_bench)
