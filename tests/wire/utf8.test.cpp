// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/utf8.hpp"

#include "caf_remote/wire/payload_plan.hpp"

#include "wire/random_payload.hpp"

#include "test_messages.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstring>
#include <memory>

using namespace caf_remote::wire;
namespace pb = google::protobuf;
using caf_remote::test::Blob;
using caf_remote::test::Nested;
using caf_remote::test::Ping;
using test::payload_maker;

namespace {

const std::string bad = "a\xFF";

bool protobuf_says(const std::string& str) {
  return pb::internal::IsStructurallyValidUTF8(str.data(),
                                               static_cast<int>(str.size()));
}

// Compares with Protobuf's own check, also where the string stands behind
// ASCII characters and in front of some.
void compare(const std::string& str) {
  auto expected = protobuf_says(str);
  if (valid_utf8(str) != expected)
    FAIL("at " << str);
  if (valid_utf8("12345678" + str) != expected)
    FAIL("behind ASCII at " << str);
  if (valid_utf8(str + "12345678") != protobuf_says(str + "12345678"))
    FAIL("before ASCII at " << str);
}

template <class T>
payload_plan plan_of() {
  return payload_plan{T::default_instance()};
}

template <class T>
bool check(const T& x) {
  pb::LogSilencer silence; // serializing such strings writes a log line
  return plan_of<T>().check(x.SerializeAsString());
}

template <class T>
bool is_trivial() {
  return !plan_of<T>().has_strings();
}

} // namespace

TEST_CASE("valid strings are accepted") {
  for (std::string str :
       {"", "a", "1234567", "12345678", "123456789", "\x7F", "\xC2\x80",
        "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "a\xE2\x82\xAC z"})
    CHECK_MESSAGE(valid_utf8(str), str);
  CHECK(valid_utf8(std::string_view{"a\0b", 3}));
  CHECK(valid_utf8({}));
}

TEST_CASE("invalid strings are refused") {
  for (std::string str : {
         "\x80", // no lead byte
         "\xBF", //
         "\xC3", // cut off
         "\xC3(", // no continuation
         "\xE2\x82", // cut off
         "\xE2(\xA1", // no continuation
         "\xF0\x9F\x98", // cut off
         "\xC0\x80", // overlong
         "\xC1\xBF", //
         "\xE0\x9F\xBF", //
         "\xF0\x8F\xBF\xBF", //
         "\xED\xA0\x80", // surrogates
         "\xED\xBF\xBF", //
         "\xF4\x90\x80\x80", // above U+10FFFF
         "\xF5\x80\x80\x80", //
         "\xFE", // never
         "\xFF", //
         "12345678\xFF", // in the rest
         "\xFF 12345678", // in front
       })
    CHECK_FALSE_MESSAGE(valid_utf8(str), str);
}

TEST_CASE("all sequences of up to three bytes agree with Protobuf") {
  for (auto a = 0; a < 256; ++a) {
    std::string str{static_cast<char>(a)};
    compare(str);
    str.resize(2);
    for (auto b = 0; b < 256; ++b) {
      str[1] = static_cast<char>(b);
      compare(str);
    }
  }
  std::string str(3, '\0');
  for (auto a = 0xE0; a < 0xF0; ++a)
    for (auto b = 0x70; b < 0xD0; ++b)
      for (auto c : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
        str[0] = static_cast<char>(a);
        str[1] = static_cast<char>(b);
        str[2] = static_cast<char>(c);
        compare(str);
      }
}

TEST_CASE("random strings agree with Protobuf") {
  test::generator rnd{2};
  for (auto i = 0; i < 20000; ++i) {
    compare(rnd.bytes(12));
    auto str = rnd.text(12);
    compare(str);
    str[rnd.below(str.size())] = rnd.byte();
    compare(str);
  }
}

TEST_CASE("types without strings need no look") {
  CHECK(is_trivial<Blob>());
  CHECK(is_trivial<pb::Empty>());
  CHECK(is_trivial<pb::Duration>());
  CHECK(is_trivial<pb::UInt64Value>());
  CHECK(is_trivial<pb::BytesValue>());
  CHECK_FALSE(is_trivial<Ping>());
  CHECK_FALSE(is_trivial<Nested>());
  CHECK_FALSE(is_trivial<pb::StringValue>());
  CHECK_FALSE(is_trivial<pb::Any>());
  CHECK_FALSE(is_trivial<pb::Value>());
}

TEST_CASE("bytes may be anything") {
  Blob x;
  x.set_data(bad);
  CHECK(check(x));
  pb::Any any;
  any.set_value(bad);
  CHECK(check(any));
}

TEST_CASE("strings are checked at every place") {
  Ping ping;
  CHECK(check(ping));
  ping.set_number(-1);
  ping.set_text("\xC3\xA4");
  CHECK(check(ping));
  ping.set_text(bad);
  CHECK_FALSE(check(ping));

  auto broken = [](auto change) {
    Nested x;
    x.add_pings()->set_text("a");
    (*x.mutable_attributes())["k"] = "v";
    x.mutable_child()->mutable_ping()->set_text("b");
    x.set_name("c");
    CHECK(check(x));
    change(x);
    return !check(x);
  };
  CHECK(broken([](Nested& x) { x.add_pings()->set_text(bad); }));
  CHECK(broken([](Nested& x) { (*x.mutable_attributes())["x"] = bad; }));
  CHECK(broken([](Nested& x) { (*x.mutable_attributes())[bad] = "x"; }));
  CHECK(broken([](Nested& x) { x.set_name(bad); }));
  CHECK(broken([](Nested& x) { x.mutable_ping()->set_text(bad); }));
  CHECK(broken([](Nested& x) { x.mutable_child()->set_name(bad); }));
  CHECK(broken([](Nested& x) {
    x.mutable_child()->mutable_child()->add_pings()->set_text(bad);
  }));
}

TEST_CASE("Google's well-known types are checked") {
  pb::StringValue str;
  str.set_value(bad);
  CHECK_FALSE(check(str));
  pb::Value value;
  auto item = value.mutable_list_value()->add_values();
  item->set_string_value("a");
  CHECK(check(value));
  (*item->mutable_struct_value()->mutable_fields())["k"].set_string_value(bad);
  CHECK_FALSE(check(value));
  pb::Any any;
  any.set_type_url(bad);
  CHECK_FALSE(check(any));
  pb::Type type;
  type.add_fields()->mutable_options()->Add()->set_name(bad);
  CHECK_FALSE(check(type));
}

TEST_CASE("groups of the older syntax are looked into") {
  // no type at hand has a group with a string: make one
  pb::FileDescriptorProto file;
  file.set_name("group.proto");
  auto type = file.add_message_type();
  type->set_name("Outer");
  auto field = type->add_field();
  field->set_name("inner");
  field->set_number(1);
  field->set_type(pb::FieldDescriptorProto::TYPE_GROUP);
  field->set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
  field->set_type_name("Outer.Inner");
  auto inner = type->add_nested_type();
  inner->set_name("Inner");
  field = inner->add_field();
  field->set_name("text");
  field->set_number(2);
  field->set_type(pb::FieldDescriptorProto::TYPE_STRING);
  field->set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
  pb::DescriptorPool pool;
  auto built = pool.BuildFile(file);
  REQUIRE(built);
  pb::DynamicMessageFactory factory{&pool};
  payload_plan plan{*factory.GetPrototype(built->message_type(0))};
  CHECK(plan.has_strings());
  CHECK(plan.check("\x0B\x12\x01"
                   "a\x0C"));
  CHECK_FALSE(plan.check("\x0B\x12\x01\xFF\x0C"));
  CHECK_FALSE(plan.check("\x0B\x12\x01"
                         "a")); // no end
}

TEST_CASE("unknown fields are skipped") {
  Ping ping;
  ping.set_text("a");
  auto unknown = ping.GetReflection()->MutableUnknownFields(&ping);
  unknown->AddLengthDelimited(17, bad);
  unknown->AddGroup(18)->AddLengthDelimited(1, bad);
  unknown->AddFixed32(19, 1);
  CHECK(check(ping));
}

TEST_CASE("random messages agree with Protobuf's parser") {
  pb::LogSilencer silence;
  test::generator rnd{3};
  auto plan = plan_of<Nested>();
  auto text = [&rnd] { return rnd.chance(20) ? rnd.bytes(5) : rnd.text(5); };
  for (auto i = 0; i < 5000; ++i) {
    Nested root;
    auto x = &root;
    for (auto n = rnd.below(4); n > 0; --n) {
      x->add_pings()->set_text(text());
      (*x->mutable_attributes())[text()] = text();
      if (rnd.chance(2))
        x->set_name(text());
      x = x->mutable_child();
    }
    auto bytes = test::serialize(root);
    Nested copy;
    CHECK_EQ(plan.check(bytes), copy.ParseFromString(bytes));
  }
}

TEST_CASE("nesting beyond all sense is refused and does no harm") {
  std::string bytes;
  for (auto i = 0; i < 100000; ++i) {
    std::string outer;
    outer += '\x1A'; // child
    auto size = bytes.size();
    if (size > 200000)
      break;
    for (; size >= 0x80; size >>= 7)
      outer += static_cast<char>(size | 0x80);
    outer += static_cast<char>(size);
    bytes.insert(0, outer);
  }
  CHECK_FALSE(plan_of<Nested>().check(bytes));
}

TEST_CASE("what Protobuf would not read for its depth is refused") {
  auto plan = plan_of<Nested>();
  for (auto depth : {99, 100, 101}) {
    CAPTURE(depth);
    std::string bytes;
    for (auto i = 0; i < depth; ++i)
      bytes = payload_maker::tag(3, wire_type::bytes)
              + payload_maker::with_size(bytes);
    CHECK_EQ(plan.check(bytes), depth <= 100);
    CHECK_EQ(Nested{}.ParseFromString(bytes), depth <= 100);
  }
}

TEST_CASE("garbage does no harm") {
  test::generator rnd{4};
  auto plan = plan_of<Nested>();
  for (auto i = 0; i < 20000; ++i) {
    test::tight_copy bytes{rnd.bytes(40)};
    plan.check(bytes.view());
  }
  CHECK(plan.check(""));
}

TEST_CASE("plans can be copied and moved") {
  auto x = std::make_unique<payload_plan>(Ping::default_instance());
  auto y = *x;
  auto z = std::move(*x);
  x.reset();
  CHECK_FALSE(y.check("\x0A\x01\xFF"));
  CHECK_FALSE(z.check("\x0A\x01\xFF"));
}
