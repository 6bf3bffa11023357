// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/output.hpp"

#include "caf_remote/printable.hpp"
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

// Whatever is printed, each of its lines can be read and is no command for the
// terminal.
std::string with_line_end(std::string_view prefix, std::string_view text) {
  std::string result{prefix};
  for (;;) {
    auto end = text.find('\n');
    result += printable(text.substr(0, end));
    result += '\n';
    if (end == std::string_view::npos)
      return result;
    text.remove_prefix(end + 1);
  }
}

bool try_write(int fd, std::string_view line) {
  // a pipe that is ready takes this much without blocking
  constexpr std::string_view cut_mark = "...\n";
  auto buf = with_line_end(
    "", caf_remote::printable(line, PIPE_BUF - cut_mark.size()));
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

void print_question(std::string_view text) {
  write_all(standard_error, "caf-remote: " + printable(text));
}

bool try_print_line(std::string_view line) {
  return try_write(standard_output, line);
}

bool try_print_error_line(std::string_view line) {
  return try_write(standard_error, line);
}

std::string printable(std::string_view str) {
  return caf_remote::printable(str, std::string_view::npos);
}

} // namespace caf_remote::tool
