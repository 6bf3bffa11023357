// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outbound_builder.hpp"

#include "support/test_messages.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct builder_fixture {
  caf::expected<outbound_ptr> build(const Ping& x, int32_t serializer = 0,
                                    std::string_view header = {}) {
    return make_outbound(who, types, *types.find(typeid(Ping)), x, serializer,
                         header);
  }

  wire::serializer_registry types;
  correspondents who{"joe", {}, {}};
};

TEST_SUITE_BEGIN("endpoint.outbound_builder");

TEST_CASE_FIXTURE(builder_fixture, "everything lives in the element") {
  outbound_ptr x;
  {
    std::string type = "some.Type";
    std::string payload = "payload";
    std::string header = "header";
    std::string target = "joe";
    std::string sender = "me";
    std::string address = "a:1";
    x = make_outbound({target, sender, address}, type, true, payload, header);
    for (auto str : {&type, &payload, &header, &target, &sender, &address})
      str->assign(str->size(), '!');
  }
  CHECK_EQ(x->type_name(), "some.Type");
  CHECK_EQ(x->payload(), "payload");
  CHECK_EQ(x->header(), "header");
  CHECK_EQ(x->who().target, "joe");
  CHECK_EQ(x->who().sender, "me");
  CHECK_EQ(x->who().sender_address, "a:1");
  CHECK_GE(x->charge(), sizeof(outbound_element) + 9 + 7 + 6);
}

TEST_CASE_FIXTURE(builder_fixture, "a registered message is encoded in place") {
  auto x = build(make_ping("hello", 42), 0, "header");
  REQUIRE(x);
  auto& msg = **x;
  CHECK_EQ(msg.type_name(), "caf_remote.test.Ping");
  CHECK_EQ(msg.payload(), make_ping("hello", 42).SerializeAsString());
  CHECK_EQ(msg.header(), "header");
  CHECK_EQ(msg.who().target, "joe");
  CHECK(msg.need == peer_need::none);
}

TEST_CASE_FIXTURE(builder_fixture, "strings must be UTF-8") {
  auto x = build(make_ping("\xff"));
  REQUIRE_FALSE(x);
  CHECK_EQ(code_of(x.error()), errc::invalid_utf8);
}

TEST_CASE_FIXTURE(builder_fixture,
                  "JSON goes to every peer, a serializer of our "
                  "own only to caf_remote") {
  class fixed : public serializer {
  public:
    bool encode(const google::protobuf::Message&,
                std::string& result) const override {
      result += "fixed";
      return true;
    }

    bool decode(std::string_view, google::protobuf::Message&) const override {
      return true;
    }
  };
  REQUIRE_FALSE(types.add(42, std::make_shared<fixed>()));
  auto json = build(make_ping("x"), wire::json_serializer);
  REQUIRE(json);
  CHECK_EQ((*json)->payload(), R"({"text":"x"})");
  CHECK((*json)->need == peer_need::none);
  auto own = build(make_ping("x"), 42);
  REQUIRE(own);
  CHECK_EQ((*own)->payload(), "fixed");
  CHECK_EQ((*own)->serializer_id, 42);
  CHECK((*own)->need == peer_need::caf_remote);
  CHECK_EQ(code_of(build(make_ping("x"), 43).error()), errc::not_found);
}

TEST_CASE("headers are bounded and UTF-8") {
  CHECK_EQ(*encode_header({}, 1, 1), "");
  CHECK(encode_header({{"k", "v"}}, 1, 2));
  CHECK_EQ(code_of(encode_header({{"k", "v"}, {"l", "w"}}, 1, 9).error()),
           errc::header_too_large);
  CHECK_EQ(code_of(encode_header({{"k", "vv"}}, 1, 2).error()),
           errc::header_too_large);
  CHECK_EQ(code_of(encode_header({{"k", "\xff"}}, 1, 9).error()),
           errc::invalid_utf8);
}

TEST_SUITE_END();

} // namespace
