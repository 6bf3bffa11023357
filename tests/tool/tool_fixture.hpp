// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/process.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace caf_remote::test {

/// Within what the tool keeps its promises on a machine that does other things,
/// too.
constexpr auto slack = std::chrono::seconds{3};

using words = std::vector<std::string>;

/// The command line for the tool under test.
inline words tool_words(const words& xs) {
  auto path = std::getenv("CAF_REMOTE_TOOL");
  REQUIRE_MESSAGE(path != nullptr, "CAF_REMOTE_TOOL is not set");
  words result{path};
  result.insert(result.end(), xs.begin(), xs.end());
  return result;
}

/// How the tool is started.
inline process::options tool_options() {
  process::options result;
  result.environment
    ["LSAN_OPTIONS"] = "print_suppressions=0:suppressions=" CAF_REMOTE_TESTS_DIR
                       "/tool/lsan.supp";
  return result;
}

/// Runs the tool to its end.
inline run_result tool(const words& xs) {
  return run(tool_words(xs), tool_options());
}

/// Runs the tool, which must succeed, and returns its output.
inline std::string tool_output(const words& xs) {
  auto result = tool(xs);
  INFO("errors: " << result.errors);
  CHECK_EQ(result.code, 0);
  return result.output;
}

/// Runs the tool, which must fail with exit code 1 and nothing on standard
/// output, and returns what it says.
inline std::string tool_error(const words& xs) {
  auto result = tool(xs);
  CHECK_EQ(result.code, 1);
  CHECK_EQ(result.output, "");
  CHECK_EQ(result.errors.compare(0, 12, "caf-remote: "), 0);
  return result.errors;
}

inline bool contains(std::string_view str, std::string_view part) {
  return str.find(part) != std::string_view::npos;
}

inline uint16_t port_of(const std::string& address) {
  return static_cast<uint16_t>(
    std::stoi(address.substr(address.rfind(':') + 1)));
}

/// A running `caf-remote serve`.
class serve_process {
public:
  explicit serve_process(const words& more = {})
    : child_(tool_words(with_command(more)), tool_options()) {
    auto line = child_.read_line();
    REQUIRE(line);
    REQUIRE_EQ(line->compare(0, prefix.size(), prefix), 0);
    address_ = line->substr(prefix.size());
  }

  const std::string& address() const noexcept {
    return address_;
  }

  uint16_t port() const {
    return port_of(address_);
  }

  process& child() noexcept {
    return child_;
  }

  /// Sends a signal and returns the exit code. Fails if that takes too long.
  int stop(int signal_number = SIGTERM) {
    child_.send_signal(signal_number);
    return child_.wait(std::chrono::seconds{5});
  }

private:
  static constexpr std::string_view prefix = "listening on ";

  static words with_command(const words& more) {
    words result{"serve"};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

  process child_;
  std::string address_;
};

/// A TCP port of the loopback interface that belongs to us.
class owned_port {
public:
  owned_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in addr{};
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(addr);
    auto ptr = reinterpret_cast<sockaddr*>(&addr);
    auto ok = ::bind(fd_, ptr, size) == 0
              && ::getsockname(fd_, ptr, &size) == 0;
    REQUIRE(ok);
    address_ = "127.0.0.1:" + std::to_string(ntohs(addr.sin_port));
  }

  owned_port(const owned_port&) = delete;

  owned_port& operator=(const owned_port&) = delete;

  ~owned_port() {
    ::close(fd_);
  }

  const std::string& address() const noexcept {
    return address_;
  }

protected:
  int fd_;

private:
  std::string address_;
};

/// A port where nothing is, and nobody else comes.
class closed_port : public owned_port {};

/// A port where connections are accepted and nobody answers.
class silent_port : public owned_port {
public:
  silent_port() {
    REQUIRE_EQ(::listen(fd_, 64), 0);
  }

  /// Whether somebody has connected.
  bool has_visitor() const {
    pollfd x{fd_, POLLIN, 0};
    return ::poll(&x, 1, 0) == 1;
  }
};

} // namespace caf_remote::test
