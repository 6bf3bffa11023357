// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/pid.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/printable.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace caf_remote {

namespace {

struct parts {
  std::string_view host;
  std::string_view port;
};

// Splits at the colon before the port; brackets stay with the host.
parts split(std::string_view str) {
  auto colon = str.rfind(':');
  if (colon == std::string_view::npos)
    return {str, {}};
  return {str.substr(0, colon), str.substr(colon + 1)};
}

bool is_digit(char ch) {
  return ch >= '0' && ch <= '9';
}

// Besides the letters of the ASCII alphabet and digits only what names and IPv4
// addresses consist of: the text goes into URIs and log lines.
bool is_host_char(char ch) {
  return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || is_digit(ch)
         || ch == '.' || ch == '-' || ch == '_';
}

bool is_host_name(std::string_view str) {
  return !str.empty() && std::all_of(str.begin(), str.end(), is_host_char);
}

bool is_ipv6(std::string_view str) {
  std::string address{str};
  in6_addr buf;
  return inet_pton(AF_INET6, address.c_str(), &buf) == 1;
}

bool is_bracketed(std::string_view str) {
  return str.size() > 2 && str.front() == '[' && str.back() == ']';
}

bool is_host(std::string_view str) {
  return is_bracketed(str) ? is_ipv6(str.substr(1, str.size() - 2))
                           : is_host_name(str);
}

// Returns 0 for what is not a port. Two spellings of one port would be two
// addresses, hence no leading zeros.
uint16_t parse_port(std::string_view str) {
  if (str.empty() || str.size() > 5 || str.front() == '0'
      || !std::all_of(str.begin(), str.end(), is_digit))
    return 0;
  auto value = 0;
  for (auto ch : str)
    value = value * 10 + (ch - '0');
  return value <= 65535 ? static_cast<uint16_t>(value) : uint16_t{0};
}

char to_lower(char ch) {
  return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch - 'A' + 'a') : ch;
}

std::string text_of(const in_addr& x) {
  char buf[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &x, buf, sizeof(buf)) != nullptr ? buf : "";
}

std::string canonical_ipv6(std::string_view str) {
  std::string address{str};
  in6_addr v6;
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1)
    return std::string{str};
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    in_addr v4;
    std::copy_n(v6.s6_addr + 12, 4, reinterpret_cast<uint8_t*>(&v4));
    return text_of(v4);
  }
  char buf[INET6_ADDRSTRLEN];
  if (inet_ntop(AF_INET6, &v6, buf, sizeof(buf)) == nullptr)
    return std::string{str};
  return buf;
}

// Resolvers take "127.1" and "0x7f000001" for IPv4 addresses, too.
std::string canonical_name(std::string_view str) {
  std::string result{str};
  in_addr v4;
  if (is_digit(str.front()) && inet_aton(result.c_str(), &v4) != 0)
    return text_of(v4);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

// Quotes `str` for an error text.
std::string quoted(std::string_view str) {
  constexpr size_t limit = 80;
  return '"' + printable(str, limit) + '"';
}

caf::error bad_address(std::string_view str, const char* why) {
  return make_error(errc::invalid_address, quoted(str) + ": " + why);
}

} // namespace

std::string to_string(const pid& x) {
  std::string result;
  result.reserve(x.address.size() + 1 + x.id.size());
  result += x.address;
  result += '/';
  result += x.id;
  return result;
}

caf::expected<pid> parse_pid(std::string_view str) {
  auto slash = str.find('/');
  if (slash == std::string_view::npos)
    return make_error(errc::invalid_name,
                      quoted(str) + ": not of the form host:port/id");
  auto address = str.substr(0, slash);
  auto id = str.substr(slash + 1);
  if (auto err = check_address(address))
    return err;
  if (auto err = check_id(id))
    return err;
  return pid{std::string{address}, std::string{id}, 0};
}

caf::error check_address(std::string_view str) {
  if (str.size() > max_address_length)
    return bad_address(str, "too long for an address");
  auto [host, port] = split(str);
  if (parse_port(port) == 0) {
    if (is_ipv6(str))
      return bad_address(str, "an IPv6 host needs brackets and a port");
    return bad_address(str, "not of the form host:port with a port from 1 to "
                            "65535");
  }
  if (host.empty())
    return bad_address(str, "the host is missing");
  if (is_host(host))
    return {};
  if (host.find(':') != std::string_view::npos && host.front() != '[')
    return bad_address(str, "an IPv6 host needs brackets");
  // gRPC dials none, and another node has other names for its interfaces
  if (is_bracketed(host) && is_ipv6(host.substr(1, host.find('%') - 1)))
    return bad_address(str,
                       "an IPv6 address with a zone cannot be dialled: use "
                       "one without, or a name");
  return bad_address(str, "the host is neither a name nor an IP address");
}

std::string canonical_address(std::string_view str) {
  if (is_canonical_address(str) || check_address(str))
    return std::string{str};
  auto [host, port] = split(str);
  auto result = is_bracketed(host)
                  ? canonical_ipv6(host.substr(1, host.size() - 2))
                  : canonical_name(host);
  return join_address(result, parse_port(port));
}

bool is_canonical_address(std::string_view str) noexcept {
  auto is_plain = [](char ch) {
    return (ch >= 'a' && ch <= 'z') || is_digit(ch) || ch == '.' || ch == '-'
           || ch == '_' || ch == ':';
  };
  if (str.empty() || !std::all_of(str.begin(), str.end(), is_plain))
    return str.empty();
  if (!is_digit(str.front()))
    return true;
  // four numbers without leading zeros
  auto host = split(str).host;
  auto numbers = 0;
  while (!host.empty()) {
    auto dot = std::min(host.find('.'), host.size());
    auto number = host.substr(0, dot);
    if (number.empty() || number.size() > 3
        || (number.front() == '0' && number.size() > 1)
        || !std::all_of(number.begin(), number.end(), is_digit))
      return false;
    ++numbers;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return numbers == 4;
}

caf::error check_id(std::string_view str) {
  auto bad_id = [str](const char* why) {
    return make_error(errc::invalid_name, quoted(str) + ": " + why);
  };
  if (str.empty())
    return make_error(errc::invalid_name, "the name is empty");
  if (str.size() > max_id_length)
    return bad_id("too long for a name");
  if (!wire::valid_utf8(str))
    return bad_id("the name is not UTF-8");
  if (has_control_characters(str))
    return bad_id("the name has control characters");
  return {};
}

std::pair<std::string, uint16_t> split_address(std::string_view str) {
  auto [host, port] = split(str);
  if (is_bracketed(host))
    host = host.substr(1, host.size() - 2);
  return {std::string{host}, parse_port(port)};
}

std::string join_address(std::string_view host, uint16_t port) {
  std::string result;
  if (host.find(':') != std::string_view::npos && !is_bracketed(host)) {
    result += '[';
    result += host;
    result += ']';
  } else {
    result += host;
  }
  result += ':';
  result += std::to_string(port);
  return result;
}

bool is_wildcard_host(std::string_view host) {
  if (is_bracketed(host))
    host = host.substr(1, host.size() - 2);
  std::string str{host};
  in_addr v4;
  if (inet_aton(str.c_str(), &v4) != 0)
    return v4.s_addr == INADDR_ANY;
  in6_addr v6;
  return inet_pton(AF_INET6, str.c_str(), &v6) == 1
         && IN6_IS_ADDR_UNSPECIFIED(&v6);
}

} // namespace caf_remote
