// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message.hpp"

#include <caf/timespan.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace caf_remote::tool {

/// What the user wants.
struct arguments {
  std::string command;

  // -- positional -------------------------------------------------------------

  std::string address;
  std::string id;
  std::string kind;
  /// Empty: the other node chooses.
  std::string name;
  std::string type;
  /// A dash: standard input.
  std::string json;

  // -- options ----------------------------------------------------------------

  /// Empty: `serve` takes the loopback interface, the others what the kernel
  /// uses to reach `address`.
  std::string host;
  uint16_t port = 0;
  std::string advertised_host;
  uint16_t advertised_port = 0;
  size_t max_retry_count = 2;
  caf::timespan retry_wait = std::chrono::seconds{1};
  /// None: the command's default.
  std::optional<caf::timespan> timeout;
  std::vector<std::string> proto_files;
  std::vector<std::string> proto_paths;
  /// Those of --header, in order.
  message_header headers;
  /// Send what the other node may not know, without a word.
  bool yes = false;
  /// Print JSON, one object a line.
  bool as_json = false;
  bool verbose = false;
  bool help = false;
  bool version = false;
};

/// Reads the command line, without the program's name. Options may stand
/// anywhere, as "--name=value" or "--name value". Throws `usage_error`.
arguments parse_arguments(const std::vector<std::string>& words);

} // namespace caf_remote::tool
