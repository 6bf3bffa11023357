// SPDX-License-Identifier: BSD-3-Clause

#include "support/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace caf_remote::test {

namespace {

[[noreturn]] void fail_with_errno(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

void close_fd(int& fd) {
  if (fd >= 0)
    ::close(fd);
  fd = -1;
}

/// A pipe that is not inherited.
struct pipe_ends {
  pipe_ends() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0)
      fail_with_errno("pipe2");
    read = fds[0];
    write = fds[1];
  }

  ~pipe_ends() {
    close_fd(read);
    close_fd(write);
  }

  int read;
  int write;
};

std::vector<std::string>
make_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (auto i = environ; *i != nullptr; ++i) {
    std::string_view entry{*i};
    auto name = std::string{entry.substr(0, entry.find('='))};
    if (added.count(name) == 0)
      result.emplace_back(entry);
  }
  for (auto& [name, value] : added)
    result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(const std::vector<std::string>& xs) {
  std::vector<char*> result;
  for (auto& x : xs)
    result.push_back(const_cast<char*>(x.c_str()));
  result.push_back(nullptr);
  return result;
}

/// What the child does between fork and exec; async-signal-safe.
[[noreturn]] void become(char* const* argv, char* const* env, int in, int out,
                         int err, pid_t parent, unsigned life) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  if (::getppid() != parent)
    ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::alarm(life);
  ::execvpe(argv[0], argv, env);
  auto what = std::strerror(errno);
  [[maybe_unused]] auto n = ::write(2, what, std::strlen(what));
  ::_exit(127);
}

} // namespace

// -- start and end ------------------------------------------------------------

process::process(std::vector<std::string> argv) : process(argv, options{}) {
  // nop
}

process::process(std::vector<std::string> argv, const options& opts) {
  for (auto& x : argv)
    name_ += (name_.empty() ? "" : " ") + x;
  start(argv, opts);
  pump_ = std::thread{[this] { pump(); }};
}

process::~process() {
  close_input();
  if (running())
    ::kill(-pid_, SIGKILL);
  {
    std::unique_lock<std::mutex> guard{mutex_};
    changed_.wait(guard, [this] { return code_.has_value(); });
    // somebody else may hold the pipes open
    quit_ = true;
  }
  wake();
  pump_.join();
  close_fd(output_.fd);
  close_fd(errors_.fd);
  close_fd(pid_fd_);
  close_fd(wake_fd_);
}

void process::start(const std::vector<std::string>& argv, const options& opts) {
  pipe_ends in, out, err;
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  auto env = make_environment(opts.environment);
  auto argv_ptrs = pointers(argv);
  auto env_ptrs = pointers(env);
  auto self = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0)
    fail_with_errno("fork");
  if (pid_ == 0)
    become(argv_ptrs.data(), env_ptrs.data(), in.read, out.write, err.write,
           self, static_cast<unsigned>(opts.life.count()));
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_fd_ < 0) {
    auto code = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error{code, std::generic_category(), "pidfd_open"};
  }
  ::setpgid(pid_, pid_); // whoever of us two is first
  input_ = std::exchange(in.write, -1);
  output_.fd = std::exchange(out.read, -1);
  errors_.fd = std::exchange(err.read, -1);
}

void process::send_signal(int number) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!code_)
    ::kill(pid_, number);
}

bool process::running() {
  std::lock_guard<std::mutex> guard{mutex_};
  return !code_;
}

int process::wait(duration limit) {
  std::unique_lock<std::mutex> guard{mutex_};
  auto over = [this] { return code_ && output_.closed && errors_.closed; };
  if (!changed_.wait_for(guard, limit, over))
    fail("did not end");
  return *code_;
}

// -- the thread that reads ----------------------------------------------------

void process::pump() {
  while (pump_once()) {
    // nop
  }
}

bool process::pump_once() {
  pollfd fds[] = {
    {output_.closed ? -1 : output_.fd, POLLIN, 0},
    {errors_.closed ? -1 : errors_.fd, POLLIN, 0},
    {code_ ? -1 : pid_fd_, POLLIN, 0},
    {wake_fd_, POLLIN, 0},
  };
  if (fds[0].fd < 0 && fds[1].fd < 0 && fds[2].fd < 0)
    return false;
  if (::poll(fds, 4, -1) < 0)
    return errno == EINTR;
  if (fds[3].revents != 0)
    return obey();
  if (fds[0].revents != 0)
    read_some(output_);
  if (fds[1].revents != 0)
    read_some(errors_);
  if (fds[2].revents != 0)
    reap();
  return true;
}

// Does what the owner wants; false: end.
bool process::obey() {
  uint64_t count = 0;
  [[maybe_unused]] auto n = ::read(wake_fd_, &count, sizeof(count));
  std::lock_guard<std::mutex> guard{mutex_};
  if (hang_up_ && !output_.closed) {
    close_fd(output_.fd);
    output_.closed = true;
    changed_.notify_all();
  }
  return !quit_;
}

void process::wake() {
  uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(wake_fd_, &one, sizeof(one));
}

void process::read_some(text& from) {
  char buf[4096];
  auto n = ::read(from.fd, buf, sizeof(buf));
  std::lock_guard<std::mutex> guard{mutex_};
  if (n > 0) {
    auto size = static_cast<size_t>(n);
    from.all.append(buf, size);
    from.rest.append(buf, size);
    size_t pos;
    while ((pos = from.rest.find('\n')) != std::string::npos) {
      from.lines.push_back(from.rest.substr(0, pos));
      from.rest.erase(0, pos + 1);
    }
  } else if (n == 0 || errno != EINTR) {
    if (!from.rest.empty())
      from.lines.push_back(std::exchange(from.rest, {}));
    from.closed = true;
  }
  changed_.notify_all();
}

void process::reap() {
  std::lock_guard<std::mutex> guard{mutex_};
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_)
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  else
    code_ = 127;
  changed_.notify_all();
}

// -- input and output ---------------------------------------------------------

std::optional<std::string> process::read_line(duration limit) {
  std::unique_lock<std::mutex> guard{mutex_};
  auto ready = [this] { return output_.closed || !output_.lines.empty(); };
  if (!changed_.wait_for(guard, limit, ready))
    fail("wrote no line");
  if (output_.lines.empty())
    return std::nullopt;
  auto result = std::move(output_.lines.front());
  output_.lines.pop_front();
  return result;
}

std::string process::expect(std::string_view prefix, duration limit) {
  return expect(output_, prefix, limit);
}

std::string process::expect_error(std::string_view prefix, duration limit) {
  return expect(errors_, prefix, limit);
}

std::string process::expect(text& from, std::string_view prefix,
                            duration limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock<std::mutex> guard{mutex_};
  for (;;) {
    while (!from.lines.empty()) {
      auto line = std::move(from.lines.front());
      from.lines.pop_front();
      if (line.compare(0, prefix.size(), prefix) == 0)
        return line;
    }
    auto ready = [&from] { return from.closed || !from.lines.empty(); };
    if (!changed_.wait_until(guard, until, ready)
        || (from.closed && from.lines.empty()))
      fail("wrote no line that begins with \"" + std::string{prefix} + "\"");
  }
}

void process::close_output() {
  std::unique_lock<std::mutex> guard{mutex_};
  hang_up_ = true;
  wake();
  changed_.wait(guard, [this] { return output_.closed; });
}

std::string process::output() {
  std::lock_guard<std::mutex> guard{mutex_};
  return output_.all;
}

std::string process::errors() {
  std::lock_guard<std::mutex> guard{mutex_};
  return errors_.all;
}

void process::write_line(std::string_view line) {
  std::string buf{line};
  buf += '\n';
  // the reader may be gone; its end shows elsewhere
  ::signal(SIGPIPE, SIG_IGN);
  for (size_t pos = 0; pos < buf.size();) {
    auto n = ::write(input_, buf.data() + pos, buf.size() - pos);
    if (n <= 0)
      return;
    pos += static_cast<size_t>(n);
  }
}

void process::close_input() {
  close_fd(input_);
}

void process::fail(std::string_view what) {
  std::string msg = "process " + std::to_string(pid_) + " (" + name_ + ") ";
  msg += what;
  if (code_)
    msg += ", it ended with code " + std::to_string(*code_);
  msg += "; output:\n" + output_.all + "errors:\n" + errors_.all;
  throw std::runtime_error{msg};
}

// -- running to the end -------------------------------------------------------

run_result run(std::vector<std::string> argv, const process::options& opts,
               process::duration limit) {
  using clock = std::chrono::steady_clock;
  auto start = clock::now();
  process child{std::move(argv), opts};
  child.close_input();
  auto code = child.wait(limit);
  auto elapsed = clock::now() - start;
  return {code, child.output(), child.errors(),
          std::chrono::duration_cast<process::duration>(elapsed)};
}

} // namespace caf_remote::test
