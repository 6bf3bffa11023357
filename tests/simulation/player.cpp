// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/player.hpp"

#include "caf_remote/wire/entropy.hpp"

#include "simulation/world.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

namespace caf_remote::test {

namespace {

// Seconds after which a story hangs.
constexpr unsigned longest = 60;

// Ends what is written about one story; followed by how its process has ended.
constexpr char end_mark = '\0';

struct order {
  excerpt what;
  bool with_tale;
};

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(to, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR)
      return;
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(n, 0)));
  }
}

// Returns false at the end.
bool read_all(int from, char* to, size_t size) {
  while (size > 0) {
    auto n = ::read(from, to, size);
    if (n == 0 || (n < 0 && errno != EINTR))
      return false;
    to += std::max<ssize_t>(n, 0);
    size -= static_cast<size_t>(std::max<ssize_t>(n, 0));
  }
  return true;
}

// -- the process that plays one story -----------------------------------------

std::string report(const order& x) {
  std::ostringstream out;
  auto what = x.what.read();
  world played{what, x.with_tale};
  played.play();
  for (auto& y : played.tale())
    out << "> " << y << '\n';
  auto& judge = played.judge();
  for (auto& y : judge.complaints())
    out << "- " << y << '\n';
  out << "# " << judge.trace() << '\n';
  for (auto& [name, n] : judge.sum())
    out << "= " << n << ' ' << name << '\n';
  return out.str();
}

[[noreturn]] void play_one(const order& x, int to) {
  alarm(longest);
  // what the module says where users' code throws would be in the way; who
  // wants to see all has the story told
  if (!x.with_tale)
    std::freopen("/dev/null", "w", stderr);
  wire::entropy::repeat(x.what.seed);
  std::string text;
  try {
    text = report(x);
  } catch (const std::exception& e) {
    text = std::string{"- simulation: "} + e.what() + "\n";
  }
  write_all(to, text);
  std::_Exit(0);
}

// -- the process that forks them ----------------------------------------------

// Allocates nothing.
[[noreturn]] void fork_for_each(int from, int to) {
  order x;
  while (read_all(from, reinterpret_cast<char*>(&x), sizeof(x))) {
    auto pid = ::fork();
    if (pid == 0)
      play_one(x, to);
    int status = -1;
    while (pid > 0 && ::waitpid(pid, &status, 0) < 0 && errno == EINTR)
      ; // nop
    write_all(to, {&end_mark, 1});
    write_all(to, {reinterpret_cast<const char*>(&status), sizeof(status)});
  }
  std::_Exit(0);
}

// -- the one that looks on ----------------------------------------------------

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    return "hang: no end after " + std::to_string(longest) + " seconds";
  if (WIFSIGNALED(status))
    return "crash: signal " + std::to_string(WTERMSIG(status));
  return "crash: exit code " + std::to_string(WEXITSTATUS(status));
}

outcome_of_story parse(const std::string& text) {
  outcome_of_story result;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    auto rest = line.substr(std::min<size_t>(line.size(), 2));
    switch (line.empty() ? ' ' : line[0]) {
      case '>':
        result.tale += rest + '\n';
        break;
      case '-':
        result.complaints.push_back(rest);
        break;
      case '#':
        result.trace = std::stoull(rest);
        break;
      case '=':
        result.figures[rest.substr(rest.find(' ') + 1)] = std::stoul(rest);
        break;
      default:
        break;
    }
  }
  return result;
}

std::string kind_of(const outcome_of_story& x) {
  return x.clean() ? "" : x.complaints[0].substr(0, x.complaints[0].find(':'));
}

} // namespace

story excerpt::read() const {
  auto result = draw_story(seed);
  std::vector<step> kept;
  for (size_t i = 0; i < result.steps.size(); ++i)
    if (!without[i])
      kept.push_back(result.steps[i]);
  result.steps.swap(kept);
  return result;
}

player::player() {
  int orders[2];
  int reports[2];
  if (::pipe(orders) != 0 || ::pipe(reports) != 0 || (pid_ = ::fork()) < 0)
    throw std::runtime_error{"no process to play in"};
  if (pid_ == 0) {
    ::close(orders[1]);
    ::close(reports[0]);
    fork_for_each(orders[0], reports[1]);
  }
  ::close(orders[0]);
  ::close(reports[1]);
  orders_ = orders[1];
  reports_ = reports[0];
}

player::~player() {
  ::close(orders_);
  ::close(reports_);
  int status;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
    ; // nop
}

outcome_of_story player::play(const excerpt& what, bool with_tale) {
  order x{what, with_tale};
  write_all(orders_, {reinterpret_cast<const char*>(&x), sizeof(x)});
  std::string text;
  char c;
  while (read_all(reports_, &c, 1) && c != end_mark)
    text += c;
  int status = -1;
  read_all(reports_, reinterpret_cast<char*>(&status), sizeof(status));
  auto result = parse(text);
  if (status != 0)
    result.complaints.push_back(how_it_ended(status));
  return result;
}

// Halves are tried first, then smaller and smaller pieces.
excerpt player::shrink(const excerpt& what, size_t tries) {
  auto best = what;
  auto kind = kind_of(play(best));
  auto size = draw_story(what.seed).steps.size();
  auto piece = std::max<size_t>(size / 2, 1);
  while (!kind.empty() && tries > 0) {
    auto smaller = false;
    for (size_t i = 0; i < size && tries > 0; i += piece) {
      auto x = best;
      for (auto j = i; j < std::min(i + piece, size); ++j)
        x.without.set(j);
      if (x.without == best.without)
        continue;
      --tries;
      if (kind_of(play(x)) == kind) {
        best = x;
        smaller = true;
      }
    }
    if (piece == 1 && !smaller)
      break;
    piece = std::max<size_t>(piece / 2, 1);
  }
  return best;
}

} // namespace caf_remote::test
