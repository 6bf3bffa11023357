// SPDX-License-Identifier: BSD-3-Clause

#include "all_headers.hpp"

#include <iostream>

int main() {
  // Enough to need the library at link time.
  auto id = caf_remote::parse_pid("localhost:4242/hello");
  if (!id || id->id != "hello") {
    std::cerr << "cannot parse a PID" << std::endl;
    return 1;
  }
  std::cout << "consumed caf_remote: " << to_string(*id) << std::endl;
}
