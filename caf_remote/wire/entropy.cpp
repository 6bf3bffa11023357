// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/entropy.hpp"

#include <mutex>
#include <optional>
#include <random>

namespace caf_remote::wire {

namespace {

struct source {
  std::mutex mtx;
  std::random_device system;
  std::optional<std::mt19937_64> repeated;
};

source& the_source() {
  static source result;
  return result;
}

} // namespace

entropy::result_type entropy::operator()() {
  auto& src = the_source();
  std::lock_guard<std::mutex> guard{src.mtx};
  return src.repeated ? static_cast<result_type>((*src.repeated)())
                      : src.system();
}

void entropy::repeat(uint64_t seed) {
  auto& src = the_source();
  std::lock_guard<std::mutex> guard{src.mtx};
  src.repeated.emplace(seed);
}

} // namespace caf_remote::wire
