// SPDX-License-Identifier: BSD-3-Clause

#include "support/process.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/defaults.hpp>
#include <caf/policy/work_sharing.hpp>
#include <caf/policy/work_stealing.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

namespace caf_remote::bench {

namespace {

double seconds(const timeval& x) {
  return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6;
}

template <class Policy>
bool runs(caf::actor_system& sys) {
  using type = caf::scheduler::coordinator<Policy>;
  return dynamic_cast<type*>(&sys.scheduler()) != nullptr;
}

} // namespace

usage usage::now() {
  rusage x;
  getrusage(RUSAGE_SELF, &x);
  return {seconds(x.ru_utime), seconds(x.ru_stime),
          static_cast<uint64_t>(x.ru_maxrss)};
}

void add_usage(json_line& line, const usage& before) {
  auto now = usage::now();
  line.add("cpu_user", now.user - before.user)
    .add("cpu_sys", now.system - before.system)
    .add("max_rss_kb", now.max_rss_kb);
}

uint64_t resident_kb() {
  std::ifstream in{"/proc/self/statm"};
  uint64_t total = 0;
  uint64_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

void settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
}

void add_scheduler(json_line& line, caf::actor_system& sys) {
  auto stealing = runs<caf::policy::work_stealing>(sys);
  auto sharing = runs<caf::policy::work_sharing>(sys);
  line.add("scheduler", stealing  ? "stealing"
                        : sharing ? "sharing"
                                  : "other")
    .add("workers", uint64_t{sys.scheduler().num_workers()});
  if (stealing)
    line.add("moderate_polls",
             uint64_t{caf::get_or(
               sys.config(), "work-stealing.moderate-poll-attempts",
               caf::defaults::work_stealing::moderate_poll_attempts)});
}

void limit_life(std::chrono::seconds limit) {
  alarm(static_cast<unsigned>(limit.count()));
}

void wait_for_end_of_input() {
  std::string line;
  while (std::getline(std::cin, line)) {
    // nop
  }
}

} // namespace caf_remote::bench
