// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/serve_actors.hpp"

#include "caf_remote/message.hpp"
#include "caf_remote/send.hpp"

#include <caf/make_message.hpp>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <utility>

namespace caf_remote::tool {

namespace {

raw_message make_count(uint64_t count) {
  google::protobuf::UInt64Value value;
  value.set_value(count);
  return {value.GetTypeName(), 0, value.SerializeAsString()};
}

} // namespace

caf::behavior echo(caf::event_based_actor* self) {
  return {
    [self](raw_message& x) {
      return reply(self, std::move(x), header_of(self));
    },
  };
}

caf::behavior counter(caf::stateful_actor<counter_state>* self) {
  auto empty = google::protobuf::Empty{}.GetTypeName();
  return {
    [self, empty](const raw_message& x) {
      if (x.type_name == empty)
        return caf::make_message(make_count(self->state.count));
      ++self->state.count;
      return caf::message{};
    },
  };
}

} // namespace caf_remote::tool
