// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/log.hpp"

#include "interleavings/schedule.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

using seconds = std::chrono::seconds;

TEST_SUITE_BEGIN("interleavings.log");

TEST_CASE("no second has more lines than it may, from its beginning") {
  interleave([](schedule& s) {
    caf_remote::log x;
    time_of_case(seconds{1});
    x.allows(log_kind::failure);
    time_of_case(seconds{2});
    std::atomic<uint32_t> lines{0};
    auto write = [&] {
      if (x.allows(log_kind::failure))
        ++lines;
    };
    s.run({{"a", write}, {"b", write}});
    for (uint32_t i = 0; i < caf_remote::log::lines_per_second; ++i)
      write();
    expect(lines == caf_remote::log::lines_per_second, "as many as may be");
    expect(x.suppressed() == 2, "the others are counted");
  });
}

TEST_CASE("nor because somebody is late who has looked at the clock before") {
  interleave([](schedule& s) {
    caf_remote::log x;
    time_of_case(seconds{1});
    uint32_t lines = 0;
    auto write = [&] { lines += x.allows(log_kind::failure) ? 1 : 0; };
    s.run({{"a",
            [&] {
              time_of_case(seconds{2});
              write();
              write();
            }},
           {"b", [&] { x.allows(log_kind::failure); }}});
    for (uint32_t i = 0; i < caf_remote::log::lines_per_second; ++i)
      write();
    expect(lines <= caf_remote::log::lines_per_second, "no more than may be");
  });
}

TEST_CASE("a sink that was replaced has returned from its last call") {
  interleave([](schedule& s) {
    caf_remote::log x;
    auto state = std::make_shared<int>(0);
    auto* plain = state.get();
    x.sink([plain](std::string_view) { ++*plain; });
    s.run({{"writer", [&] { x.write(log_kind::failure, "a line"); }},
           {"user", [&] {
              x.sink(nullptr);
              // whatever the sink used may go now
              state.reset();
            }}});
  });
}

TEST_CASE("lines are written once, one at a time") {
  interleave([](schedule& s) {
    caf_remote::log x;
    auto count = 0;
    x.sink([&](std::string_view) { ++count; });
    auto write = [&] { x.write(log_kind::failure, "a line"); };
    s.run({{"a", write}, {"b", write}});
    expect(count == 2, "both");
  });
}

TEST_SUITE_END();

} // namespace
