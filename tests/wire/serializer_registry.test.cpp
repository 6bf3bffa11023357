// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/serializer_registry.hpp"

#include "caf_remote/error.hpp"

#include "support/test_messages.hpp"
#include "wire/random_payload.hpp"

#include "legacy_messages.pb.h"
#include "open_messages.pb.h"
#include "option_messages.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wrappers.pb.h>

#include <memory>
#include <stdexcept>
#include <utility>

using namespace caf_remote;
using namespace caf_remote::test;
using wire::serializer_registry;

namespace {

constexpr size_t limit = 1u << 20;

/// Writes the text of a ping, and nothing else.
class text_only : public serializer {
public:
  bool encode(const google::protobuf::Message& x,
              std::string& result) const override {
    auto ptr = dynamic_cast<const Ping*>(&x);
    if (ptr != nullptr)
      result += ptr->text();
    return ptr != nullptr;
  }

  bool decode(std::string_view bytes,
              google::protobuf::Message& x) const override {
    auto ptr = dynamic_cast<Ping*>(&x);
    if (ptr != nullptr)
      ptr->set_text(std::string{bytes});
    return ptr != nullptr;
  }
};

/// For a type that is only decoded, and is no CAF message here.
template <class T>
const message_codec& codec_for() {
  struct codec : message_codec {
    codec() : message_codec(T::descriptor()->full_name()) {
      // nop
    }

    const std::type_info& type() const noexcept override {
      return typeid(T);
    }

    std::unique_ptr<google::protobuf::Message> make() const override {
      return std::make_unique<T>();
    }

    const google::protobuf::Message& base(const void* obj) const override {
      return *static_cast<const T*>(obj);
    }

    void* object(google::protobuf::Message& x) const override {
      return static_cast<T*>(&x);
    }

    caf::message to_message(google::protobuf::Message&&) const override {
      return {};
    }

    caf::message to_message(const google::protobuf::Message&) const override {
      return {};
    }

    caf::type_erased_value_ptr
    to_value(const google::protobuf::Message&) const override {
      return nullptr;
    }
  };
  static const codec result;
  return result;
}

/// What Protobuf would write to stderr meanwhile.
class protobuf_lines {
public:
  protobuf_lines() : before_(google::protobuf::SetLogHandler(add)) {
    // nop
  }

  ~protobuf_lines() {
    google::protobuf::SetLogHandler(before_);
    take();
  }

  static std::string take() {
    return std::exchange(text(), {});
  }

private:
  static std::string& text() {
    static std::string result;
    return result;
  }

  static void add(google::protobuf::LogLevel, const char*, int,
                  const std::string& line) {
    text() += line + '\n';
  }

  google::protobuf::LogHandler* before_;
};

struct registry_fixture {
  errc decode(std::string_view payload, int32_t serializer) {
    result.Clear();
    return code_of(types.decode(payload, serializer, ping(), limit, result));
  }

  errc encode(const Ping& x, int32_t serializer) {
    bytes.clear();
    return code_of(types.encode(x, ping(), serializer, bytes));
  }

  const serializer_registry::entry& ping() {
    return *types.find(typeid(Ping));
  }

  serializer_registry types;
  Ping result;
  std::string bytes;
};

TEST_SUITE_BEGIN("wire.serializer_registry");

TEST_CASE_FIXTURE(registry_fixture, "a type is found by itself and by name") {
  auto x = types.find(typeid(Ping));
  REQUIRE(x != nullptr);
  CHECK_EQ(x->codec->type_name(), "caf_remote.test.Ping");
  CHECK_EQ(types.find("caf_remote.test.Ping"), x);
  CHECK_EQ(types.find("caf_remote.test.Pong"), nullptr);
  CHECK_EQ(types.find(typeid(int)), nullptr);
}

TEST_CASE_FIXTURE(registry_fixture, "two serializers are built in") {
  CHECK(types.knows(wire::protobuf_serializer));
  CHECK(types.knows(wire::json_serializer));
  CHECK_FALSE(types.knows(2));
  CHECK_FALSE(types.knows(-1));
}

TEST_CASE_FIXTURE(registry_fixture, "Protobuf is read") {
  CHECK_EQ(decode(make_ping("hi", 7).SerializeAsString(), 0), errc::none);
  CHECK_EQ(result.text(), "hi");
  CHECK_EQ(result.number(), 7);
  CHECK_NE(decode("\xff\xff", 0), errc::none);
}

TEST_CASE_FIXTURE(registry_fixture, "JSON is written and read") {
  CHECK_EQ(encode(make_ping("hi", 7), 1), errc::none);
  CHECK_EQ(bytes, R"({"text":"hi","number":"7"})");
  CHECK_EQ(decode(bytes, 1), errc::none);
  CHECK_EQ(result.number(), 7);
  CHECK_EQ(decode(R"({"text":"x","unknown":1})", 1), errc::none);
  CHECK_EQ(decode(R"({"text":)", 1), errc::not_serializable);
}

TEST_CASE_FIXTURE(registry_fixture, "strings that are not UTF-8 are refused") {
  CHECK_EQ(encode(make_ping("\xff"), 1), errc::invalid_utf8);
  CHECK_EQ(decode(std::string{"\x0a\x01\xff", 3}, 0), errc::invalid_utf8);
}

TEST_CASE("no bytes of a peer make Protobuf write to stderr") {
  namespace pb = google::protobuf;
  serializer_registry types{
    nullptr,
    {&codec_of<Ping>(), &codec_for<pb::Any>(), &codec_for<pb::Struct>(),
     &codec_for<pb::FieldMask>(), &codec_for<pb::Duration>(),
     &codec_for<pb::UninterpretedOption>()}};
  protobuf_lines lines;
  auto refused = [&](const pb::Message& proto, int32_t serializer,
                     const std::string& bytes) {
    std::unique_ptr<pb::Message> x{proto.New()};
    auto& type = *types.find(proto.GetTypeName());
    INFO(proto.GetTypeName() << ": " << bytes);
    CHECK(types.decode(bytes, serializer, type, limit, *x));
    CHECK_EQ(lines.take(), "");
  };
  refused(Ping{}, 0, "\x0a\x01\xff");
  refused(Ping{}, 0, "\x0a");
  // a field is missing that proto2 requires
  refused(pb::UninterpretedOption{}, 0, std::string{"\x12\0", 2});
  refused(pb::UninterpretedOption{}, 1, R"({"name":[{}]})");
  for (auto text :
       {R"({"text":"\ud800"})", R"({"text":"\udc00"})", R"({"text":"\ud800x"})",
        R"({"text":"\ud800\ud800"})", "{\"text\":\"\xff\"}",
        "{\"text\":\"\xed\xa0\x80\"}", "{\"\xff\":1}",
        R"({"text":{"\ud800":1}})", R"({"number":"1e99"})", "{\"text\":"})
    refused(Ping{}, 1, text);
  for (auto text : {R"({"@type":"nowhere"})", R"({"@type":"x/\ud800"})",
                    R"({"@type":"type.googleapis.com/x.Y"})",
                    R"({"value":1,"@type":"type.googleapis.com/x.Y"})"})
    refused(pb::Any{}, 1, text);
  refused(pb::Struct{}, 1, R"({"\ud800":"\udc00"})");
  refused(pb::FieldMask{}, 1, R"("a.\ud800")");
  refused(pb::FieldMask{}, 1, R"("a_b,,(")");
  refused(pb::Duration{}, 1, R"("1x")");
}

TEST_CASE("strings in extensions are looked at like others, so that none makes "
          "Protobuf write to stderr") {
  namespace pb = google::protobuf;
  using ::test::payload_maker;
  using wire::wire_type;
  auto field = [](uint32_t number, std::string_view content) {
    return payload_maker::tag(number, wire_type::bytes)
           + payload_maker::with_size(content);
  };
  auto item = [](std::string_view content) {
    return payload_maker::tag(1, wire_type::begin_group).append(content)
           + payload_maker::tag(1, wire_type::end_group);
  };
  serializer_registry types{nullptr,
                            {&codec_for<pb::MessageOptions>(),
                             &codec_for<Open>(), &codec_for<LegacySet>(),
                             &codec_for<Legacy>()}};
  protobuf_lines lines;
  auto decode = [&](const pb::Message& proto, const std::string& bytes) {
    std::unique_ptr<pb::Message> x{proto.New()};
    auto result = code_of(
      types.decode(bytes, 0, *types.find(proto.GetTypeName()), limit, *x));
    CHECK_EQ(lines.take(), "");
    return result;
  };
  std::string type_id{"\x10\x07", 2};
  for (auto good : {true, false}) {
    CAPTURE(good);
    auto ping = field(1, good ? "a" : "\xff");
    auto expected = good ? errc::none : errc::invalid_utf8;
    auto remark = field(static_cast<uint32_t>(remarks.number()), ping);
    CHECK_EQ(decode(pb::MessageOptions{}, remark), expected);
    CHECK_EQ(decode(Open{}, field(101, ping)), expected);
    CHECK_EQ(decode(Open{}, field(102, field(102, field(101, ping)))),
             expected);
    // the items of a set, in all forms that Protobuf reads
    for (auto& set :
         {item(type_id + field(3, ping)), item(field(3, ping) + type_id),
          item(field(3, "") + field(3, ping) + type_id), field(7, ping),
          item(field(7, ping)), item(type_id + item("") + field(3, ping))}) {
      auto second = set == item(field(3, "") + field(3, ping) + type_id);
      // the second content of an item is not read
      auto due = second ? errc::none : expected;
      CHECK_EQ(decode(LegacySet{}, set), due);
      CHECK_EQ(decode(Open{}, field(103, set)), due);
      CHECK_EQ(decode(Legacy{}, field(12, set)), due);
    }
    // nobody reads what nobody knows
    CHECK_EQ(decode(Open{}, field(199, ping)), errc::none);
    CHECK_EQ(decode(LegacySet{}, item("\x10\x08" + field(3, ping))),
             errc::none);
  }
}

TEST_CASE("what would take more than the limit is refused unread, with the "
          "limit") {
  namespace pb = google::protobuf;
  serializer_registry types{
    nullptr,
    {&codec_for<pb::FileDescriptorSet>(), &codec_for<pb::BytesValue>()}};
  auto& files = *types.find("google.protobuf.FileDescriptorSet");
  pb::FileDescriptorSet x;
  std::string few = "[{}";
  std::string many = few;
  for (auto i = 0; i < 1000; ++i)
    few += ",{}";
  for (auto i = 0; i < 9000; ++i)
    many += ",{}";
  for (auto serializer : {0, 1}) {
    CAPTURE(serializer);
    auto decode = [&](const std::string& list) {
      auto bytes = R"({"file":)" + list + "]}";
      if (serializer == wire::protobuf_serializer) {
        pb::FileDescriptorSet content;
        for (auto c : list)
          if (c == '{')
            content.add_file();
        bytes = content.SerializeAsString();
      }
      x.Clear();
      return types.decode(bytes, serializer, files, limit, x);
    };
    CHECK_FALSE(decode(few));
    CHECK_EQ(x.file_size(), 1001);
    auto err = decode(many);
    CHECK_EQ(x.file_size(), 0);
    CHECK_EQ(code_of(err), errc::message_too_large);
    auto text = render(err);
    CHECK_NE(text.find("the limit is "), text.npos);
  }
  // who has sent as much may have it read
  pb::BytesValue large;
  large.set_value(std::string(2 * limit, 'x'));
  pb::BytesValue copy;
  CHECK_FALSE(types.decode(large.SerializeAsString(), 0,
                           *types.find("google.protobuf.BytesValue"), limit,
                           copy));
  CHECK_EQ(copy.value().size(), 2 * limit);
}

TEST_CASE_FIXTURE(registry_fixture, "serializers can be added, each id once") {
  auto mine = std::make_shared<text_only>();
  CHECK_EQ(encode(make_ping("hi"), 2), errc::not_found);
  CHECK_EQ(decode("hi", 2), errc::not_found);
  CHECK_FALSE(types.add(2, mine));
  CHECK(types.knows(2));
  CHECK_EQ(encode(make_ping("hi"), 2), errc::none);
  CHECK_EQ(bytes, "hi");
  CHECK_EQ(decode("ho", 2), errc::none);
  CHECK_EQ(result.text(), "ho");
  for (auto id : {0, 1, 2})
    CHECK_EQ(code_of(types.add(id, mine)), errc::name_taken);
  CHECK_EQ(code_of(types.add(-1, mine)), errc::invalid_name);
  CHECK_EQ(code_of(types.add(3, nullptr)), errc::not_found);
}

TEST_CASE_FIXTURE(registry_fixture, "a serializer may refuse") {
  types.add(2, std::make_shared<text_only>());
  auto& blob = *types.find(typeid(Blob));
  CHECK_EQ(code_of(types.encode(Blob{}, blob, 2, bytes)),
           errc::not_serializable);
  Blob x;
  CHECK_EQ(code_of(types.decode("", 2, blob, limit, x)),
           errc::not_serializable);
}

TEST_CASE("a serializer that throws has refused, and its owner hears of it") {
  struct throwing : serializer {
    bool encode(const google::protobuf::Message&, std::string&) const override {
      throw std::runtime_error{"worn\nout"};
    }

    bool decode(std::string_view, google::protobuf::Message&) const override {
      throw 42;
    }
  };
  std::vector<std::string> heard;
  serializer_registry types{[&](int32_t id, const std::string& what) {
    heard.push_back(std::to_string(id) + ' ' + what);
  }};
  REQUIRE_FALSE(types.add(7, std::make_shared<throwing>()));
  auto& ping = *types.find(typeid(Ping));
  std::string bytes;
  auto err = types.encode(make_ping("hi"), ping, 7, bytes);
  CHECK_EQ(render(err), "not_serializable: serializer 7 cannot encode "
                        "caf_remote.test.Ping: worn?out");
  Ping x;
  CHECK_EQ(code_of(types.decode("", 7, ping, limit, x)),
           errc::not_serializable);
  CHECK_EQ(heard, std::vector<std::string>{
                    "7 worn?out", "7 an exception of an unknown type"});
}

TEST_CASE_FIXTURE(registry_fixture, "types can be declared by name only") {
  CHECK_FALSE(types.declared("some.Type"));
  types.declare("some.Type");
  CHECK(types.declared("some.Type"));
  CHECK_EQ(types.find("some.Type"), nullptr);
}

TEST_SUITE_END();

} // namespace
