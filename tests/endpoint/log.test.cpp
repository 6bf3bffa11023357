// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/log.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace caf_remote;

namespace {

using lines = std::vector<std::string>;

/// Writes until the limit of the current second is used up; returns how many
/// lines that took. A second that ends meanwhile shows as more lines.
void use_up(class log& x) {
  while (x.allows(log_kind::bad_input))
    x.write(log_kind::bad_input, "line");
}

TEST_SUITE_BEGIN("endpoint.log");

TEST_CASE("a line says what it is about") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view line) { out.emplace_back(line); });
  REQUIRE(x.allows(log_kind::connected));
  x.write(log_kind::connected, "to a:1");
  CHECK_EQ(out, lines{"[caf_remote] connected: to a:1"});
}

TEST_CASE("what is left out is counted, and told with the next line") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view line) { out.emplace_back(line); });
  use_up(x);
  CHECK_GE(out.size(), caf_remote::log::lines_per_second);
  auto left_out = x.suppressed();
  CHECK_GE(left_out, 1);
  x.write(log_kind::bad_input, "next");
  CHECK_EQ(out.back(), "[caf_remote] bad input: next ("
                         + std::to_string(left_out)
                         + " more lines like this left out)");
}

TEST_CASE("each kind has its own limit") {
  caf_remote::log x;
  x.sink([](std::string_view) {});
  use_up(x);
  CHECK(x.allows(log_kind::dead_letter));
}

TEST_CASE("without a sink nothing is allowed or counted") {
  caf_remote::log x;
  x.sink(nullptr);
  CHECK_FALSE(x.allows(log_kind::connected));
  CHECK_EQ(x.suppressed(), 0);
}

TEST_CASE("a line stays one line, whatever is in it, and has an end") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view line) { out.emplace_back(line); });
  x.write(log_kind::bad_input, "a\n\x1b[31mb");
  CHECK_EQ(out.back(), "[caf_remote] bad input: a??[31mb");
  x.write(log_kind::bad_input, std::string(1u << 20, 'x'));
  CHECK_LT(out.back().size(), caf_remote::log::max_line + 100);
}

TEST_CASE("a sink that throws costs its line, not the log") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view line) {
    if (line.find("bad one") != std::string_view::npos)
      throw std::runtime_error{"no room"};
    out.emplace_back(line);
  });
  CHECK_NOTHROW(x.write(log_kind::connected, "bad one"));
  x.write(log_kind::connected, "good one");
  CHECK_EQ(x.exceptions(), 1);
  CHECK_EQ(out, lines{"[caf_remote] connected: good one"});
}

TEST_CASE("what a sink causes itself is left out and counted") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view line) {
    out.emplace_back(line);
    if (x.allows(log_kind::dead_letter))
      x.write(log_kind::dead_letter, "the sink's message");
  });
  x.write(log_kind::connected, "to a:1");
  CHECK_EQ(out.size(), 1);
  CHECK_EQ(x.suppressed(), 1);
}

TEST_CASE("a sink may replace itself") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view) {
    x.sink([&](std::string_view line) { out.emplace_back(line); });
  });
  x.write(log_kind::connected, "to a:1");
  x.write(log_kind::connected, "to a:2");
  CHECK_EQ(out, lines{"[caf_remote] connected: to a:2"});
}

TEST_CASE("while a sink runs no other thread waits for it") {
  lines out;
  caf_remote::log x;
  x.sink([&](std::string_view line) {
    out.emplace_back(line);
    if (out.size() > 1)
      return;
    // ends only if nothing is locked
    std::thread{[&] { x.write(log_kind::connected, "to a:2"); }}.join();
    CHECK_EQ(out.size(), 1);
  });
  x.write(log_kind::connected, "to a:1");
  CHECK_EQ(out.size(), 2);
}

TEST_CASE("not more lines wait for a slow sink than it could ever want") {
  constexpr auto bound = caf_remote::log::max_waiting;
  size_t count = 0;
  caf_remote::log x;
  x.sink([&](std::string_view) {
    if (++count > 1)
      return;
    std::thread{[&] {
      for (size_t i = 0; i < bound + 5; ++i)
        x.write(log_kind::connected, "line");
    }}.join();
  });
  x.write(log_kind::connected, "first");
  CHECK_EQ(count, bound + 1);
  CHECK_EQ(x.suppressed(), 5);
}

TEST_CASE("a sink has returned for the last time when it is replaced") {
  std::promise<void> entered;
  std::promise<void> replacing;
  std::atomic<bool> returned{false};
  caf_remote::log x;
  x.sink([&](std::string_view) {
    entered.set_value();
    replacing.get_future().wait();
    returned = true;
  });
  std::thread writer{[&] { x.write(log_kind::connected, "line"); }};
  entered.get_future().wait();
  replacing.set_value();
  x.sink(nullptr);
  CHECK(returned);
  writer.join();
}

TEST_SUITE_END();

} // namespace
