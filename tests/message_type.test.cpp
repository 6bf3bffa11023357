// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/message_type.hpp"

#include "support/test_messages.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

TEST_SUITE_BEGIN("message_type");

TEST_CASE("registered types are in the catalogue once") {
  std::set<std::string> names;
  for (auto x : registered_codecs())
    CHECK(names.insert(x->type_name()).second);
  CHECK_EQ(names.count("caf_remote.test.Ping"), 1);
  CHECK_EQ(names.count("google.protobuf.StringValue"), 1);
  CHECK_EQ(names.count("google.protobuf.Empty"), 0);
  // a second registration changes nothing
  add_codec<Ping>();
  CHECK_EQ(registered_codecs().size(), names.size());
}

TEST_CASE("a codec converts between all forms of a message") {
  auto& codec = codec_of<Ping>();
  CHECK_EQ(codec.type_name(), "caf_remote.test.Ping");
  CHECK(codec.type() == typeid(Ping));
  CHECK_EQ(codec.make()->GetTypeName(), "caf_remote.test.Ping");
  auto x = make_ping("hi", 7);
  CHECK_EQ(&codec.base(&x), &x);
  CHECK_EQ(codec.object(x), &x);
  CHECK_EQ(codec.to_message(std::as_const(x)).get_as<Ping>(0).text(), "hi");
  CHECK_EQ(x.text(), "hi");
  auto value = codec.to_value(x);
  CHECK_EQ(static_cast<const Ping*>(value->get())->text(), "hi");
  CHECK_EQ(codec.to_message(std::move(x)).get_as<Ping>(0).number(), 7);
}

TEST_CASE("a registered type is an ordinary message element") {
  auto msg = caf::make_message(make_ping("hi", 7));
  CHECK(msg.match_elements<Ping>());
  CHECK_EQ(to_string(msg),
           R"((caf_remote.test.Ping("text: \"hi\" number: 7")))");
  auto copy = msg;
  copy.get_mutable_as<Ping>(0).set_text("other");
  CHECK_EQ(msg.get_as<Ping>(0).text(), "hi");
}

TEST_CASE("a registered type survives CAF's serialization") {
  auto x = make_ping("hi", 7);
  std::vector<char> buf;
  caf::binary_serializer sink{nullptr, buf};
  REQUIRE_FALSE(sink(x));
  Ping y;
  caf::binary_deserializer source{nullptr, buf};
  REQUIRE_FALSE(source(y));
  CHECK_EQ(y.text(), "hi");
  CHECK_EQ(y.number(), 7);
}

TEST_CASE("bytes that are no such message are an error") {
  std::string garbage = "\xff\xff";
  std::vector<char> buf;
  caf::binary_serializer sink{nullptr, buf};
  REQUIRE_FALSE(sink(garbage));
  Ping y;
  caf::binary_deserializer source{nullptr, buf};
  CHECK(source(y));
}

TEST_SUITE_END();

} // namespace
