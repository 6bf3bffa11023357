// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incarnations.hpp"

#include "support/effort.hpp"

#include <doctest/doctest.h>

using caf_remote::incarnations;
using namespace caf_remote::test;

namespace {

using verdict = incarnations::verdict;
using ids = std::vector<uint64_t>;

incarnations::claim claim(const std::string& member,
                          const std::string& host = "10.0.0.1") {
  return {"node:1", member, host};
}

TEST_SUITE_BEGIN("endpoint.incarnations");

TEST_CASE("a claim is believed while nothing else is known") {
  incarnations xs;
  CHECK(xs.judge(claim("a")) == verdict::accept);
  xs.enter(1, claim("a"));
  CHECK(xs.judge(claim("a")) == verdict::accept);
  CHECK(xs.judge({"node:2", "b", ""}) == verdict::accept);
}

TEST_CASE("a claim against what we have met has to be asked about") {
  incarnations xs;
  xs.met("node:1", "a");
  CHECK(xs.judge(claim("a")) == verdict::accept);
  CHECK(xs.judge(claim("b")) == verdict::ask);
  CHECK(xs.judge(claim("b"), "b") == verdict::accept);
  CHECK(xs.judge(claim("b"), "a") == verdict::refuse);
  CHECK(xs.judge(claim("b"), "c") == verdict::refuse);
  CHECK(xs.judge(claim("b"), "") == verdict::refuse);
  xs.forget("node:1");
  CHECK(xs.judge(claim("b")) == verdict::accept);
}

TEST_CASE("a claim against that of a live stream has to be asked about") {
  incarnations xs;
  xs.enter(1, claim("a"));
  CHECK(xs.judge(claim("b")) == verdict::ask);
  CHECK(xs.judge(claim("b"), "b") == verdict::accept);
  CHECK(xs.judge(claim("b"), "a") == verdict::refuse);
  xs.leave(1);
  CHECK(xs.judge(claim("b")) == verdict::accept);
}

TEST_CASE("what we have met stands above what a stream claims") {
  incarnations xs;
  xs.enter(1, claim("a"));
  xs.met("node:1", "b");
  CHECK(xs.judge(claim("b")) == verdict::accept);
  CHECK(xs.judge(claim("a")) == verdict::ask);
}

TEST_CASE("where nobody can be asked, the newer claim counts only from the "
          "same host") {
  incarnations xs;
  xs.enter(1, claim("a"));
  CHECK(xs.judge(claim("b"), "") == verdict::accept);
  CHECK(xs.judge(claim("b", "10.0.0.2"), "") == verdict::refuse);
  xs.enter(2, claim("a", "10.0.0.2"));
  CHECK(xs.judge(claim("b"), "") == verdict::refuse);
}

TEST_CASE("streams are found by what they claim") {
  incarnations xs;
  xs.enter(1, claim("a"));
  xs.enter(2, claim("b"));
  xs.enter(3, {"node:2", "a", ""});
  CHECK_EQ(xs.others("node:1", "a"), ids{2});
  CHECK_EQ(xs.others("node:1", "b"), ids{1});
  CHECK_EQ(xs.addresses_of("a"), std::vector<std::string>{"node:1", "node:2"});
  CHECK_EQ(xs.streams_of("a", ""), 2);
  CHECK_EQ(xs.streams_of("a", "node:2"), 1);
  CHECK_EQ(xs.leave(2)->member_id, "b");
  CHECK_FALSE(xs.leave(2));
  CHECK(xs.others("node:1", "a").empty());
  CHECK(xs.addresses_of("b").empty());
}

TEST_CASE("the streams of an address are taken once") {
  incarnations xs;
  xs.enter(1, claim("a"));
  xs.enter(2, claim("b"));
  xs.enter(3, {"node:2", "a", ""});
  CHECK_EQ(xs.take_streams("node:1", 9), ids{1, 2});
  CHECK(xs.take_streams("node:1", 9).empty());
  xs.enter(4, claim("a"));
  CHECK(xs.take_streams("node:1", 3).empty());
  CHECK_EQ(xs.take_streams("node:1", 9), ids{4});
  CHECK_EQ(xs.take_streams("node:2", 9), ids{3});
  // they claim it until they are over
  CHECK(xs.has_streams("node:1"));
  for (auto id : {1, 2, 4})
    xs.leave(static_cast<uint64_t>(id));
  CHECK_FALSE(xs.has_streams("node:1"));
  CHECK(xs.has_streams("node:2"));
}

TEST_CASE("a stream costs no more because many others claim the same") {
  auto come_and_go = [](size_t n) {
    incarnations xs;
    xs.met("node:1", "a");
    xs.enter(0, {"node:2", "a", ""});
    for (uint64_t i = 1; i <= n; ++i) {
      CHECK(xs.judge(claim("a")) == verdict::accept);
      CHECK(xs.others("node:1", "a").empty());
      xs.enter(i, claim("a"));
      CHECK_EQ(xs.streams_of("a", "node:1"), i);
      CHECK_EQ(xs.addresses_of("a").size(), 2);
      xs.take_streams("node:1", i);
    }
    for (uint64_t i = 1; i <= n; ++i) {
      xs.leave(i);
      CHECK_EQ(xs.streams_of("a", ""), n + 1 - i);
    }
  };
  auto prepare = [](size_t n) { return n; };
  CHECK_LT(growth(few, many, prepare, come_and_go), flat);
}

TEST_SUITE_END();

} // namespace
