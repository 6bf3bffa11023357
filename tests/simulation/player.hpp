// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "simulation/story.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace caf_remote::test {

/// A story, or what is left of it.
struct excerpt {
  uint64_t seed = 0;
  /// The steps that are taken out.
  std::bitset<max_steps> without;

  /// The seed's story without these steps.
  story read() const;
};

/// What became of a story.
struct outcome_of_story {
  std::vector<std::string> complaints;
  /// Equal for equal runs.
  uint64_t trace = 0;
  /// How often what happened.
  std::map<std::string, size_t> figures;
  /// What has happened, for persons, if it was asked for.
  std::string tale;

  bool clean() const noexcept {
    return complaints.empty();
  }
};

/// Plays stories, each in a process of its own: a crash or a hang costs that
/// story only and is a complaint. All are forked from one process that does
/// nothing else, so that each begins with the same memory and can be repeated.
class player {
public:
  /// To be made first of all. Where things lie must not be random.
  player();

  ~player();

  player(const player&) = delete;
  player& operator=(const player&) = delete;

  outcome_of_story play(const excerpt& what, bool with_tale = false);

  /// Takes steps out of a story as long as the first complaint stays one of the
  /// same kind, the text before its colon. Plays at most `tries` stories.
  excerpt shrink(const excerpt& what, size_t tries);

private:
  pid_t pid_;
  int orders_;
  int reports_;
};

} // namespace caf_remote::test
