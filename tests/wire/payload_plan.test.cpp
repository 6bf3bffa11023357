// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/payload_plan.hpp"

#include "caf_remote/wire/message_reader.hpp"

#include "wire/random_payload.hpp"

#include "actor.pb.h"
#include "legacy_messages.pb.h"
#include "open_messages.pb.h"
#include "test_messages.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wrappers.pb.h>

using namespace caf_remote::wire;
namespace pb = google::protobuf;
using caf_remote::test::Blob;
using caf_remote::test::Legacy;
using caf_remote::test::LegacyItem;
using caf_remote::test::LegacySet;
using caf_remote::test::Nested;
using caf_remote::test::Ping;
using test::payload_maker;
using verdict = payload_plan::verdict;

namespace {

constexpr size_t mib = 1u << 20;

template <class T>
payload_plan plan_of() {
  return payload_plan{T::default_instance()};
}

template <class T>
size_t peak(const T& x) {
  auto result = plan_of<T>().peak(x.SerializeAsString());
  REQUIRE(result);
  return *result;
}

/// What an object holds beyond itself.
size_t content_of(const pb::Message& x) {
  std::unique_ptr<pb::Message> empty{x.New()};
  return x.SpaceUsedLong() - empty->SpaceUsedLong();
}

std::string repeated(std::string_view what, size_t bytes) {
  std::string result;
  while (result.size() < bytes)
    result += what;
  return result;
}

std::string nested(size_t depth) {
  std::string result;
  while (depth-- > 0)
    result = payload_maker::tag(3, wire_type::bytes)
             + payload_maker::with_size(result);
  return result;
}

TEST_SUITE_BEGIN("wire.payload_plan");

TEST_CASE("a message without fields takes nothing, one with a short text its "
          "object") {
  CHECK_EQ(*plan_of<Nested>().peak(""), 0);
  CHECK_EQ(*plan_of<pb::Empty>().peak(""), 0);
  Ping x;
  x.set_text("short");
  x.set_number(7);
  CHECK_GE(peak(x), sizeof(std::string));
  CHECK_LE(peak(x), 64);
}

TEST_CASE("a large string takes little more than itself, with room for one "
          "that was there before") {
  pb::BytesValue x;
  x.set_value(std::string(mib, 'x'));
  CHECK_GE(peak(x), mib);
  CHECK_LE(peak(x), 2 * mib + 1000);
}

TEST_CASE("two bytes can be an object of any size") {
  auto bytes = repeated({"\x0a\x00", 2}, 2000);
  pb::FileDescriptorSet x;
  REQUIRE(x.ParseFromString(bytes));
  auto sum = plan_of<pb::FileDescriptorSet>().peak(bytes);
  REQUIRE(sum);
  CHECK_GE(*sum, x.SpaceUsedLong());
  CHECK_LE(*sum, 2 * x.SpaceUsedLong());
}

TEST_CASE_TEMPLATE("random messages never hold more than is foretold, and "
                   "garbage does no harm",
                   T, Ping, Nested, Legacy, LegacyItem, LegacySet, pb::Struct,
                   pb::FileDescriptorSet, pb::UninterpretedOption, pb::Empty) {
  auto plan = plan_of<T>();
  payload_maker maker{7};
  test::generator rnd{8};
  for (auto i = 0; i < 400; ++i) {
    auto bytes = maker.make(T::descriptor());
    T x;
    REQUIRE(x.ParsePartialFromString(bytes));
    auto sum = plan.peak(bytes);
    REQUIRE(sum);
    CHECK_GE(*sum, content_of(x));
    CHECK_LE(*sum, bytes.size() * plan.per_byte());
    if (bytes.empty())
      continue;
    for (auto n = 1 + rnd.below(3); n > 0; --n)
      bytes[rnd.below(bytes.size())] = rnd.byte();
    pb::LogSilencer silence;
    test::tight_copy copy{bytes};
    sum = plan.peak(copy.view());
    T y;
    if (y.ParsePartialFromString(bytes)) {
      REQUIRE(sum);
      CHECK_GE(*sum, content_of(y));
    }
  }
}

TEST_CASE("extensions count like fields") {
  Legacy x;
  for (auto i = 0; i < 1000; ++i)
    x.AddExtension(caf_remote::test::more);
  CHECK_GE(peak(x), content_of(x));
  CHECK_GE(peak(x), 1000 * sizeof(Legacy));
  Legacy y;
  y.mutable_set()->MutableExtension(LegacyItem::item)->mutable_values()->Add();
  CHECK_GE(peak(y), content_of(y));
}

TEST_CASE("values that an enum does not have count as unknown fields") {
  Legacy x;
  auto list = payload_maker::tag(4, wire_type::bytes)
              + payload_maker::with_size(std::string(1000, '\x07'));
  REQUIRE(x.ParseFromString(list));
  REQUIRE_EQ(x.unknown_fields().field_count(), 1000);
  CHECK_GE(*plan_of<Legacy>().peak(list), content_of(x));
  auto known = payload_maker::tag(4, wire_type::bytes)
               + payload_maker::with_size(std::string(1000, '\x05'));
  CHECK_LE(2 * *plan_of<Legacy>().peak(known), *plan_of<Legacy>().peak(list));
}

TEST_CASE("nesting beyond Protobuf's limit is refused, as Protobuf does") {
  auto plan = plan_of<Nested>();
  for (auto depth : {99, 100, 101, 1000, 5000}) {
    CAPTURE(depth);
    auto bytes = nested(static_cast<size_t>(depth));
    CHECK_EQ(Nested{}.ParseFromString(bytes), depth <= 100);
    CHECK_EQ(plan.peak(bytes).has_value(), depth <= 100);
    auto groups = std::string(static_cast<size_t>(depth), '\x3b')
                  + std::string(static_cast<size_t>(depth), '\x3c');
    CHECK_EQ(Nested{}.ParseFromString(groups), depth <= 100);
    CHECK_EQ(plan.peak(groups).has_value(), depth <= 100);
  }
}

TEST_CASE("garbage has no size") {
  auto plan = plan_of<Nested>();
  for (auto bytes : {"\x0a", "\x0a\x05", "\x0a\x01\x0a", "\x3b", "\x3c", "\x07",
                     "\xff\xff\xff\xff\xff\xff"})
    CHECK_FALSE(plan.peak(bytes));
  CHECK_EQ(plan.examine(repeated("\x07", 64), 100), verdict::garbage);
}

TEST_CASE("a limit is kept to the byte, and short messages are not looked at") {
  auto plan = plan_of<Nested>();
  auto bytes = repeated({"\x0a\x00", 2}, 1000);
  auto sum = *plan.peak(bytes);
  CHECK_EQ(plan.examine(bytes, sum), verdict::good);
  CHECK_EQ(plan.examine(bytes, sum - 1), verdict::too_large);
  auto blobs = plan_of<Blob>(); // without strings
  CHECK_EQ(blobs.examine("\xff", blobs.per_byte()),
           verdict::good); // to be found by who reads it
}

TEST_CASE("of types with larger parts, less JSON is read") {
  CHECK_EQ(plan_of<Ping>().json_per_byte(), 128);
  CHECK_EQ(plan_of<Nested>().json_per_byte(), 128);
  CHECK_EQ(plan_of<pb::ListValue>().json_per_byte(), 128);
  CHECK_GT(plan_of<pb::FileDescriptorSet>().json_per_byte(), 128);
}

TEST_CASE("text and memory are looked at in one go") {
  auto plan = plan_of<Nested>();
  auto many = repeated({"\x0a\x00", 2}, 1000);
  std::string bad{"\x22\x01\xff", 3};
  for (auto limit : {size_t{0}, size_t{1} << 30}) {
    CHECK_EQ(plan.examine(many + bad, limit), verdict::invalid_utf8);
    CHECK_EQ(plan.examine(many + "\x0a", limit), verdict::garbage);
    CHECK_EQ(plan.examine(nested(101), limit), verdict::garbage);
  }
  // items of a message set as well
  auto sets = plan_of<LegacySet>();
  std::string item{"\x0b\x10\x07\x1a\x03\x0a\x01\xff\x0c", 9};
  CHECK_EQ(sets.examine(item, 0), verdict::invalid_utf8);
  CHECK_EQ(sets.examine(item, 1u << 20), verdict::invalid_utf8);
  CHECK_EQ(*sets.peak(item), item.size() * sets.per_byte());
}

TEST_CASE("flat types have plain fields only, and no extensions") {
  CHECK(plan_of<Ping>().flat());
  CHECK(plan_of<pb::Empty>().flat());
  CHECK_FALSE(plan_of<Nested>().flat());
  CHECK_FALSE(plan_of<caf_remote::test::Open>().flat());
  CHECK_FALSE(plan_of<LegacySet>().flat());
}

TEST_CASE("an Any is found at any depth") {
  CHECK(plan_of<pb::Any>().holds_any());
  CHECK(plan_of<pb::Type>().holds_any());
  CHECK_FALSE(plan_of<Nested>().holds_any());
  CHECK_FALSE(plan_of<pb::FileDescriptorSet>().holds_any());
}

TEST_CASE("messages of Proto.Actor are read if they take little") {
  message_reader reader{actor::Watch::default_instance()};
  actor::Watch x;
  x.mutable_watcher()->set_id(std::string(mib, 'x'));
  actor::Watch y;
  CHECK(reader.read(x.SerializeAsString(), y));
  CHECK_EQ(y.watcher().id().size(), mib);
  // fields of a later version
  CHECK(reader.read(repeated({"\x38\x00", 2}, 1000), y));
  CHECK_FALSE(reader.read(repeated({"\x38\x00", 2}, mib), y));
  CHECK_FALSE(reader.read("\x0a\x03\x12\x01\xff", y));
  CHECK_FALSE(reader.read("\x0a", y));
}

TEST_SUITE_END();

} // namespace
