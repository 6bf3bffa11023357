// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/proto_files.hpp"

#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/output.hpp"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <system_error>

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace caf_remote::tool {

namespace {

/// An anonymous file that takes what a child process writes.
class memory_file {
public:
  memory_file() : fd_(::memfd_create("caf-remote", MFD_CLOEXEC)) {
    if (fd_ < 0)
      throw failure{std::string{"memfd_create: "} + std::strerror(errno)};
  }

  memory_file(const memory_file&) = delete;

  memory_file& operator=(const memory_file&) = delete;

  ~memory_file() {
    ::close(fd_);
  }

  int fd() const noexcept {
    return fd_;
  }

  std::string content() const {
    std::string result;
    char buf[4096];
    ssize_t n = 0;
    while (
      (n = ::pread(fd_, buf, sizeof(buf), static_cast<off_t>(result.size())))
      > 0)
      result.append(buf, static_cast<size_t>(n));
    return result;
  }

private:
  int fd_;
};

/// Runs a program to its end and returns its wait status.
int run(const std::vector<std::string>& words, const memory_file& out,
        const memory_file& err) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& x : words)
    argv.push_back(const_cast<char*>(x.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out.fd(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.fd(), 2);
  pid_t child = -1;
  auto code = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(),
                             environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    throw failure{"--proto-file needs the Protobuf compiler, but cannot start "
                  + words[0] + ": " + std::strerror(code)};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    // again
  }
  return status;
}

std::string compiler() {
  auto name = std::getenv("PROTOC");
  return name != nullptr && *name != '\0' ? name : "protoc";
}

/// The first of the compiler's lines in one, for a message.
std::string summarize(const std::string& text) {
  constexpr size_t max_lines = 3;
  constexpr size_t max_length = 300;
  std::istringstream lines{text};
  std::string result;
  size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    auto is_log = line.compare(0, 13, "[libprotobuf ") == 0;
    if (line.empty() || is_log || ++count > max_lines)
      continue;
    result += result.empty() ? "" : "; ";
    result += printable(line.substr(0, max_length));
    result += line.size() > max_length ? "..." : "";
  }
  if (count > max_lines)
    result += "; and " + std::to_string(count - max_lines) + " more";
  return result.empty() ? compiler() + " failed" : result;
}

/// The compiler would wait for a pipe, and read a device for ever.
void check_file(const std::string& file,
                const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<fs::path> places{file};
  for (auto& x : paths)
    places.push_back(fs::path{x} / file);
  for (auto& x : places) {
    std::error_code ignored;
    auto status = fs::status(x, ignored);
    if (!fs::exists(status))
      continue;
    if (!fs::is_regular_file(status))
      throw usage_error{"--proto-file: " + printable(x.string())
                        + " is not a regular file"};
    return;
  }
  throw usage_error{"--proto-file: cannot find " + printable(file)};
}

/// For the compiler it would be no more than a warning.
void check_path(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored))
    throw usage_error{"--proto-path: there is no folder " + printable(path)};
}

std::string directory_of(const std::string& file) {
  auto result = std::filesystem::path{file}.parent_path().string();
  return result.empty() ? "." : result;
}

std::vector<std::string> command_line(const std::vector<std::string>& files,
                                      std::vector<std::string> paths) {
  if (paths.empty())
    for (auto& x : files)
      paths.push_back(directory_of(x));
  std::vector<std::string> result{compiler(), "--include_imports",
                                  "--descriptor_set_out=/dev/stdout"};
  for (auto& x : paths)
    result.push_back("--proto_path=" + x);
  // no file may look like an option or a list of arguments
  for (auto& x : files)
    result.push_back(x[0] == '-' || x[0] == '@' ? "./" + x : x);
  return result;
}

} // namespace

google::protobuf::FileDescriptorSet
compile_proto_files(const std::vector<std::string>& files,
                    const std::vector<std::string>& paths) {
  google::protobuf::FileDescriptorSet result;
  for (auto& x : paths)
    check_path(x);
  if (files.empty()) {
    if (!paths.empty())
      throw usage_error{"--proto-path is of use with --proto-file only"};
    return result;
  }
  for (auto& x : files)
    check_file(x, paths);
  memory_file out;
  memory_file err;
  auto status = run(command_line(files, paths), out, err);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw usage_error{"--proto-file: " + summarize(err.content())};
  if (!result.ParseFromString(out.content()))
    throw failure{compiler() + " did not write what it should"};
  return result;
}

} // namespace caf_remote::tool
