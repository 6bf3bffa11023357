// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "interleavings/memory_model.hpp"
#include "interleavings/search.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <semaphore.h>

namespace caf_remote::test {

/// Runs a case in all interleavings of its threads. The threads are real, since
/// the code has variables per thread, but one of them runs at a time: before
/// each operation that others may notice it asks who is next.
class explorer {
public:
  struct job {
    std::string name;
    std::function<void()> run;
  };

  explicit explorer(search how);

  ~explorer();

  explorer(const explorer&) = delete;
  explorer& operator=(const explorer&) = delete;

  /// Runs the threads of one schedule to their end.
  void run(std::vector<job> jobs);

  /// A promise was broken. Only the first one of a run counts.
  void fail(std::string_view what);

  /// What was broken, and the schedule; empty: nothing.
  const std::string& failure() const noexcept {
    return failure_;
  }

  search& tree() noexcept {
    return search_;
  }

  /// Begins a run; gives back what the one before has freed.
  void begin();

  size_t steps() const noexcept {
    return trace_.size();
  }

  // -- for the runtime, on the thread that runs --------------------------------

  /// Called before each operation that others may notice. Returns when it may
  /// be done.
  void step(const operation& op);

  /// The number of the thread that runs.
  size_t current() const noexcept {
    return current_;
  }

  memory_model& memory() noexcept {
    return memory_;
  }

  /// Plain memory is used.
  void touch(const void* where, size_t bytes, memory_model::access how,
             const void* pc);

  /// Keeps a block that the case has freed until the run is over.
  void bury(void* block, size_t bytes, const void* pc);

  size_t choose(size_t n, const char* what);

  // Locks. False: nobody will ever let go of it.
  bool lock(const void* mutex, bool shared, const void* pc);
  bool try_lock(const void* mutex, bool shared, const void* pc);
  void unlock(const void* mutex);

  // Conditions. The mutex is let go of by `wait`, and to be locked again.
  void wait(const void* condition, const void* mutex, const void* pc);
  void notify(const void* condition, bool all, const void* pc);

  /// Whether a weak operation fails for no reason.
  bool fails_spuriously();

private:
  enum class wish : uint8_t { nothing, exclusive, shared };

  struct thread_state {
    std::string name;
    std::function<void()> body;
    std::thread thread;
    sem_t turn;
    operation pending;
    wish wants = wish::nothing;
    // the condition that it waits for
    const void* waits_for = nullptr;
    bool ended = false;
    bool failed_spuriously = false;
  };

  struct lock_state {
    size_t shared = 0;
    bool exclusive = false;
  };

  struct line {
    size_t thread;
    operation what;
    std::string note;
  };

  bool ready(const thread_state& x);
  bool pass_on();
  void live(thread_state& self);
  void end(thread_state& self);
  bool acquire(const void* mutex, wish what, const char* words, const void* pc);
  std::string tell() const;

  search search_;
  memory_model memory_;
  std::vector<std::unique_ptr<thread_state>> threads_;
  std::unordered_map<const void*, lock_state> locks_;
  std::vector<line> trace_;
  std::vector<void*> buried_;
  std::string failure_;
  size_t current_ = 0;
  sem_t over_;
  bool running_ = false;
  bool deadlock_ = false;
};

/// The explorer if the calling thread belongs to a case; null otherwise, and
/// within the explorer itself.
explorer* explored() noexcept;

/// Within its life the calling thread does not count as one of a case.
class unexplored {
public:
  unexplored() noexcept;
  ~unexplored();

  unexplored(const unexplored&) = delete;
  unexplored& operator=(const unexplored&) = delete;

  /// The explorer that is busy here, or null.
  explorer* operator->() const noexcept {
    return here_;
  }

  explicit operator bool() const noexcept {
    return here_ != nullptr;
  }

private:
  explorer* here_;
};

/// Whether the steady clock is the one of `time_of_case`.
void use_time_of_case(bool x);

/// Says in which function and line each code address is.
std::vector<std::string> source_lines(const std::vector<const void*>& pcs);

} // namespace caf_remote::test
