// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/pid.hpp"

#include "caf_remote/error.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;

namespace {

std::string address_problem(std::string_view str) {
  auto err = check_address(str);
  if (err)
    CHECK_EQ(code_of(err), errc::invalid_address);
  return render(err);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the request id is not part of the identity") {
  pid x{"host:1", "a", 1};
  pid y{"host:1", "a", 2};
  CHECK(x == y);
  CHECK_FALSE(x < y);
  CHECK(x != pid{"host:2", "a", 1});
  CHECK(x != pid{"host:1", "b", 1});
  CHECK(x < pid{"host:1", "b", 0});
  CHECK(x < pid{"host:2", "a", 0});
}

TEST_CASE("a PID is printed as address and id") {
  CHECK_EQ(to_string(pid{"host:1", "activator/Remote$x", 7}),
           "host:1/activator/Remote$x");
  CHECK_EQ(to_string(pid{}), "/");
}

TEST_CASE("PIDs are read at the first slash") {
  auto x = parse_pid("example.org:8080/activator/Remote$x");
  REQUIRE(x);
  CHECK_EQ(x->address, "example.org:8080");
  CHECK_EQ(x->id, "activator/Remote$x");
  CHECK_EQ(x->request_id, 0u);
  auto y = parse_pid("[::1]:80//");
  REQUIRE(y);
  CHECK_EQ(y->address, "[::1]:80");
  CHECK_EQ(y->id, "/");
}

TEST_CASE("what is not a PID is refused") {
  CHECK_EQ(code_of(parse_pid("").error()), errc::invalid_name);
  CHECK_EQ(code_of(parse_pid("host:1").error()), errc::invalid_name);
  CHECK_EQ(code_of(parse_pid("host:1/").error()), errc::invalid_name);
  CHECK_EQ(code_of(parse_pid("/id").error()), errc::invalid_address);
  CHECK_EQ(code_of(parse_pid("host/id").error()), errc::invalid_address);
  CHECK_EQ(code_of(parse_pid("host:1/a\nb").error()), errc::invalid_name);
}

TEST_CASE("addresses have a host and a port") {
  for (std::string str : {"localhost:1", "127.0.0.1:8080", "a-b.c_d:65535",
                          "[::]:80", "[::1]:80", "[::ffff:1.2.3.4]:80"})
    CHECK_MESSAGE(!check_address(str), str);
}

TEST_CASE("what is not an address is refused") {
  for (std::string str : {"",
                          ":",
                          "host",
                          "host:",
                          ":80",
                          "host:0",
                          "host:65536",
                          "host:080",
                          "host:-1",
                          "host:+1",
                          "host: 80",
                          "host:8o",
                          "host:100000",
                          "host:99999999999999999999",
                          "ho st:80",
                          "host/x:80",
                          "host\n:80",
                          "::1:80",
                          "::1",
                          "[::1]",
                          "[]:80",
                          "[host]:80",
                          "[::1:80",
                          "::1]:80",
                          "[::1]x:80",
                          "[::1%]:80",
                          "[::1%a/b]:80",
                          "a:b:80",
                          "h\xC3\xB6st:80",
                          "host\x7F:80",
                          "http://host:80",
                          "host:80/",
                          "user@host:80"})
    CHECK_MESSAGE(code_of(check_address(str)) == errc::invalid_address, str);
  CHECK(check_address(std::string_view{"host\0:80", 8}));
}

TEST_CASE("problems with addresses are explained") {
  CHECK(contains(address_problem("::1"), "brackets"));
  CHECK(contains(address_problem("::1:x"), "port"));
  CHECK(contains(address_problem("fe80::1:80"), "brackets"));
  CHECK(contains(address_problem("[fe80::1%eth0]:80"), "zone"));
  CHECK(contains(address_problem("[fe80:%eth0]:80"), "neither a name"));
  CHECK(contains(address_problem("host"), "host:port"));
  CHECK(contains(address_problem(":80"), "host is missing"));
  CHECK(contains(address_problem("a\nb:80"), "\"a?b:80\""));
}

TEST_CASE("addresses are bounded") {
  std::string host(max_address_length - 3, 'h');
  CHECK_FALSE(check_address(host + ":80"));
  auto text = address_problem(host + "h:80");
  CHECK(contains(text, "too long"));
  CHECK_LT(text.size(), 200u);
}

TEST_CASE("ids are UTF-8 without control characters") {
  for (std::string str : {"a", "activator/Remote$x", "$1", " ",
                          "\xC3\xA4\xE2\x82\xAC", "\xC2\xA0"})
    CHECK_MESSAGE(!check_id(str), str);
  for (std::string str : {"", "a\nb", "\x0A", "\x7F", "a\xC2\x85", "\xC2\x80",
                          "\xFF", "\xC3", "\xED\xA0\x80"})
    CHECK_EQ(code_of(check_id(str)), errc::invalid_name);
  CHECK(check_id(std::string_view{"a\0b", 3}));
  CHECK_FALSE(check_id(std::string(max_id_length, 'x')));
  CHECK(check_id(std::string(max_id_length + 1, 'x')));
}

TEST_CASE("addresses are split and joined") {
  using parts = std::pair<std::string, uint16_t>;
  CHECK(split_address("host:80") == parts{"host", 80});
  CHECK(split_address("[::1]:65535") == parts{"::1", 65535});
  CHECK_EQ(join_address("host", 80), "host:80");
  CHECK_EQ(join_address("::1", 80), "[::1]:80");
  CHECK_EQ(join_address("[::1]", 80), "[::1]:80");
  for (std::string str :
       {"host:1", "127.0.0.1:80", "[::1]:80", "[fe80::1]:80"}) {
    auto [host, port] = split_address(str);
    CHECK_EQ(join_address(host, port), str);
  }
}

TEST_CASE("wildcard hosts are recognised in all spellings") {
  for (std::string str :
       {"0.0.0.0", "0", "0x0", "::", "[::]", "0:0:0:0:0:0:0:0", "::0"})
    CHECK_MESSAGE(is_wildcard_host(str), str);
  for (std::string str : {"", "127.0.0.1", "::1", "[::1]", "localhost",
                          "0.0.0.1", "example.org", "[]"})
    CHECK_FALSE_MESSAGE(is_wildcard_host(str), str);
}

TEST_CASE("the spellings of an address have one that stands for them") {
  using texts = std::pair<const char*, const char*>;
  for (auto [spelling, expected] : {
         texts{"node.example:80", "node.example:80"},
         texts{"Node.EXAMPLE:80", "node.example:80"},
         texts{"1node.Example:80", "1node.example:80"},
         texts{"127.0.0.1:80", "127.0.0.1:80"},
         texts{"127.1:80", "127.0.0.1:80"},
         texts{"127.0.0.01:80", "127.0.0.1:80"},
         texts{"0x7F.0.0.1:80", "127.0.0.1:80"},
         texts{"2130706433:80", "127.0.0.1:80"},
         texts{"999.0.0.1:80", "999.0.0.1:80"},
         texts{"[::1]:80", "[::1]:80"},
         texts{"[0:0::0:1]:80", "[::1]:80"},
         texts{"[2001:DB8::1]:80", "[2001:db8::1]:80"},
         texts{"[::ffff:10.0.0.1]:80", "10.0.0.1:80"},
       }) {
    CAPTURE(spelling);
    CHECK_EQ(canonical_address(spelling), expected);
    CHECK_EQ(canonical_address(expected), expected);
  }
  CHECK(is_canonical_address("node.example:80"));
  CHECK(is_canonical_address("127.0.0.1:80"));
  CHECK_FALSE(is_canonical_address("Node:80"));
  CHECK_FALSE(is_canonical_address("127.1:80"));
  CHECK_FALSE(is_canonical_address("0x7f000001:80"));
}

TEST_CASE("what is no address has no other spelling") {
  for (auto str : {"", "nonhost", "NONHOST", "Node", "Node:0", "[::1", "a b:1"})
    CHECK_EQ(canonical_address(str), str);
}
