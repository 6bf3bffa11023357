// SPDX-License-Identifier: BSD-3-Clause

#include "all_headers.hpp"

#include <caf/all.hpp>

#include <google/protobuf/wrappers.pb.h>

#include <iostream>

CAF_BEGIN_TYPE_ID_BLOCK(consumer, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(consumer, (google::protobuf::StringValue))
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
  std::cout << "caf_remote " << caf_remote::version_string << " listens on "
            << *address << std::endl;
  remoting.stop();
}
