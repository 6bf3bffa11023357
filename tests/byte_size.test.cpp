// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/byte_size.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;

TEST_CASE("sizes are read with and without units") {
  CHECK_EQ(parse_byte_size("0"), 0u);
  CHECK_EQ(parse_byte_size("4096"), 4096u);
  CHECK_EQ(parse_byte_size("1B"), 1u);
  CHECK_EQ(parse_byte_size("1KiB"), 1024u);
  CHECK_EQ(parse_byte_size("32MiB"), 32u << 20);
  CHECK_EQ(parse_byte_size("3 GiB"), uint64_t{3} << 30);
  CHECK_EQ(parse_byte_size("5kB"), 5000u);
  CHECK_EQ(parse_byte_size("5MB"), 5000000u);
  CHECK_EQ(parse_byte_size("5GB"), 5000000000u);
}

TEST_CASE("the largest size fits, a larger one is refused") {
  CHECK_EQ(parse_byte_size("18446744073709551615"), UINT64_MAX);
  CHECK_FALSE(parse_byte_size("18446744073709551616"));
  CHECK_FALSE(parse_byte_size("17179869184GiB"));
  CHECK_EQ(parse_byte_size("17179869183GiB"), uint64_t{17179869183} << 30);
}

TEST_CASE("what is not a size is refused") {
  for (std::string str :
       {"", " ", "MiB", " 1", "1 ", "1  B", "-1", "+1", "1.5MiB", "1mib", "1KB",
        "1Kib", "0x10", "1TiB", "1MiB "})
    CHECK_FALSE_MESSAGE(parse_byte_size(str), str);
}

TEST_CASE("sizes are rendered with the largest unit that fits") {
  CHECK_EQ(render_byte_size(0), "0B");
  CHECK_EQ(render_byte_size(1023), "1023B");
  CHECK_EQ(render_byte_size(1024), "1KiB");
  CHECK_EQ(render_byte_size(1025), "1025B");
  CHECK_EQ(render_byte_size(32u << 20), "32MiB");
  CHECK_EQ(render_byte_size(uint64_t{1} << 40), "1024GiB");
}
