// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace caf_remote::test {

/// The threads of a case; 0 is the test itself, which runs before and after
/// them.
constexpr size_t max_threads = 5;

/// What a thread does next that others may notice.
struct operation {
  const char* what = "";
  const void* where = nullptr;
  /// Whether it makes a difference to who else does something there.
  bool writes = false;
  /// In whose code.
  const void* pc = nullptr;
};

inline bool depend(const operation& x, const operation& y) noexcept {
  return x.where == y.where && (x.writes || y.writes);
}

/// Which thread comes next, and which of several values a load returns: goes
/// through all ways in which that can be decided, one run after the other.
///
/// Runs that differ only in the order of operations that do not depend on each
/// other are the same to all threads. One of them is enough: a thread is tried
/// earlier only if one of its operations met another one's (dynamic partial
/// order reduction, Flanagan and Godefroid 2005), and not again before
/// something it depends on (sleep sets, Godefroid 1996).
class search {
public:
  using mask = uint32_t;
  using operations = std::array<operation, max_threads>;

  struct limits {
    /// How often in a run a thread is stopped that could go on.
    size_t preemptions = SIZE_MAX;
  };

  search() = default;

  explicit search(limits lim) : limits_(lim) {
    // nop
  }

  /// Decides as it was written down: replays one run.
  explicit search(std::vector<uint8_t> written_down)
    : written_down_(std::move(written_down)) {
    // nop
  }

  /// A run begins.
  void begin();

  /// Decides who goes on among those that can. `pending` is what each is about
  /// to do, `current` who went on last. The operation counts as done.
  size_t choose_thread(mask enabled, const operations& pending, size_t current);

  /// Decides among `n` possibilities of the running thread; the first is the
  /// usual one.
  size_t choose(size_t n);

  /// What `thread` does from now on comes after all that others did at `where`
  /// until now, and the other way around.
  void fence(size_t thread, const void* where);

  /// From now on nothing is decided any more: the usual way to the end.
  void give_up() noexcept {
    idle_ = true;
  }

  /// Whether the run is the same as an earlier one.
  bool redundant() const noexcept {
    return redundant_;
  }

  /// Whether a replay does not do what it did before: the case depends on
  /// something else than the schedule.
  bool astray() const noexcept {
    return astray_;
  }

  /// Prepares the next run. False: there is none.
  bool next();

  /// Possibilities that were not tried because of the limits.
  size_t left_out() const noexcept {
    return left_out_;
  }

  /// The decisions of this run.
  const std::vector<uint8_t>& decisions() const noexcept {
    return decisions_;
  }

private:
  /// Numbers of steps by thread: what comes before.
  using order = std::array<size_t, max_threads>;

  struct node {
    bool of_threads;
    // among threads
    size_t chosen;
    size_t last;
    mask enabled;
    mask backtrack;
    mask done;
    mask sleep;
    size_t preemptions;
    // among values: `chosen` of these
    size_t count;
  };

  struct step {
    size_t thread;
    operation what;
    size_t node;
  };

  struct place {
    order written{};
    order seen{};
  };

  node* old_node(bool of_threads);
  size_t first_choice(mask enabled, size_t current);
  size_t usual(mask enabled, size_t current);
  void look_back(size_t thread, const operation& op);
  void record(size_t thread, const operation& op, size_t at);
  bool advance(node& x);

  limits limits_;
  std::optional<std::vector<uint8_t>> written_down_;
  std::vector<node> nodes_;
  size_t left_out_ = 0;
  // of this run
  size_t position_ = 0;
  bool idle_ = false;
  bool redundant_ = false;
  bool astray_ = false;
  mask sleep_ = 0;
  size_t preemptions_ = 0;
  std::vector<step> steps_;
  std::array<order, max_threads> orders_{};
  std::unordered_map<const void*, place> places_;
  std::vector<uint8_t> decisions_;
};

} // namespace caf_remote::test
