// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/printable.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/events.hpp"
#include "caf_remote/message.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

using namespace caf_remote;

namespace {

/// One of each kind that must not reach a terminal or a log file.
const std::string nasty = "a\x1b[2Jb\n\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xff";

const std::string harmless = "a?[2Jb??????";

TEST_SUITE_BEGIN("printable");

TEST_CASE("text stays as it is") {
  for (auto str : {"", "joe", "a b", "\xc3\xa4\xc3\xb6", "\xe6\x97\xa5",
                   "\xf0\x9f\x98\x80", "\xc2\xa0"})
    CHECK_EQ(printable(str), str);
}

TEST_CASE("control characters are replaced, one by one") {
  CHECK_EQ(printable("a\nb\x7f"), "a?b?");
  CHECK_EQ(printable(std::string_view{"\0\x1b\t\r", 4}), "????");
  // those of Latin-1: CSI is the same as ESC [
  CHECK_EQ(printable("\xc2\x80\xc2\x9b\xc2\x9f"), "???");
}

TEST_CASE("control characters are found, and nothing else") {
  for (auto str : {"", "joe", "\xc2\xa0", "\xe2\x80\xa8", "\xc4\x85"})
    CHECK_FALSE(has_control_characters(str));
  for (auto str : {"a\n", "\x1f", "\x7f", "a\xc2\x80z", "\xc2\x9f"})
    CHECK(has_control_characters(str));
  CHECK(has_control_characters(std::string_view{"a\0", 2}));
}

TEST_CASE("what breaks lines or turns the direction is replaced") {
  CHECK_EQ(printable("a\xe2\x80\xa8"
                     "b\xe2\x80\xa9"
                     "c"),
           "a?b?c");
  for (auto str : {"\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6",
                   "\xe2\x81\xa9", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c"})
    CHECK_EQ(printable(str), "?");
}

TEST_CASE("each byte that is not UTF-8 is replaced") {
  CHECK_EQ(printable("a\x80z"), "a?z");
  CHECK_EQ(printable("\xff\xfe"), "??");
  CHECK_EQ(printable("\xe2\x82"), "??"); // cut short
  CHECK_EQ(printable("\xc0\xaf"), "??"); // a long form
  CHECK_EQ(printable("\xed\xa0\x80"), "???"); // a surrogate
  CHECK_EQ(printable("\xf4\x90\x80\x80"), "????"); // beyond Unicode
  CHECK_EQ(printable("\x9b"), "?");
}

TEST_CASE("long text is cut, and not within a character") {
  CHECK_EQ(printable("abcdef", 3), "abc...");
  CHECK_EQ(printable("abc", 3), "abc");
  CHECK_EQ(printable("ab\xc3\xa4", 3), "ab...");
  CHECK_EQ(printable(std::string(300, 'x')).size(), max_shown + 3);
  CHECK_EQ(printable(std::string(300, 'x'), std::string::npos).size(), 300);
}

TEST_CASE("the text of an exception is made printable, too") {
  try {
    throw std::runtime_error{nasty};
  } catch (...) {
    CHECK_EQ(printable_exception(), harmless);
  }
  try {
    throw 1;
  } catch (...) {
    CHECK_EQ(printable_exception(), "an exception of an unknown type");
  }
}

TEST_CASE("errors are rendered printable, whoever made them") {
  CHECK_EQ(render(make_error(errc::not_found, nasty)),
           "not_found: " + harmless);
  CHECK_EQ(render(caf::make_error(caf::sec::runtime_error, nasty)), harmless);
  CHECK_EQ(render(check_address(nasty + ":80")).find('\x1b'),
           std::string::npos);
}

TEST_CASE("what CAF prints of a peer's messages is printable") {
  pid who{"a:1", nasty, 0};
  auto texts = {
    caf::deep_to_string(raw_message{nasty, 0, nasty}),
    caf::deep_to_string(touched{who}),
    caf::deep_to_string(dead_letter{who, caf::make_message(1), who}),
    caf::deep_to_string(
      dead_letter{{}, caf::make_message(raw_message{nasty, 0, nasty}), {}}),
    caf::deep_to_string(endpoint_terminated{"a:1", "m", nasty}),
    caf::deep_to_string(endpoint_unreachable{"a:1", nasty}),
    to_string(caf::make_message(raw_message{nasty, 0, nasty})),
  };
  for (auto& text : texts) {
    CHECK_EQ(printable(text, std::string::npos), text);
  }
}

TEST_CASE("a message travels with its text as it is") {
  auto x = raw_message{nasty, 0, nasty};
  std::vector<char> buf;
  caf::binary_serializer sink{nullptr, buf};
  REQUIRE_FALSE(sink(x));
  raw_message y;
  caf::binary_deserializer source{nullptr, buf};
  REQUIRE_FALSE(source(y));
  CHECK_EQ(y.type_name, nasty);
  CHECK_EQ(y.bytes, nasty);
}

TEST_SUITE_END();

} // namespace
