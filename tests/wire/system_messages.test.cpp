// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/system_messages.hpp"

#include "wire/hex.hpp"
#include "wire/random_batch.hpp"

#include "actor.pb.h"
#include "remote.pb.h"

#include <doctest/doctest.h>

using namespace caf_remote::wire;
using caf_remote::pid;
using test::from_hex;
using test::to_hex;

namespace {

const pid someone{"host:1", "me", 7};

bool same(const pid& x, const pid& y) {
  return x == y && x.request_id == y.request_id;
}

// "host:1", "me", 7
const std::string someone_hex = "0A06686F73743A31" // 1 Address
                                "12026D65" // 2 Id
                                "1807"; // 3 request_id

template <class T>
bool decodes(std::string_view hex) {
  T x;
  return decode(from_hex(hex), x);
}

} // namespace

TEST_CASE("type names are Protobuf's") {
  CHECK_EQ(watch::type_name, actor::Watch::descriptor()->full_name());
  CHECK_EQ(unwatch::type_name, actor::Unwatch::descriptor()->full_name());
  CHECK_EQ(terminated::type_name, actor::Terminated::descriptor()->full_name());
  CHECK_EQ(stop::type_name, actor::Stop::descriptor()->full_name());
  CHECK_EQ(poison_pill::type_name,
           actor::PoisonPill::descriptor()->full_name());
  CHECK_EQ(touch::type_name, actor::Touch::descriptor()->full_name());
  CHECK_EQ(touched::type_name, actor::Touched::descriptor()->full_name());
  CHECK_EQ(dead_letter_response::type_name,
           actor::DeadLetterResponse::descriptor()->full_name());
  CHECK_EQ(actor_pid_request::type_name,
           remote::ActorPidRequest::descriptor()->full_name());
  CHECK_EQ(actor_pid_response::type_name,
           remote::ActorPidResponse::descriptor()->full_name());
}

TEST_CASE("type names are classified") {
  CHECK_EQ(classify("actor.Watch"), system_type::watch);
  CHECK_EQ(classify("actor.Unwatch"), system_type::unwatch);
  CHECK_EQ(classify("actor.Terminated"), system_type::terminated);
  CHECK_EQ(classify("actor.Stop"), system_type::stop);
  CHECK_EQ(classify("actor.PoisonPill"), system_type::poison_pill);
  CHECK_EQ(classify("actor.Touch"), system_type::touch);
  CHECK_EQ(classify("actor.Touched"), system_type::touched);
  CHECK_EQ(classify("actor.DeadLetterResponse"),
           system_type::dead_letter_response);
  CHECK_EQ(classify("remote.ActorPidRequest"), system_type::actor_pid_request);
  CHECK_EQ(classify("remote.ActorPidResponse"),
           system_type::actor_pid_response);
  for (std::string str :
       {"", "actor", "actor.", "actor.watch", "actor.Watch2", "Watch",
        "remote.Watch", "google.protobuf.Empty", "actor.PID"})
    CHECK_EQ(classify(str), system_type::none);
}

TEST_CASE("reasons have names") {
  CHECK_EQ(to_string(terminated_reason::stopped), "stopped");
  CHECK_EQ(to_string(terminated_reason::address_terminated),
           "address_terminated");
  CHECK_EQ(to_string(terminated_reason::not_found), "not_found");
}

TEST_CASE("messages are encoded as on the wire") {
  auto pid_field = "0A0E" + someone_hex;
  CHECK_EQ(to_hex(encode(watch{someone})), pid_field);
  CHECK_EQ(to_hex(encode(unwatch{someone})), pid_field);
  CHECK_EQ(to_hex(encode(touched{someone})), pid_field);
  CHECK_EQ(to_hex(encode(dead_letter_response{someone})), pid_field);
  CHECK_EQ(to_hex(encode(dead_letter_response{})), "");
  CHECK_EQ(to_hex(encode(terminated{someone, terminated_reason::stopped})),
           pid_field);
  CHECK_EQ(to_hex(encode(terminated{someone, terminated_reason::not_found})),
           pid_field + "1002");
  CHECK_EQ(to_hex(encode(actor_pid_request{"n", "kind"})),
           "0A016E" // 1 name
           "12046B696E64"); // 2 kind
  CHECK_EQ(to_hex(encode(actor_pid_response{someone, 3})), pid_field + "1003");
  CHECK_EQ(to_hex(encode(actor_pid_response{std::nullopt, 0})), "");
}

TEST_CASE("messages are decoded") {
  auto bytes = from_hex("0A0E" + someone_hex + "1001");
  watch w;
  CHECK(decode(bytes, w)); // 2 is unknown to it
  CHECK(same(w.watcher, someone));
  unwatch u;
  CHECK(decode(bytes, u));
  CHECK(same(u.watcher, someone));
  terminated t;
  CHECK(decode(bytes, t));
  CHECK(same(t.who, someone));
  CHECK_EQ(t.why, terminated_reason::address_terminated);
  touched d;
  CHECK(decode(bytes, d));
  CHECK(same(d.who, someone));
  dead_letter_response r;
  CHECK(decode(bytes, r));
  CHECK(same(r.target, someone));
  actor_pid_response p;
  CHECK(decode(bytes, p));
  REQUIRE(p.who);
  CHECK(same(*p.who, someone));
  CHECK_EQ(p.status_code, 1);
}

TEST_CASE("a message without its PID makes no sense") {
  for (std::string hex : {
         "", // no PID
         "0A00", // an empty one
         "0A030A0178", // no id
         "0A021807", // nothing but a request id
       }) {
    CHECK_FALSE(decodes<watch>(hex));
    CHECK_FALSE(decodes<unwatch>(hex));
    CHECK_FALSE(decodes<terminated>(hex));
    CHECK_FALSE(decodes<touched>(hex));
    CHECK(decodes<dead_letter_response>(hex));
    CHECK(decodes<actor_pid_response>(hex));
  }
}

TEST_CASE("an empty address means the stream's peer") {
  watch x;
  CHECK(decode(from_hex("0A0412026D65"), x));
  CHECK_EQ(x.watcher.address, "");
  CHECK_EQ(x.watcher.id, "me");
}

TEST_CASE("decoding leaves nothing of earlier contents") {
  dead_letter_response r{someone};
  CHECK(decode("", r));
  CHECK(same(r.target, pid{}));
  actor_pid_response p{someone, 4};
  CHECK(decode("", p));
  CHECK_FALSE(p.who);
  CHECK_EQ(p.status_code, 0);
  actor_pid_request q{"n", "k"};
  CHECK(decode("", q));
  CHECK_EQ(q.name, "");
  CHECK_EQ(q.kind, "");
}

TEST_CASE("unknown reasons count as stopped") {
  terminated x;
  x.why = terminated_reason::not_found;
  CHECK(decode(from_hex("0A0412026D651063"), x));
  CHECK_EQ(x.why, terminated_reason::stopped);
}

TEST_CASE("garbage is refused") {
  for (std::string hex : {
         "0A", // cut off
         "0A05", //
         "0A0312036D", // in the PID
         "FF", //
         "0F", // wire type 7
         "0A031201FF", // not UTF-8
       }) {
    CHECK_FALSE(decodes<watch>(hex));
    CHECK_FALSE(decodes<unwatch>(hex));
    CHECK_FALSE(decodes<terminated>(hex));
    CHECK_FALSE(decodes<touched>(hex));
    CHECK_FALSE(decodes<dead_letter_response>(hex));
    CHECK_FALSE(decodes<actor_pid_response>(hex));
  }
  CHECK_FALSE(decodes<actor_pid_request>("0A01FF"));
  CHECK_FALSE(decodes<actor_pid_request>("1201FF"));
}

TEST_CASE("random PIDs survive the round trip") {
  test::generator rnd{5};
  for (auto i = 0; i < 1000; ++i) {
    pid x{rnd.text(20), rnd.text(20), rnd.number()};
    terminated in{x, static_cast<terminated_reason>(rnd.below(3))};
    terminated out;
    REQUIRE(decode(encode(in), out));
    CHECK(same(out.who, x));
    CHECK_EQ(out.why, in.why);
    actor_pid_response request{x, static_cast<int32_t>(rnd.number())};
    actor_pid_response response;
    REQUIRE(decode(encode(request), response));
    CHECK(same(*response.who, x));
    CHECK_EQ(response.status_code, request.status_code);
  }
}

TEST_CASE("mutations do no harm") {
  test::generator rnd{6};
  auto valid = encode(terminated{someone, terminated_reason::not_found});
  for (auto i = 0; i < 20000; ++i) {
    test::tight_copy bytes{test::mutate(rnd, valid)};
    terminated x;
    if (decode(bytes.view(), x))
      CHECK_FALSE(x.who.id.empty());
  }
}
