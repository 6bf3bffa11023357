// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include <stdexcept>

namespace caf_remote::test {

/// A message that throws when it is printed.
struct unprintable {
  int x = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, unprintable& x) {
  if (x.x == 0)
    throw std::runtime_error{"not to be printed"};
  return f(x.x);
}

} // namespace caf_remote::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::test::unprintable)
