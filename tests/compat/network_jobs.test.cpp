// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/network_jobs.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace caf_remote;

namespace {

using origin = network_jobs::origin;

struct nothing_to_do : caf::resumable {
  resume_result resume(caf::execution_unit*, size_t) override {
    return done;
  }

  void intrusive_ptr_add_ref_impl() override {
    // nop
  }

  void intrusive_ptr_release_impl() override {
    // nop
  }
};

struct jobs_fixture {
  using list = std::vector<caf::resumable*>;

  caf::resumable* job(size_t i) {
    return &all_[i];
  }

  bool push(size_t i, origin from = origin::network) {
    return jobs.push({job(i), from});
  }

  caf::resumable* pop() {
    return jobs.pop().what;
  }

  list tick() {
    return jobs_of(jobs.tick());
  }

  static list jobs_of(const std::vector<network_jobs::job>& xs) {
    list result;
    for (auto& x : xs)
      result.push_back(x.what);
    return result;
  }

  // A job has to wait for too long.
  void begin_ban() {
    push(1);
    tick();
    CHECK_EQ(tick(), list{job(1)});
  }

  // Runs what waits.
  void run_all() {
    while (pop() != nullptr)
      jobs.done();
  }

  network_jobs jobs;

private:
  std::array<nothing_to_do, 64> all_;
};

TEST_SUITE_BEGIN("compat.network_jobs");

TEST_CASE_FIXTURE(jobs_fixture, "jobs come out in order") {
  CHECK_EQ(pop(), nullptr);
  CHECK(push(1));
  CHECK(push(2, origin::guest));
  CHECK_EQ(pop(), job(1));
  jobs.done();
  CHECK_EQ(pop(), job(2));
  jobs.done();
  CHECK_EQ(pop(), nullptr);
}

TEST_CASE_FIXTURE(jobs_fixture, "only so many wait") {
  size_t taken = 0;
  while (taken < 60 && push(taken))
    ++taken;
  CHECK_EQ(taken, network_jobs::max_waiting);
  CHECK_FALSE(push(taken, origin::guest));
  pop();
  CHECK(push(taken));
}

TEST_CASE_FIXTURE(jobs_fixture, "what has waited for a whole tick is given "
                                "up, with all behind it") {
  push(1);
  push(2);
  CHECK(tick().empty());
  CHECK_EQ(pop(), job(1));
  push(3);
  CHECK_EQ(tick(), list{job(2), job(3)});
  CHECK(tick().empty());
}

TEST_CASE_FIXTURE(jobs_fixture, "what came since the last tick may wait") {
  push(1);
  CHECK(tick().empty());
  pop();
  jobs.done();
  push(2);
  CHECK(tick().empty());
  pop();
  jobs.done();
  CHECK(tick().empty());
  CHECK(push(3, origin::guest));
}

TEST_CASE_FIXTURE(jobs_fixture, "nothing waits for a long job") {
  push(1);
  pop();
  CHECK(tick().empty());
  CHECK(push(2));
  CHECK_EQ(tick(), list{job(2)});
  CHECK_FALSE(push(3));
  CHECK_FALSE(push(4, origin::guest));
  jobs.done();
  CHECK(push(3));
}

TEST_CASE_FIXTURE(jobs_fixture, "a job that follows another is not a long "
                                "one") {
  for (size_t i = 0; i < 5; ++i) {
    push(i);
    pop();
    CHECK(tick().empty());
    jobs.done();
  }
  CHECK(push(5, origin::guest));
}

TEST_CASE_FIXTURE(jobs_fixture, "guests stay out for a while after somebody "
                                "had to wait") {
  begin_ban();
  CHECK_FALSE(push(2, origin::guest));
  CHECK(push(2));
  run_all();
  for (int i = 1; i < network_jobs::ban; ++i)
    tick();
  CHECK_FALSE(push(3, origin::guest));
  tick();
  CHECK(push(3, origin::guest));
}

TEST_CASE_FIXTURE(jobs_fixture, "what the network wakes then runs at once or "
                                "elsewhere") {
  begin_ban();
  CHECK(push(2));
  CHECK_FALSE(push(3)); // 2 waits
  pop();
  CHECK_FALSE(push(3)); // 2 runs
  jobs.done();
  CHECK(push(3));
}

TEST_CASE_FIXTURE(jobs_fixture, "a job keeps its origin") {
  push(1);
  push(2, origin::guest);
  CHECK(jobs.pop().from == origin::network);
  CHECK(jobs.pop().from == origin::guest);
}

TEST_CASE_FIXTURE(jobs_fixture, "the clock may stop when there is nothing to "
                                "do") {
  CHECK_FALSE(jobs.quiet());
  for (int i = 0; i < network_jobs::idle_ticks; ++i)
    tick();
  CHECK(jobs.quiet());
  push(1);
  CHECK_FALSE(jobs.quiet());
  pop();
  CHECK_FALSE(jobs.quiet());
  jobs.done();
  CHECK_FALSE(jobs.quiet());
}

TEST_CASE_FIXTURE(jobs_fixture, "the clock goes on until guests are let in "
                                "again") {
  begin_ban();
  run_all();
  auto ticks = 0;
  for (; !jobs.quiet(); ++ticks)
    tick();
  CHECK_GE(ticks, network_jobs::ban);
  CHECK(push(2, origin::guest));
}

TEST_CASE_FIXTURE(jobs_fixture, "a job that never ends needs no clock") {
  push(1);
  pop();
  auto ticks = 0;
  for (; ticks < 1000 && !jobs.quiet(); ++ticks)
    tick();
  CHECK(jobs.quiet());
  CHECK_FALSE(push(2));
}

TEST_CASE_FIXTURE(jobs_fixture, "what waits can be taken out at any time") {
  push(1);
  push(2);
  CHECK_EQ(jobs_of(jobs.take_all()), list{job(1), job(2)});
  CHECK_EQ(pop(), nullptr);
  CHECK(tick().empty());
  CHECK(tick().empty());
}

TEST_SUITE_END();

} // namespace
