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
  using list = std::vector<network_jobs::job>;

  network_jobs::job job(size_t i) {
    return &all_[i];
  }

  bool push(size_t i, origin from = origin::network) {
    return jobs.push(job(i), from);
  }

  // Runs what waits.
  void run_all() {
    while (jobs.pop() != nullptr)
      jobs.done();
  }

  network_jobs jobs;

private:
  std::array<nothing_to_do, 64> all_;
};

TEST_SUITE_BEGIN("compat.network_jobs");

TEST_CASE_FIXTURE(jobs_fixture, "jobs come out in order") {
  CHECK_EQ(jobs.pop(), nullptr);
  CHECK(push(1));
  CHECK(push(2, origin::job));
  CHECK_EQ(jobs.pop(), job(1));
  jobs.done();
  CHECK_EQ(jobs.pop(), job(2));
  jobs.done();
  CHECK_EQ(jobs.pop(), nullptr);
}

TEST_CASE_FIXTURE(jobs_fixture, "only so many wait") {
  size_t taken = 0;
  while (taken < 60 && push(taken))
    ++taken;
  CHECK_EQ(taken, network_jobs::max_waiting);
  CHECK_FALSE(push(taken, origin::job));
  jobs.pop();
  CHECK(push(taken));
}

TEST_CASE_FIXTURE(jobs_fixture, "what has waited for a whole tick is given "
                                "up, with all behind it") {
  push(1);
  push(2);
  CHECK(jobs.tick().empty());
  CHECK_EQ(jobs.pop(), job(1));
  push(3);
  CHECK_EQ(jobs.tick(), list{job(2), job(3)});
  CHECK(jobs.tick().empty());
}

TEST_CASE_FIXTURE(jobs_fixture, "what came since the last tick may wait") {
  push(1);
  CHECK(jobs.tick().empty());
  jobs.pop();
  jobs.done();
  push(2);
  CHECK(jobs.tick().empty());
  jobs.pop();
  jobs.done();
  CHECK(jobs.tick().empty());
  CHECK(push(3, origin::job));
}

TEST_CASE_FIXTURE(jobs_fixture, "nothing waits for a long job") {
  push(1);
  jobs.pop();
  CHECK(jobs.tick().empty());
  CHECK(push(2));
  CHECK_EQ(jobs.tick(), list{job(2)});
  CHECK_FALSE(push(3));
  CHECK_FALSE(push(4, origin::job));
  jobs.done();
  CHECK(push(3));
}

TEST_CASE_FIXTURE(jobs_fixture, "a job that follows another is not a long "
                                "one") {
  for (size_t i = 0; i < 5; ++i) {
    push(i);
    jobs.pop();
    CHECK(jobs.tick().empty());
    jobs.done();
  }
  CHECK(push(5, origin::job));
}

TEST_CASE_FIXTURE(jobs_fixture, "guests stay out for a while after somebody "
                                "had to wait") {
  push(1);
  jobs.tick();
  CHECK_EQ(jobs.tick(), list{job(1)});
  CHECK_FALSE(push(2, origin::job));
  CHECK(push(2));
  run_all();
  for (int i = 1; i < network_jobs::ban; ++i)
    jobs.tick();
  CHECK_FALSE(push(3, origin::job));
  jobs.tick();
  CHECK(push(3, origin::job));
}

TEST_CASE_FIXTURE(jobs_fixture, "the clock may stop when there is nothing to "
                                "do") {
  CHECK_FALSE(jobs.quiet());
  for (int i = 0; i < network_jobs::idle_ticks; ++i)
    jobs.tick();
  CHECK(jobs.quiet());
  push(1);
  CHECK_FALSE(jobs.quiet());
  run_all();
  jobs.tick();
  CHECK_FALSE(jobs.quiet());
}

TEST_CASE_FIXTURE(jobs_fixture, "the clock goes on until guests are let in "
                                "again") {
  push(1);
  jobs.tick();
  jobs.tick();
  run_all();
  auto ticks = 0;
  for (; !jobs.quiet(); ++ticks)
    jobs.tick();
  CHECK_GE(ticks, network_jobs::ban);
  CHECK(push(2, origin::job));
}

TEST_CASE_FIXTURE(jobs_fixture, "a job that never ends needs no clock") {
  push(1);
  jobs.pop();
  auto ticks = 0;
  for (; ticks < 1000 && !jobs.quiet(); ++ticks)
    jobs.tick();
  CHECK(jobs.quiet());
  CHECK_FALSE(push(2));
}

TEST_CASE_FIXTURE(jobs_fixture, "what waits can be taken out at any time") {
  push(1);
  push(2);
  CHECK_EQ(jobs.take_all(), list{job(1), job(2)});
  CHECK_EQ(jobs.pop(), nullptr);
  CHECK(jobs.tick().empty());
  CHECK(jobs.tick().empty());
}

TEST_SUITE_END();

} // namespace
