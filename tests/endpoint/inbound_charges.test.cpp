// SPDX-License-Identifier: BSD-3-Clause

// What the messages of a peer are charged with, against what they hold.

#include "caf_remote/endpoint/inbound_dispatcher.hpp"

#include "support/actor_fixture.hpp"
#include "support/text.hpp"

#include "open_messages.pb.h"
#include "wide_messages.pb.h"

CAF_BEGIN_TYPE_ID_BLOCK(charges_test, caf::id_block::caf_remote_test::end)
  CAF_REMOTE_ADD_MESSAGE(charges_test, (caf_remote::test::Open))
  CAF_REMOTE_ADD_MESSAGE(charges_test, (caf_remote::test::Wide))
  CAF_REMOTE_ADD_MESSAGE(charges_test, (caf_remote::test::WideList))
CAF_END_TYPE_ID_BLOCK(charges_test)

using namespace caf_remote;
using namespace caf_remote::test;
namespace pb = google::protobuf;

namespace {

constexpr size_t inbound_bytes = 1u << 20;

options small_bounds() {
  options result;
  result.inbound_bytes = inbound_bytes;
  return result;
}

struct charges_fixture : actor_fixture {
  charges_fixture() : actor_fixture(small_bounds()) {
    in = accept();
    target = sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::skip);
      return {[](int) {}};
    });
    publish(target, "target");
    run();
  }

  ~charges_fixture() {
    caf::anon_send_exit(target, caf::exit_reason::kill);
    run();
  }

  /// How many of the messages an actor that never takes any may have waiting.
  size_t waiting_of(const pb::Message& content, size_t count) {
    return waiting_of(make_envelope_for("target", content), count);
  }

  size_t waiting_of(const envelope& x, size_t count) {
    receive(in, std::vector<envelope>(count, x));
    CHECK_EQ(home->snapshot().refused_envelopes, 0);
    return count - dead_letters(errc::queue_full);
  }

  fake_stream_ptr in;
  caf::actor target;
};

template <class T>
T with_parts(int count) {
  T result;
  for (auto i = 0; i < count; ++i)
    if constexpr (std::is_same_v<T, WideList>)
      result.add_wides();
    else if constexpr (std::is_same_v<T, pb::FileDescriptorSet>)
      result.add_file();
    else
      result.AddExtension(parts);
  return result;
}

TEST_SUITE_BEGIN("endpoint.inbound_charges");

TEST_CASE_TEMPLATE("what a few bytes become is charged, by whatever kind of "
                   "field",
                   T, WideList, pb::FileDescriptorSet, Open) {
  for (auto count : {1, 2, 8, 30}) {
    CAPTURE(count);
    charges_fixture fix;
    auto x = with_parts<T>(count);
    auto waiting = fix.waiting_of(x, 4000);
    CHECK_LE(waiting * x.SpaceUsedLong(), inbound_bytes / 2);
    CHECK_GE(waiting * (x.SpaceUsedLong() + 1024), inbound_bytes / 2);
  }
}

TEST_CASE_FIXTURE(charges_fixture, "so is an object that is large by itself") {
  Wide x;
  REQUIRE_EQ(x.ByteSizeLong(), 0);
  CHECK_LE(waiting_of(x, 4000) * x.SpaceUsedLong(), inbound_bytes / 2);
}

TEST_CASE_FIXTURE(charges_fixture, "so is what a serializer of the program's "
                                   "makes of a few bytes") {
  struct generous : serializer {
    bool encode(const pb::Message&, std::string&) const override {
      return false;
    }

    bool decode(std::string_view, pb::Message& x) const override {
      static_cast<pb::BytesValue&>(x).set_value(std::string(2000, 'x'));
      return true;
    }
  };
  REQUIRE_FALSE(home->types.add(2, std::make_shared<generous>()));
  auto x = make_envelope_for("target", pb::BytesValue{});
  x.serializer_id = 2;
  x.payload = "x";
  CHECK_LE(waiting_of(x, 4000) * 2000, inbound_bytes / 2);
}

TEST_CASE_FIXTURE(charges_fixture, "what is too large to be read, or to be "
                                   "kept, is refused with what can be done") {
  std::string
    advice = ": send it in parts, or raise inbound-bytes at the receiver";
  auto refused_with = [&](int count, const std::string& what) {
    receive(in, {make_envelope_for("target", with_parts<WideList>(count))});
    auto& line = log_lines->back();
    CAPTURE(line);
    return contains(line, "message_too_large") && contains(line, what)
           && contains(line, advice);
  };
  CHECK(refused_with(10000, " may take "));
  CHECK(refused_with(1200, " become "));
  CHECK_EQ(home->snapshot().refused_envelopes, 2);
}

TEST_CASE_FIXTURE(charges_fixture, "messages with plain fields count their "
                                   "bytes, and what each message costs") {
  auto x = make_ping(std::string(62, 'x'));
  REQUIRE_EQ(x.ByteSizeLong(), 64);
  CHECK_EQ(waiting_of(x, 4000), inbound_bytes / 2 / (320 + 64));
}

TEST_SUITE_END();

} // namespace
