// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/coding.hpp"

#include "wire/hex.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace caf_remote::wire;
using test::from_hex;

namespace {

// Skips one field and says whether the input ends there.
bool skips(std::string_view hex) {
  auto bytes = from_hex(hex);
  cursor in{bytes};
  uint32_t tag;
  return in.read_tag(tag) && in.skip(tag) && in.at_end();
}

bool reads_varint(std::string_view hex, uint64_t expected) {
  auto bytes = from_hex(hex);
  cursor in{bytes};
  uint64_t value;
  return in.read_varint(value) && in.at_end() && value == expected;
}

bool reads_tag(std::string_view hex, uint32_t expected) {
  auto bytes = from_hex(hex);
  cursor in{bytes};
  uint32_t tag;
  return in.read_tag(tag) && in.at_end() && tag == expected;
}

} // namespace

TEST_CASE("varints have one to ten bytes") {
  CHECK(reads_varint("00", 0));
  CHECK(reads_varint("7F", 127));
  CHECK(reads_varint("80 01", 128));
  CHECK(reads_varint("AC 02", 300));
  CHECK(reads_varint("FF FF FF FF 0F", 0xFFFFFFFFu));
  CHECK(reads_varint("FF FF FF FF FF FF FF FF FF 01", UINT64_MAX));
}

TEST_CASE("overlong varints are accepted as Protobuf does") {
  CHECK(reads_varint("80 80 80 80 00", 0));
  CHECK(reads_varint("81 80 80 80 80 80 80 80 80 00", 1));
}

TEST_CASE("varints that do not end are refused") {
  CHECK_FALSE(reads_varint("", 0));
  CHECK_FALSE(reads_varint("80", 0));
  CHECK_FALSE(reads_varint("80 80 80 80 80 80 80 80 80 80 00", 0));
}

TEST_CASE("negative int32 values come in ten bytes") {
  auto bytes = from_hex("FF FF FF FF FF FF FF FF FF 01");
  cursor in{bytes};
  int32_t value = 0;
  CHECK(in.read_int32(value));
  CHECK_EQ(value, -1);
}

TEST_CASE("tags have a field number") {
  CHECK(reads_tag("0A", bytes_tag(1)));
  CHECK(reads_tag("80 01", varint_tag(16)));
  CHECK(reads_tag("F8 FF FF FF 0F", varint_tag((1u << 29) - 1)));
  for (std::string hex : {"", "00", "07", "80 00", "80", "80 80 80 80 80 01"})
    CHECK_FALSE_MESSAGE(reads_tag(hex, 0), hex);
}

TEST_CASE("values of all wire types are skipped") {
  CHECK(skips("08 96 01")); // varint
  CHECK(skips("09 00 00 00 00 00 00 00 00")); // fixed64
  CHECK(skips("0A 00")); // no bytes
  CHECK(skips("0A 03 61 62 63")); // three bytes
  CHECK(skips("0D 00 00 00 00")); // fixed32
  CHECK(skips("0B 0C")); // empty group
  CHECK(skips("0B 10 01 13 14 0C")); // group with a field and a group
}

TEST_CASE("values that are cut off or make no sense are not skipped") {
  for (std::string hex :
       {"08", "08 80", "09 00 00 00 00 00 00 00", "0A", "0A 01", "0A 80",
        "0A FF FF FF FF 0F 61", "0A FF FF FF FF FF FF FF FF FF 01", "0D 00",
        "0B", "0B 10", "0B 14", "0C", "0E", "0F", "0B 0E 0C", "0B 13 0C 14"})
    CHECK_FALSE_MESSAGE(skips(hex), hex);
}

TEST_CASE("groups nest up to a limit") {
  auto nested = [](int depth) {
    std::string result;
    for (auto i = 0; i < depth; ++i)
      result += "0B";
    for (auto i = 0; i < depth; ++i)
      result += "0C";
    return result;
  };
  CHECK(skips(nested(100)));
  CHECK_FALSE(skips(nested(101)));
  CHECK_FALSE(skips(nested(100000)));
}

TEST_CASE("what is written is read, in as many bytes as predicted") {
  for (auto shift = 0; shift < 64; ++shift) {
    for (auto offset : {-1, 0, 1}) {
      auto value = (uint64_t{1} << shift) + static_cast<uint64_t>(offset);
      char buf[max_varint_size];
      auto end = put_varint(buf, value);
      auto size = static_cast<size_t>(end - buf);
      CHECK_EQ(varint_size(value), size);
      cursor in{std::string_view{buf, size}};
      uint64_t copy;
      CHECK(in.read_varint(copy));
      CHECK_EQ(copy, value);
    }
  }
}

TEST_CASE("fields with default values are left out") {
  char buf[16];
  CHECK_EQ(put_field(buf, 1, 0), buf);
  CHECK_EQ(put_field(buf, 1, 1), buf + 2);
}
