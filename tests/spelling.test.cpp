// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/spelling.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace caf_remote;

namespace {

std::string_view nearest(std::string_view name) {
  return nearest_name(name, {"batch-size", "host", "port", "queue-bytes"});
}

} // namespace

TEST_CASE("a misspelt name finds the right one") {
  CHECK_EQ(nearest("bach-size"), "batch-size");
  CHECK_EQ(nearest("batch_size"), "batch-size");
  CHECK_EQ(nearest("batchsize"), "batch-size");
  CHECK_EQ(nearest("queue-byte"), "queue-bytes");
  CHECK_EQ(nearest("prot"), "port");
  CHECK_EQ(nearest("hots"), "host");
}

TEST_CASE("the nearest of several wins") {
  CHECK_EQ(nearest_name("poet", {"host", "port", "post"}), "port");
}

TEST_CASE("a strange name finds nothing") {
  CHECK_EQ(nearest("colour"), "");
  CHECK_EQ(nearest(""), "");
  CHECK_EQ(nearest(std::string(1000, 'x')), "");
  CHECK_EQ(nearest_name("x", {}), "");
}
