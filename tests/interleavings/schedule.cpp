// SPDX-License-Identifier: BSD-3-Clause

#include "interleavings/schedule.hpp"

#include "caf_remote/endpoint/recycled_storage.hpp"

#include "interleavings/explorer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <sched.h>

namespace caf_remote::test {

namespace {

// A case that has more is no small case: it needs fewer steps, or a limit.
constexpr size_t max_schedules = 200000;

explorer* active = nullptr;

// The turn goes from thread to thread faster on one CPU.
class one_cpu {
public:
  one_cpu() {
    sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
  }

  ~one_cpu() {
    sched_setaffinity(0, sizeof(before_), &before_);
  }

  one_cpu(const one_cpu&) = delete;
  one_cpu& operator=(const one_cpu&) = delete;

private:
  cpu_set_t before_;
};

// In a case it is always the same time.
class own_time {
public:
  own_time() {
    use_time_of_case(true);
  }

  ~own_time() {
    use_time_of_case(false);
  }

  own_time(const own_time&) = delete;
  own_time& operator=(const own_time&) = delete;
};

// What threads have left for others does not belong to the next schedule.
void empty_storage() {
  if (!recycled_storage::enabled)
    return;
  // as much as this thread may have, and two others have given away
  constexpr size_t most = 4 * 64;
  for (size_t bytes : {200, 500, 1200})
    for (size_t i = 0; i < most; ++i)
      ::operator delete(recycled_storage::allocate(bytes));
}

void play(explorer& on, const std::function<void(schedule&)>& body) {
  own_time guard;
  active = &on;
  on.begin();
  empty_storage();
  time_of_case(std::chrono::nanoseconds{0});
  schedule x;
  body(x);
}

// Of the first failure, as that has printed it.
search search_for(search::limits lim) {
  auto text = std::getenv("CAF_REMOTE_SCHEDULE");
  if (text == nullptr)
    return search{lim};
  std::vector<uint8_t> result;
  for (auto x : std::string_view{text})
    result.push_back(static_cast<uint8_t>(x - '0'));
  return search{std::move(result)};
}

} // namespace

void schedule::run(std::vector<thread_of_case> threads) {
  std::vector<explorer::job> jobs;
  for (auto& x : threads)
    jobs.push_back({std::move(x.name), std::move(x.run)});
  active->run(std::move(jobs));
}

void expect(bool holds, std::string_view promise) {
  unexplored here;
  if (!holds)
    active->fail(promise);
}

void notice(const void* where) {
  unexplored here;
  if (!here)
    return;
  here->step({"notice", where, true, __builtin_return_address(0)});
  here->memory().acquire(here->current(), where);
  here->memory().release(here->current(), where);
}

exploration explore(const std::function<void(schedule&)>& body,
                    search::limits lim) {
  one_cpu guard;
  exploration result;
  auto begin = std::chrono::steady_clock::now();
  {
    // what happens once per process does not belong to the first schedule
    search usual;
    explorer first{std::move(usual)};
    play(first, body);
  }
  explorer all{search_for(lim)};
  do {
    play(all, body);
    if (all.tree().redundant())
      ++result.redundant;
    else
      ++result.schedules;
    if (result.schedules == max_schedules)
      all.fail("too many schedules");
  } while (all.failure().empty() && all.tree().next());
  active = nullptr;
  result.left_out = all.tree().left_out();
  result.failure = all.failure();
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  result.seconds = time.count();
  return result;
}

void interleave(const std::function<void(schedule&)>& body,
                search::limits lim) {
  auto result = explore(body, lim);
  std::printf("%7zu schedules (+ %zu), %zu left out, %.2f s: %s\n",
              result.schedules, result.redundant, result.left_out,
              result.seconds,
              doctest::getContextOptions()->currentTest->m_name);
  std::fflush(stdout);
  CHECK_EQ(result.failure, std::string{});
}

} // namespace caf_remote::test
