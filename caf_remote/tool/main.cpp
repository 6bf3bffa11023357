// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/arguments.hpp"
#include "caf_remote/tool/commands.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/help.hpp"
#include "caf_remote/tool/json_line.hpp"
#include "caf_remote/tool/output.hpp"
#include "caf_remote/version.hpp"

#include <google/protobuf/stubs/logging.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace caf_remote::tool {

namespace {

struct entry {
  const char* name;
  int (*run)(const arguments&);
};

int help(const arguments& args) {
  auto page = help_page(args.command == "help" ? args.name : args.command);
  page.pop_back(); // the line end
  print_line(page);
  return exit_success;
}

constexpr entry commands[] = {
  {"serve", serve}, {"ping", ping},   {"request", request}, {"send", send},
  {"spawn", spawn}, {"watch", watch}, {"stop", stop},       {"help", help},
};

int run(const std::vector<std::string>& words) {
  auto args = parse_arguments(words);
  if (args.version) {
    print_line(args.as_json ? json_line{}.text("version", version_string).str()
                            : std::string{"caf-remote "} + version_string);
    return exit_success;
  }
  if (args.help)
    return help(args);
  for (auto& x : commands)
    if (x.name == args.command)
      return x.run(args);
  throw usage_error{"unknown command"};
}

int run_and_report(const std::vector<std::string>& words) {
  try {
    return run(words);
  } catch (const usage_error& x) {
    print_error(std::string{x.what()} + " (see caf-remote --help)");
    return exit_usage;
  } catch (const std::exception& x) {
    print_error(x.what());
    return exit_failure;
  }
}

/// Whether a standard stream was closed when the program was started. One that
/// is open never closes by itself on exec: such a descriptor was made here,
/// before `main` (gRPC leaks an event descriptor if it gets the number 0).
bool was_closed(int fd) {
  auto flags = ::fcntl(fd, F_GETFD);
  return flags < 0 ? errno == EBADF : (flags & FD_CLOEXEC) != 0;
}

/// A closed standard stream would give its number to the next file or
/// connection, which then got what we print, or was read as our input. Opened
/// the wrong way round, its use fails as it should.
void keep_standard_streams() {
  for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!was_closed(fd))
      continue;
    auto mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    auto opened = ::open("/dev/null", mode | O_CLOEXEC);
    if (opened < 0 || opened == fd)
      continue;
    ::dup3(opened, fd, O_CLOEXEC);
    ::close(opened);
  }
}

} // namespace

} // namespace caf_remote::tool

int main(int argc, char** argv) {
  caf_remote::tool::keep_standard_streams();
  // whoever reads our output may go away
  ::signal(SIGPIPE, SIG_IGN);
  // errors are told by us, in one line
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
  google::protobuf::SetLogHandler(nullptr);
  return caf_remote::tool::run_and_report({argv + 1, argv + argc});
}
