// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/input.hpp"

#include "caf_remote/byte_size.hpp"
#include "caf_remote/tool/error.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace caf_remote::tool {

namespace {

constexpr int standard_input = 0;

} // namespace

std::string read_input(size_t limit) {
  std::string result;
  char buf[4096];
  for (;;) {
    auto n = ::read(standard_input, buf, sizeof(buf));
    if (n > 0) {
      result.append(buf, static_cast<size_t>(n));
      if (result.size() > limit)
        throw failure{"standard input has more than "
                      + render_byte_size(limit)};
    } else if (n == 0) {
      return result;
    } else if (errno == EAGAIN) {
      pollfd x{standard_input, POLLIN, 0};
      ::poll(&x, 1, -1);
    } else if (errno != EINTR) {
      throw failure{std::string{"cannot read standard input: "}
                    + std::strerror(errno)};
    }
  }
}

std::string read_input_line() {
  constexpr size_t max_length = 1024;
  std::string result;
  // by single characters: what follows the line is not ours
  for (char c = 0; result.size() < max_length;) {
    auto n = ::read(standard_input, &c, 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n != 1 || c == '\n')
      break;
    result += c;
  }
  return result;
}

} // namespace caf_remote::tool
