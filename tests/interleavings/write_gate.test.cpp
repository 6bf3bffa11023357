// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/write_gate.hpp"

#include "interleavings/schedule.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("interleavings.write_gate");

TEST_CASE("a writer that has asked is told once, one that has not is not") {
  interleave([](schedule& s) {
    write_gate x;
    x.begin();
    x.begin();
    auto asked = false;
    std::atomic<int> told{0};
    auto end = [&] {
      if (x.end())
        ++told;
    };
    s.run({{"writer", [&] { asked = x.ask(1); }},
           {"one end", end},
           {"other end", end}});
    expect(x.under_way() == 0, "both are over");
    expect(told == (asked ? 1 : 0), "told if asked");
  });
}

TEST_CASE("a writer is told as soon as fewer writes are under way than it has "
          "asked for") {
  interleave([](schedule& s) {
    write_gate x;
    x.begin();
    x.begin();
    auto asked = false;
    auto told = false;
    s.run({{"writer", [&] { asked = x.ask(2); }},
           {"transport", [&] { told = x.end(); }}});
    expect(x.under_way() == 1, "one is over");
    expect(told == asked, "told if asked");
  });
}

TEST_CASE("a write that begins takes back what was asked before") {
  interleave([](schedule& s) {
    write_gate x;
    x.begin();
    x.begin();
    auto first = false;
    auto told_first = false;
    auto told = false;
    s.run({{"writer",
            [&] {
              first = x.ask(2);
              x.begin();
            }},
           {"transport", [&] {
              told_first = x.end();
              told = x.end();
            }}});
    expect(x.under_way() == 1, "two of three are over");
    expect(!told_first || first, "nobody is told who has not asked");
    expect(!told, "nor for what was taken back");
    // what is asked now is heard of
    expect(x.ask(1) && x.end(), "told for the last one");
  });
}

TEST_CASE("to ask for the same again changes nothing") {
  interleave([](schedule& s) {
    write_gate x;
    x.begin();
    auto first = false;
    auto again = false;
    auto told = false;
    s.run({{"writer",
            [&] {
              first = x.ask(1);
              again = x.ask(1);
            }},
           {"transport", [&] { told = x.end(); }}});
    expect(!again || first, "what is over stays over");
    expect(told == first, "told if asked");
  });
}

TEST_SUITE_END();

} // namespace
