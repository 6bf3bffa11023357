// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/name_hash.hpp"

#include "support/colliding_names.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace caf_remote;
using namespace caf_remote::wire;

namespace {

TEST_SUITE_BEGIN("wire.name_hash");

// Python's `hash` of bytes is SipHash-1-3 with this key if PYTHONHASHSEED=0.
TEST_CASE("hashes are those of SipHash-1-3") {
  CHECK_EQ(sip_hash({0, 0}, "a"), 0x407448d2b89b1813u);
  CHECK_EQ(sip_hash({0, 0}, "alice"), 0x11af1c347e79d641u);
  CHECK_EQ(sip_hash({0, 0}, "1234567"), 0xa33d651594fdae81u);
  CHECK_EQ(sip_hash({0, 0}, "12345678"), 0x3489982430560a87u);
  CHECK_EQ(sip_hash({0, 0}, "123456789"), 0x0fbc0f0007965fcfu);
  CHECK_EQ(sip_hash({0, 0}, "caf_remote.test.Ping"), 0xf0c63ec98416aef7u);
}

TEST_CASE("another key gives other hashes") {
  CHECK_NE(sip_hash({0, 0}, "alice"), sip_hash({0, 1}, "alice"));
  CHECK_NE(sip_hash({0, 0}, "alice"), sip_hash({1, 0}, "alice"));
}

TEST_CASE("within a process equal names have equal hashes") {
  CHECK_EQ(hash_name("alice"), name_hash{}(std::string{"alice"}));
  CHECK_NE(hash_name("alice"), hash_name("alicf"));
  CHECK_NE(hash_name(""), hash_name(std::string_view{"\0", 1}));
}

// The same names, if hashed by `std::hash`, share one bucket.
TEST_CASE("names that a peer chose to meet in one bucket do not") {
  constexpr size_t buckets = 1031;
  name_map<int> xs(buckets);
  REQUIRE_EQ(xs.bucket_count(), buckets);
  for (auto& name : test::colliding_names(buckets, buckets))
    xs.emplace(name, 0);
  size_t fullest = 0;
  for (size_t i = 0; i < xs.bucket_count(); ++i)
    fullest = std::max(fullest, xs.bucket_size(i));
  CHECK_LE(fullest, 16);
}

TEST_SUITE_END();

} // namespace
