// SPDX-License-Identifier: BSD-3-Clause

// Plays stories until one breaks a promise; see docs/simulation.md.

#include "simulation/player.hpp"

#include <sys/personality.h>
#include <unistd.h>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

using namespace caf_remote::test;

namespace {

struct arguments {
  uint64_t seed = 0;
  bool has_seed = false;
  uint64_t seeds = 0;
  double minutes = 0;
  bool tell = false;
  bool shrink = true;
};

[[noreturn]] void usage(int code) {
  std::fputs("usage: simulate [--seed N] [--seeds N] [--minutes N] [--story]\n"
             "                [--no-shrink]\n"
             "\n"
             "  --seed N     the first seed; by default one that is drawn\n"
             "  --seeds N    how many, 100 by default, 1 with --seed\n"
             "  --minutes N  goes on for so long instead\n"
             "  --story      tells what happens in the first one\n"
             "  --no-shrink  looks for no shorter story\n",
             code == 0 ? stdout : stderr);
  std::exit(code);
}

arguments parse(int argc, char** argv) {
  arguments result;
  for (int i = 1; i < argc; ++i) {
    std::string key = argv[i];
    if (key == "--help")
      usage(0);
    if (key == "--story") {
      result.tell = true;
      continue;
    }
    if (key == "--no-shrink") {
      result.shrink = false;
      continue;
    }
    if (++i == argc)
      usage(2);
    char* end = nullptr;
    if (key == "--seed") {
      result.seed = std::strtoull(argv[i], &end, 10);
      result.has_seed = true;
    } else if (key == "--seeds") {
      result.seeds = std::strtoull(argv[i], &end, 10);
    } else if (key == "--minutes") {
      result.minutes = std::strtod(argv[i], &end);
    } else {
      usage(2);
    }
    if (end == argv[i] || *end != '\0')
      usage(2);
  }
  if (!result.has_seed)
    result.seed = std::random_device{}();
  if (result.seeds == 0)
    result.seeds = result.has_seed ? 1 : 100;
  return result;
}

// Tables with pointers as keys are in the same order in each run only if things
// lie at the same places.
void fix_addresses(char** argv) {
  auto now = personality(0xffffffff);
  if (now == -1 || (now & ADDR_NO_RANDOMIZE) != 0)
    return;
  if (personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) != -1)
    execv("/proc/self/exe", argv);
}

void tell(player& by, const excerpt& x) {
  auto seen = by.play(x, true);
  std::fputs(seen.tale.c_str(), stdout);
  for (auto& y : seen.complaints)
    std::printf("  -> %s\n", y.c_str());
}

int broken(player& by, const excerpt& x, const outcome_of_story& seen,
           bool shrink) {
  auto seed = std::to_string(x.seed);
  for (auto& y : seen.complaints)
    std::printf("seed %s: %s\n", seed.c_str(), y.c_str());
  std::printf("to see it again: scripts/simulate --seed %s\n", seed.c_str());
  if (!shrink)
    return 1;
  std::printf("the shortest story that was found:\n");
  std::fflush(stdout);
  tell(by, by.shrink(x, 400));
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  auto args = parse(argc, argv);
  fix_addresses(argv);
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& x) {
    if (x.m_failed)
      throw std::runtime_error{std::string{x.m_expr} + " in " + x.m_file};
  });
  player theatre;
  using clock = std::chrono::steady_clock;
  auto begin = clock::now();
  std::chrono::duration<double> limit{args.minutes * 60};
  std::map<std::string, size_t> sum;
  uint64_t played = 0;
  for (; args.minutes > 0 ? clock::now() - begin < limit : played < args.seeds;
       ++played) {
    excerpt x;
    x.seed = args.seed + played;
    if (args.tell && played == 0)
      tell(theatre, x);
    auto seen = theatre.play(x);
    if (!seen.clean())
      return broken(theatre, x, seen, args.shrink);
    for (auto& [what, n] : seen.figures)
      sum[what] += n;
  }
  std::printf("%llu stories from seed %llu on: no promise is broken\n",
              static_cast<unsigned long long>(played),
              static_cast<unsigned long long>(args.seed));
  for (auto& [what, n] : sum)
    std::printf("  %zu %s\n", n, what.c_str());
  return 0;
}
