// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/output.hpp"

#include "caf_remote/tool/error.hpp"

#include <cerrno>
#include <cstring>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace caf_remote::tool {

namespace {

constexpr int standard_output = 1;
constexpr int standard_error = 2;

// Lines are written in one piece, so that those of several threads do not mix.
// Returns 0 or the code of the error. That nobody reads is none.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0)
      bytes.remove_prefix(static_cast<size_t>(n));
    else if (n < 0 && errno == EAGAIN) {
      pollfd x{fd, POLLOUT, 0};
      ::poll(&x, 1, -1);
    } else if (n < 0 && errno != EINTR)
      return errno == EPIPE ? 0 : errno;
  }
  return 0;
}

std::string with_line_end(std::string_view prefix, std::string_view line) {
  std::string result{prefix};
  result += line;
  result += '\n';
  return result;
}

bool try_write(int fd, std::string_view line) {
  // a pipe that is ready takes this much without blocking
  auto buf = with_line_end("", line.substr(0, PIPE_BUF - 1));
  pollfd x{fd, POLLOUT, 0};
  if (::poll(&x, 1, 0) != 1 || (x.revents & POLLOUT) == 0)
    return false;
  return write_all(fd, buf) == 0;
}

} // namespace

void print_line(std::string_view line) {
  if (auto code = write_all(standard_output, with_line_end("", line));
      code != 0)
    throw failure{std::string{"cannot write the output: "}
                  + std::strerror(code)};
}

void print_error(std::string_view text) {
  write_all(standard_error, with_line_end("caf-remote: ", text));
}

bool try_print_line(std::string_view line) {
  return try_write(standard_output, line);
}

bool try_print_error_line(std::string_view line) {
  return try_write(standard_error, line);
}

std::string printable(std::string_view str) {
  std::string result{str};
  for (auto& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return result;
}

} // namespace caf_remote::tool
