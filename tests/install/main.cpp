// SPDX-License-Identifier: BSD-3-Clause

#include "all_headers.hpp"

#include "actor.pb.h"
#include "consumer.pb.h"

#include <caf/all.hpp>

#include <google/protobuf/wrappers.pb.h>

#include <iostream>

// In CAF's namespaces, `actor` is a class.
CAF_BEGIN_TYPE_ID_BLOCK(consumer, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(consumer, (google::protobuf::StringValue))
  CAF_REMOTE_ADD_MESSAGE(consumer, (consumer::Order))
  CAF_REMOTE_ADD_MESSAGE(consumer, (::actor::PID))
CAF_END_TYPE_ID_BLOCK(consumer)

int main() {
  caf_remote::config cfg;
  cfg.load<caf_remote::remoting>();
  cfg.load<caf::id_block::consumer>();
  caf::actor_system sys{cfg};
  auto& remoting = caf_remote::get(sys);
  auto address = remoting.listen("127.0.0.1", 0);
  if (!address) {
    std::cerr << "cannot listen: " << sys.render(address.error()) << std::endl;
    return 1;
  }
  consumer::Order order;
  order.mutable_answer_to()->set_id("joe");
  auto printed = to_string(caf::make_message(order, order.answer_to()));
  if (printed.find("joe") == std::string::npos) {
    std::cerr << "not printed: " << printed << std::endl;
    return 1;
  }
  std::cout << "caf_remote " << caf_remote::version_string << " listens on "
            << *address << std::endl;
  remoting.stop();
}
