// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/json_look.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace caf_remote::wire;

namespace {

size_t depth(const std::string& x) {
  return look_at_json(x).depth;
}

size_t masks(const std::string& x) {
  return look_at_json(x).masks;
}

TEST_SUITE_BEGIN("wire.json_look");

TEST_CASE("objects and lists are nested, what is in strings is not") {
  CHECK_EQ(depth(""), 0);
  CHECK_EQ(depth("{}"), 1);
  CHECK_EQ(depth(R"({"a":[{}],"b":[]})"), 3);
  CHECK_EQ(depth(R"({"a":"[[[{"})"), 1);
  CHECK_EQ(depth(R"({'a':'[[["{'})"), 1);
  CHECK_EQ(depth(R"({"a":"\"[[[","b":[]})"), 2);
  CHECK_EQ(depth("]]}}[["), 2);
}

TEST_CASE("a string that may be a mask counts the square of its length") {
  CHECK_EQ(masks("{'a':'bcd'}"), 0);
  CHECK_EQ(masks("{'a':'b(c)'}"), 16);
  CHECK_EQ(masks("{'a':'b(c)','d':'(('}"), 20);
  CHECK_EQ(masks("{\"a\":\"b(c)\"}"), 16);
  CHECK_EQ(masks("'\\u0028'"), 36);
  CHECK_EQ(masks("(no string(("), 0);
  CHECK_EQ(masks("\"without an end("), 225);
  CHECK_EQ(masks("\"\\"), 1);
}

TEST_SUITE_END();

} // namespace
