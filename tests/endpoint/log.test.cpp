// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/log.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("text from outside is made safe") {
  CHECK_EQ(printable("a\nb\x7f"), "a?b?");
  CHECK_EQ(printable("abcdef", 3), "abc...");
  CHECK_EQ(printable("abc", 3), "abc");
}

TEST_SUITE_END();

} // namespace
