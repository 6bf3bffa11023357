// SPDX-License-Identifier: BSD-3-Clause

// What Protobuf takes to read a message, against what is foretold.

#include "caf_remote/wire/payload_plan.hpp"

#include "memory/heap.hpp"
#include "wire/random_payload.hpp"

#include "legacy_messages.pb.h"
#include "open_messages.pb.h"
#include "option_messages.pb.h"
#include "test_messages.pb.h"
#include "wide_messages.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/json_util.h>

#include <memory>
#include <optional>

using namespace caf_remote::test;
using caf_remote::wire::payload_plan;
using caf_remote::wire::wire_type;
using test::payload_maker;
namespace pb = google::protobuf;

namespace {

/// Null: the parser refuses.
std::optional<size_t> measured(const pb::Message& proto,
                               const std::string& bytes) {
  std::unique_ptr<pb::Message> x{proto.New()};
  auto before = heap_in_use();
  take_heap_peak();
  if (!x->ParsePartialFromString(bytes))
    return std::nullopt;
  return take_heap_peak() - before;
}

/// glibc may hand out a block that is 16 bytes larger than it need be, if what
/// is left would be too small.
size_t with_slack(size_t bytes) {
  return bytes + bytes / 16 + 64;
}

TEST_SUITE_BEGIN("memory.payload_plan");

TEST_CASE_TEMPLATE("no random message takes more than is foretold", T, Ping,
                   Nested, Legacy, LegacyItem, LegacySet, Open, pb::Struct,
                   pb::FileDescriptorSet, pb::MessageOptions) {
  payload_plan plan{T::default_instance()};
  payload_maker maker{1};
  for (auto i = 0; i < 500; ++i) {
    auto bytes = maker.make(T::descriptor());
    auto taken = measured(T::default_instance(), bytes);
    REQUIRE(taken);
    auto sum = plan.peak(bytes);
    REQUIRE(sum);
    CHECK_GE(with_slack(*sum), *taken);
  }
}

TEST_CASE_TEMPLATE("many fields of few bytes take what is foretold, and not "
                   "much less",
                   T, Nested, Legacy, LegacyItem, Open, WideList, pb::ListValue,
                   pb::Struct, pb::FileDescriptorSet, pb::FileDescriptorProto,
                   pb::MessageOptions) {
  payload_plan plan{T::default_instance()};
  for (auto x : payload_maker::fields_of(T::descriptor())) {
    CAPTURE(x->full_name());
    std::string bytes;
    for (auto count : {1, 2, 3, 5, 9, 17, 33, 1000, 5000, 9000}) {
      CAPTURE(count);
      bytes.clear();
      for (auto i = 0; i < count; ++i)
        bytes += payload_maker::least(x);
      auto sum = plan.peak(bytes);
      REQUIRE(sum);
      CHECK_GE(with_slack(*sum), *measured(T::default_instance(), bytes));
    }
    if (x->is_repeated() && !x->is_map())
      CHECK_LE(*plan.peak(bytes), 3 * *measured(T::default_instance(), bytes));
  }
}

TEST_CASE(
  "JSON takes no more than is foretold, whatever the size of the parts") {
  auto per_byte = [](const pb::Message& proto, const std::string& field) {
    auto json = "{\"" + field + "\":[{}";
    for (auto i = 0; i < 20000; ++i)
      json += ",{}";
    json += "]}";
    std::unique_ptr<pb::Message> x{proto.New()};
    auto before = heap_in_use();
    take_heap_peak();
    REQUIRE(pb::util::JsonStringToMessage(json, x.get()).ok());
    auto result = (take_heap_peak() - before) / json.size();
    CHECK_LE(result, payload_plan{proto}.json_per_byte());
    return result;
  };
  CHECK_LE(per_byte(Nested{}, "pings"), 64);
  CHECK_LE(per_byte(pb::FileDescriptorSet{}, "file"), 128);
  CHECK_GE(per_byte(WideList{}, "wides"), 128);
}

TEST_CASE("maps take what is foretold, and not much less") {
  payload_plan plan{Nested::default_instance()};
  for (auto count : {1, 5, 7, 100, 6145, 10000}) {
    CAPTURE(count);
    Nested x;
    for (auto i = 0; i < count; ++i)
      (*x.mutable_attributes())[std::to_string(i)] = "";
    auto bytes = x.SerializeAsString();
    auto taken = measured(x, bytes);
    CHECK_GE(with_slack(*plan.peak(bytes)), *taken);
    if (count >= 100)
      CHECK_LE(*plan.peak(bytes), 3 * *taken);
  }
}

TEST_CASE("an enum that extends a type takes no other values than its own, "
          "whatever its file's syntax") {
  payload_plan plan{pb::MessageOptions::default_instance()};
  auto tag = [](const auto& extension, wire_type type) {
    return payload_maker::tag(static_cast<uint32_t>(extension.number()), type);
  };
  std::string list(100000, '\x07');
  auto packed = tag(levels, wire_type::bytes) + payload_maker::with_size(list);
  std::string one_by_one;
  for (auto i = 0; i < 10000; ++i)
    one_by_one += tag(levels, wire_type::varint) + '\x07'
                  + tag(level, wire_type::varint) + '\x07';
  for (auto& bytes : {packed, one_by_one}) {
    auto taken = measured(pb::MessageOptions{}, bytes);
    REQUIRE(taken);
    CHECK_GE(with_slack(*plan.peak(bytes)), *taken);
  }
}

TEST_CASE("a key of a map is there three times while it is read") {
  for (size_t size : {0, 15, 16, 40, 1000, 1 << 20}) {
    CAPTURE(size);
    auto field = [](uint32_t number, std::string_view content) {
      return payload_maker::tag(number, wire_type::bytes)
             + payload_maker::with_size(content);
    };
    auto key = field(1, std::string(size, 'k'));
    auto value = field(2, "");
    auto test = [&](const pb::Message& proto, uint32_t number,
                    const std::string& entry) {
      auto bytes = field(number, entry);
      auto taken = measured(proto, bytes);
      REQUIRE(taken);
      CHECK_GE(with_slack(*payload_plan{proto}.peak(bytes)), *taken);
    };
    test(Nested{}, 2, key + value);
    test(Nested{}, 2, value + key);
    test(Nested{}, 2, key);
    test(Nested{}, 2, key + value + value);
    test(Nested{}, 2, field(1, std::string(size / 2 + 1, 'k')) + key);
    test(Legacy{}, 10, key + "\x10\x05");
    test(Legacy{}, 10, key + "\x10\x07"); // no such value
  }
}

TEST_SUITE_END();

} // namespace
