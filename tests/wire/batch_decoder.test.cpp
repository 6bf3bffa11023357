// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/coding.hpp"

#include "wire/hex.hpp"

#include "actor.pb.h"

#include <doctest/doctest.h>

#include <limits>

using namespace caf_remote::wire;
using caf_remote::max_address_length;
using caf_remote::max_id_length;
using namespace std::string_literals;
using fault = envelope_fault;
using test::from_hex;

namespace {

// Keeps the bytes that the views refer to.
struct decoded {
  std::string bytes;
  batch_view view;
  bool ok;

  explicit decoded(std::string content) : bytes(std::move(content)) {
    ok = decode_batch(bytes, view);
  }

  const envelope& at(size_t i) const {
    REQUIRE(ok);
    REQUIRE_LT(i, view.envelopes.size());
    return view.envelopes[i];
  }
};

decoded decode(std::string_view hex) {
  return decoded{from_hex(hex)};
}

// One type "t", one target "h:2/me", one sender "h:1/you".
const std::string tables = "0A0174"
                           "12090A03683A3212026D65"
                           "220A0A03683A311203796F75";

// The fault of an envelope with these fields, which is between two others that
// must not suffer.
fault fault_of(std::string_view fields, const std::string& names = tables) {
  auto content = from_hex(fields);
  std::string bytes = from_hex("1A03120161");
  bytes += '\x1A';
  bytes += static_cast<char>(content.size());
  bytes += content;
  bytes += from_hex("1A03120162" + names);
  decoded x{bytes};
  REQUIRE(x.ok);
  REQUIRE_EQ(x.view.envelopes.size(), 3u);
  if (names == tables) {
    CHECK_EQ(x.at(0).fault, fault::none);
    CHECK_EQ(x.at(0).payload, "a");
    CHECK_EQ(x.at(2).fault, fault::none);
    CHECK_EQ(x.at(2).payload, "b");
  }
  return x.at(1).fault;
}

std::string hex_of(const actor::PID& x) {
  return test::to_hex(x.SerializeAsString());
}

} // namespace

TEST_CASE("a batch is read field by field") {
  auto x = decode("0A03742E41" // 1 type_names "t.A"
                  "0A03742E42" // 1 type_names "t.B"
                  "1209" // 2 targets
                  "0A03683A32" //   1 Address "h:2"
                  "12026D65" //   2 Id "me"
                  "1A19" // 3 envelopes, 25 bytes
                  "0801" //   1 type_id 1
                  "1203706179" //   2 message_data "pay"
                  "2001" //   4 sender 1
                  "2801" //   5 serializer_id 1
                  "32080A060A016B120176" //   6 message_header {"k": "v"}
                  "3805" //   7 target_request_id 5
                  "4007" //   8 sender_request_id 7
                  "220C" // 4 senders
                  "0A03683A31" //   1 Address "h:1"
                  "1203796F75" //   2 Id "you"
                  "1809"); //   3 request_id 9
  REQUIRE(x.ok);
  REQUIRE_EQ(x.view.type_names.size(), 2u);
  CHECK_EQ(x.view.type_names[1], "t.B");
  REQUIRE_EQ(x.view.targets.size(), 1u);
  CHECK_EQ(x.view.targets[0].address, "h:2");
  CHECK_EQ(x.view.targets[0].id, "me");
  CHECK(x.view.targets[0].valid);
  CHECK_FALSE(x.view.targets[0].bare_id);
  REQUIRE_EQ(x.view.senders.size(), 1u);
  CHECK_EQ(x.view.senders[0].address, "h:1");
  CHECK_EQ(x.view.senders[0].id, "you");
  CHECK_EQ(x.view.senders[0].request_id, 9u);
  auto& y = x.at(0);
  CHECK_EQ(y.fault, fault::none);
  CHECK_EQ(y.type_index, 1);
  CHECK_EQ(y.target_index, 0);
  CHECK_EQ(y.sender_index, 0);
  CHECK_EQ(y.serializer_id, 1);
  CHECK_EQ(y.payload, "pay");
  CHECK_EQ(y.target_request_id, 5u);
  CHECK_EQ(y.sender_request_id, 7u);
  CHECK_EQ(y.header_count, 1u);
  header_view header;
  decode_header(y.header, header);
  REQUIRE_EQ(header.size(), 1u);
  CHECK_EQ(header[0].first, "k");
  CHECK_EQ(header[0].second, "v");
}

TEST_CASE("an empty batch is legal") {
  auto x = decode("");
  CHECK(x.ok);
  CHECK(x.view.envelopes.empty());
}

TEST_CASE("tables may come before, between and after the envelopes") {
  for (auto& hex : {"1A021800" + tables, tables + "1A021800",
                    "0A0174 1A021800 12090A03683A3212026D65"s}) {
    auto x = decode(hex);
    CHECK_EQ(x.at(0).fault, fault::none);
    CHECK_EQ(x.at(0).sender_index, -1);
  }
}

TEST_CASE("all fields of an envelope may be left out") {
  CHECK_EQ(fault_of(""), fault::none);
}

TEST_CASE("unknown fields are skipped everywhere") {
  CHECK_EQ(fault_of("4801"), fault::none); // varint
  CHECK_EQ(fault_of("4A0161"), fault::none); // bytes
  CHECK_EQ(fault_of("4B4C"), fault::none); // group
  CHECK_EQ(fault_of("0A0161"), fault::none); // a type id that is bytes
  CHECK_EQ(fault_of("1007"), fault::none); // a payload that is none
  CHECK(decode("2A0161 3001 3B3C 3D00000000").ok); // of the batch
  CHECK(decode("0801 1001 1801 2001").ok); // in the wrong type
  auto x = decode("0A0174 1A00 1208 12026D65 2A026162"); // of a PID
  CHECK_EQ(x.at(0).fault, fault::none);
}

TEST_CASE("the last of repeated fields counts") {
  auto x = decode("1A08 120161 120162 1800" + tables);
  CHECK_EQ(x.at(0).payload, "b");
}

TEST_CASE("garbage in an envelope costs that envelope") {
  for (std::string hex : {
         "08", // no value
         "12", // no length
         "120261", // too short
         "12FFFFFFFF7F", // much too short
         "08FFFFFFFFFFFFFFFFFFFF01", // a varint of eleven bytes
         "00", // no field number
         "0F", // wire type 7
         "0E", // wire type 6
         "0C", // the end of no group
         "4B", // a group without end
         "3201", // header cut off
         "32020A01", // header entry cut off
         "32040A020A01", // key cut off
         "32020AFF", // length cut off
       })
    CHECK_EQ(fault_of(hex), fault::malformed);
}

TEST_CASE("a malformed envelope names nobody") {
  auto x = decode("1A0708001800200108" + tables);
  CHECK_EQ(x.at(0).fault, fault::malformed);
  CHECK_EQ(x.at(0).type_index, -1);
  CHECK_EQ(x.at(0).target_index, -1);
  CHECK_EQ(x.at(0).sender_index, -1);
}

TEST_CASE("indexes outside of the tables cost the envelope") {
  constexpr auto minus_1 = "FFFFFFFFFFFFFFFFFF01";
  constexpr auto int_max = "FFFFFFFF07";
  constexpr auto int_min = "80808080F8FFFFFFFF01";
  for (std::string index : {"01", "07", minus_1, int_max, int_min}) {
    CHECK_EQ(fault_of("08" + index), fault::bad_type_index);
    CHECK_EQ(fault_of("18" + index), fault::bad_target_index);
  }
  // 1-based, so that 1 is fine
  CHECK_EQ(fault_of("2001"), fault::none);
  for (std::string index : {"02", "07", minus_1, int_max, int_min})
    CHECK_EQ(fault_of("20" + index), fault::bad_sender_index);
}

TEST_CASE("empty tables have no entries") {
  CHECK_EQ(fault_of("", "12026D65"), fault::bad_type_index);
  CHECK_EQ(fault_of("", "0A0174"), fault::bad_target_index);
  CHECK_EQ(fault_of("", "0A0174 12026D65"), fault::none);
  CHECK_EQ(fault_of("2001", "0A0174 12026D65"), fault::bad_sender_index);
}

TEST_CASE("bad entries cost the envelopes that use them") {
  auto types = "0A00 0A01FF 0A0174"s; // "", not UTF-8, "t"
  auto targets = "1200 1201FF 12026D65"s;
  auto senders = "2200 22031201FF 2203120178"s; // empty, not UTF-8, "x"
  auto all = types + targets + senders;
  CHECK_EQ(fault_of("0802 1802", all), fault::none);
  CHECK_EQ(fault_of("0800 1802", all), fault::bad_type_name);
  CHECK_EQ(fault_of("0801 1802", all), fault::bad_type_name);
  CHECK_EQ(fault_of("0802 1800", all), fault::bad_target);
  CHECK_EQ(fault_of("0802 1801", all), fault::bad_target);
  CHECK_EQ(fault_of("0802 1802 2001", all), fault::bad_sender);
  CHECK_EQ(fault_of("0802 1802 2002", all), fault::bad_sender);
  CHECK_EQ(fault_of("0802 1802 2003", all), fault::none);
}

TEST_CASE("entries above their bounds cost the envelopes that use them") {
  // a name of so many characters, with its length
  auto text = [](size_t size) {
    std::string bytes;
    append_bytes_head(bytes, 1, size);
    return test::to_hex(bytes.substr(1) + std::string(size, 't'));
  };
  auto type = [&](size_t size) { return "0A" + text(size) + "12026D65"; };
  auto target = [&](size_t size) { return "0A0174 12" + text(size); };
  auto pid = [&](size_t address, size_t id) {
    auto content = test::from_hex("0A" + text(address) + "12" + text(id));
    std::string head;
    append_bytes_head(head, 1, content.size());
    return test::to_hex(head.substr(1) + content);
  };
  auto target_pid = [&](size_t address, size_t id) {
    return "0A0174 12" + pid(address, id);
  };
  auto sender = [&](size_t address, size_t id) {
    return "0A0174 12026D65 22" + pid(address, id);
  };
  CHECK_EQ(fault_of("", type(max_type_name_length)), fault::none);
  CHECK_EQ(fault_of("", type(max_type_name_length + 1)), fault::long_type_name);
  CHECK_EQ(fault_of("", target(max_id_length)), fault::none);
  CHECK_EQ(fault_of("", target(max_id_length + 1)), fault::long_target);
  CHECK_EQ(fault_of("", target_pid(max_address_length, max_id_length)),
           fault::none);
  CHECK_EQ(fault_of("", target_pid(1, max_id_length + 1)), fault::long_target);
  CHECK_EQ(fault_of("", target_pid(max_address_length + 1, 1)),
           fault::long_target);
  CHECK_EQ(fault_of("2001", sender(max_address_length, max_id_length)),
           fault::none);
  CHECK_EQ(fault_of("2001", sender(1, max_id_length + 1)), fault::long_sender);
  CHECK_EQ(fault_of("2001", sender(max_address_length + 1, 1)),
           fault::long_sender);
  CHECK_EQ(fault_of("", sender(1, max_id_length + 1)), fault::none);
}

TEST_CASE("bad entries that nobody uses cost nothing") {
  CHECK_EQ(fault_of("", tables + "0A00 1200 2200 0A01FF 22010A"), fault::none);
}

TEST_CASE("the sender of a faulty envelope is still known") {
  auto x = decode("1A0408072001" + tables);
  CHECK_EQ(x.at(0).fault, fault::bad_type_index);
  CHECK_EQ(x.at(0).type_index, -1);
  CHECK_EQ(x.at(0).target_index, 0);
  CHECK_EQ(x.at(0).sender_index, 0);
}

TEST_CASE("the first fault counts, and bad indexes are -1") {
  auto x = decode("1A06080718072007" + tables);
  CHECK_EQ(x.at(0).fault, fault::bad_type_index);
  CHECK_EQ(x.at(0).type_index, -1);
  CHECK_EQ(x.at(0).target_index, -1);
  CHECK_EQ(x.at(0).sender_index, -1);
}

TEST_CASE("headers must be UTF-8") {
  CHECK_EQ(fault_of("32070A050A01FF1200"), fault::bad_header);
  CHECK_EQ(fault_of("32070A050A001201FF"), fault::bad_header);
  CHECK_EQ(fault_of("32070A050A00120161"), fault::none);
}

TEST_CASE("header entries are counted, repeated keys too") {
  auto x = decode("1A0E 320C 0A00 0A03 0A016B 0A03 0A016B" + tables);
  CHECK_EQ(x.at(0).fault, fault::none);
  CHECK_EQ(x.at(0).header_count, 3u);
  header_view header;
  decode_header(x.at(0).header, header);
  REQUIRE_EQ(header.size(), 3u);
  CHECK_EQ(header[0].first, "");
  CHECK_EQ(header[2].first, "k");
  CHECK_EQ(header[2].second, "");
}

TEST_CASE("an empty header is none") {
  auto x = decode("1A02 3200" + tables);
  CHECK_EQ(x.at(0).fault, fault::none);
  CHECK_EQ(x.at(0).header_count, 0u);
}

TEST_CASE("defects of the whole are refused") {
  for (std::string hex : {
         "0A", // no length
         "0A0261", // too short
         "1A04120261", // the envelope ends too late
         "0AFFFFFFFF0F", //
         "00", // no field number
         "07", //
         "0E00", // wire type 6
         "0C", // the end of no group
         "2B", // a group without end
         "FFFFFFFFFF01", // a tag of six bytes
         "0A0174 FF", // something behind it
       }) {
    auto x = decode(hex);
    CHECK_FALSE_MESSAGE(x.ok, hex);
    CHECK(x.view.type_names.empty());
    CHECK(x.view.envelopes.empty());
  }
}

TEST_CASE("a view can be used again") {
  auto first = from_hex(tables + "1A00 1A00");
  auto second = from_hex(tables + "1A00");
  batch_view view;
  CHECK(decode_batch(first, view));
  CHECK_EQ(view.envelopes.size(), 2u);
  CHECK(decode_batch(second, view));
  CHECK_EQ(view.envelopes.size(), 1u);
  CHECK_EQ(view.type_names.size(), 1u);
  CHECK_FALSE(decode_batch("\x0A", view));
  CHECK(view.envelopes.empty());
}

TEST_CASE("the count of entries is bounded") {
  for (std::string entry : {"0A00", "1200", "1A00", "2200"}) {
    std::string three = from_hex(entry + entry + entry);
    batch_view view;
    CHECK(decode_batch(three, view, 3));
    CHECK_FALSE(view.too_long);
    CHECK_FALSE(decode_batch(three, view, 2));
    CHECK(view.too_long);
    CHECK_FALSE(decode_batch("\x0A", view));
    CHECK_FALSE(view.too_long);
  }
}

TEST_CASE("a table may be a little longer than its batch can use") {
  std::string entries;
  for (int i = 0; i < 256; ++i)
    entries += from_hex("0A0012002200");
  batch_view view;
  CHECK(decode_batch(entries, view));
  for (std::string entry : {"0A00", "1200", "2200"}) {
    CHECK_FALSE(decode_batch(entries + from_hex(entry), view));
    CHECK(decode_batch(from_hex("1A00") + entries + from_hex(entry), view));
    CHECK(decode_batch(entries + from_hex(entry + "1A00"), view));
  }
}

// -- targets ------------------------------------------------------------------

TEST_CASE("PIDs and bare ids are told apart") {
  actor::PID pid;
  pid.set_address("127.0.0.1:8080");
  pid.set_id("foo");
  auto bytes = from_hex(hex_of(pid));
  auto x = decode_target(bytes);
  CHECK(x.valid);
  CHECK_FALSE(x.bare_id);
  CHECK_EQ(x.address, "127.0.0.1:8080");
  CHECK_EQ(x.id, "foo");
  auto y = decode_target("foo");
  CHECK(y.valid);
  CHECK(y.bare_id);
  CHECK_EQ(y.address, "");
  CHECK_EQ(y.id, "foo");
}

TEST_CASE("the id \"activator\" is not mistaken for a message") {
  // its letters happen to be field 12, a fixed64
  actor::PID pid;
  REQUIRE(pid.ParseFromString("activator"));
  auto x = decode_target("activator");
  CHECK(x.valid);
  CHECK(x.bare_id);
  CHECK_EQ(x.id, "activator");
}

TEST_CASE("usual ids are bare ids") {
  for (std::string id : {"$activator", "echo", "activator/Remote$x", "$1",
                         "counter", "a", "actor/with/slashes", "\xC3\xA4"}) {
    auto x = decode_target(id);
    CHECK(x.valid);
    CHECK(x.bare_id);
    CHECK_EQ(x.id, id);
  }
}

TEST_CASE("a PID may begin with each of its fields") {
  auto bytes = from_hex("1809 12026D65 0A0161");
  auto x = decode_target(bytes);
  CHECK(x.valid);
  CHECK_EQ(x.address, "a");
  CHECK_EQ(x.id, "me");
  auto without_address = from_hex("12026D65");
  CHECK_EQ(decode_target(without_address).id, "me");
}

TEST_CASE("targets that name nobody are not valid") {
  for (std::string hex : {
         "", // an empty PID or id
         "0A0161", // a PID without id
         "1809", //
         "12026D", // neither a PID nor an id
         "0A", //
         "1201FF", // not UTF-8
         "0A01FF120161", //
         "FF", //
         "61FF", //
         "0161", // begins with a control character
         "0A0A0A", //
       }) {
    auto bytes = from_hex(hex);
    CHECK_FALSE_MESSAGE(decode_target(bytes).valid, hex);
  }
}

TEST_CASE("faults have names") {
  CHECK_EQ(to_string(fault::none), "none");
  CHECK_EQ(to_string(fault::malformed), "malformed");
  CHECK_EQ(to_string(fault::bad_type_index), "bad_type_index");
  CHECK_EQ(to_string(fault::bad_header), "bad_header");
}
