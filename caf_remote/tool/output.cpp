// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/output.hpp"

#include "caf_remote/tool/error.hpp"

#include <algorithm>
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

void print_question(std::string_view text) {
  write_all(standard_error, "caf-remote: " + std::string{text});
}

bool try_print_line(std::string_view line) {
  return try_write(standard_output, line);
}

bool try_print_error_line(std::string_view line) {
  return try_write(standard_error, line);
}

size_t character_length(std::string_view str) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(str[i]); };
  auto first = byte(0);
  if (first < 0x80)
    return first >= 0x20 && first != 0x7f ? 1 : 0;
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || str.size() < length)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  auto second = byte(1);
  // control characters of Latin-1, long forms, surrogates, beyond Unicode
  auto bad = (first == 0xc2 && second < 0xa0)
             || (first == 0xe0 && second < 0xa0)
             || (first == 0xed && second >= 0xa0)
             || (first == 0xf0 && second < 0x90)
             || (first == 0xf4 && second >= 0x90);
  return bad ? 0 : length;
}

std::string printable(std::string_view str) {
  std::string result;
  while (!str.empty()) {
    auto n = character_length(str);
    if (n == 0)
      result += '?';
    else
      result += str.substr(0, n);
    str.remove_prefix(std::max<size_t>(n, 1));
  }
  return result;
}

} // namespace caf_remote::tool
