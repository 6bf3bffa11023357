// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace caf_remote::test {

/// A child process with pipes to its standard streams. It never outlives its
/// owner: it is killed by the destructor (with its own children), by the kernel
/// when the thread that started it ends, and by an alarm after `options::life`.
/// All waits have a limit and throw `std::runtime_error` with everything the
/// process has said. One thread at a time may use an object.
class process {
public:
  using duration = std::chrono::milliseconds;

  /// Far above what any step takes, since a wait ends with its event.
  static constexpr duration patience = std::chrono::seconds{30};

  struct options {
    /// Added to the environment.
    std::map<std::string, std::string> environment;
    /// How long the process may live.
    std::chrono::seconds life{280};
  };

  /// Starts `argv[0]`, looked up in PATH unless it has a slash.
  explicit process(std::vector<std::string> argv);
  process(std::vector<std::string> argv, const options& opts);

  process(const process&) = delete;

  process& operator=(const process&) = delete;

  ~process();

  pid_t id() const noexcept {
    return pid_;
  }

  // -- output -----------------------------------------------------------------

  /// Takes the next line of standard output; none at its end.
  std::optional<std::string> read_line(duration limit = patience);

  /// Takes lines of standard output up to the first that begins with `prefix`,
  /// and returns it.
  std::string expect(std::string_view prefix, duration limit = patience);

  /// The same for standard error.
  std::string expect_error(std::string_view prefix, duration limit = patience);

  /// Hangs up: from now on nobody reads standard output.
  void close_output();

  /// Everything that was said so far, taken lines included.
  std::string output();
  std::string errors();

  // -- input ------------------------------------------------------------------

  void write_line(std::string_view line);

  void close_input();

  // -- the end ----------------------------------------------------------------

  void send_signal(int number);

  bool running();

  /// Waits for the end. Returns the exit code, or 128 plus the number of the
  /// signal that ended the process.
  int wait(duration limit = patience);

private:
  /// What was read from one of the two pipes.
  struct text {
    int fd = -1;
    std::string all;
    std::string rest;
    std::deque<std::string> lines;
    bool closed = false;
  };

  void start(const std::vector<std::string>& argv, const options& opts);
  void pump();
  bool pump_once();
  bool obey();
  void wake();
  void read_some(text& from);
  void reap();
  std::string expect(text& from, std::string_view prefix, duration limit);
  [[noreturn]] void fail(std::string_view what);

  std::string name_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int wake_fd_ = -1;
  int input_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  text output_;
  text errors_;
  bool hang_up_ = false;
  bool quit_ = false;
  std::optional<int> code_;
  std::thread pump_;
};

/// What a process left behind.
struct run_result {
  int code;
  std::string output;
  std::string errors;
  process::duration elapsed;
};

/// Runs a process to its end.
run_result run(std::vector<std::string> argv, const process::options& opts = {},
               process::duration limit = process::patience);

} // namespace caf_remote::test
