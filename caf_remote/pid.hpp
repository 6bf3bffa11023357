// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/printable.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/meta/type_name.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace caf_remote {

/// The identity of an actor on the wire: `address` says where it lives
/// ("host:port"), `id` names it there. A PID names a place, not an incarnation:
/// an actor that comes back under the same id has the same PID.
struct pid {
  std::string address;
  std::string id;
  /// Set in the PID of a requester; travels back with the answer. Not part of
  /// the identity (protocol fact: look-ups ignore it).
  uint32_t request_id = 0;
};

inline bool operator==(const pid& x, const pid& y) noexcept {
  return x.address == y.address && x.id == y.id;
}

inline bool operator!=(const pid& x, const pid& y) noexcept {
  return !(x == y);
}

inline bool operator<(const pid& x, const pid& y) noexcept {
  return x.address != y.address ? x.address < y.address : x.id < y.id;
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, pid& x) {
  return f(caf::meta::type_name("pid"), x.address, x.id, x.request_id);
}

namespace detail {

/// The same for a PID, of which CAF prints `to_string`.
template <class Inspector>
decltype(auto) shown(Inspector&, pid& x) {
  if constexpr (std::is_same<Inspector,
                             caf::detail::stringification_inspector>::value)
    return printable(x.address + '/' + x.id);
  else
    return (x);
}

} // namespace detail

/// Renders `x` as "address/id", exactly: `parse_pid` reads it. To show a PID
/// from outside, make the text `printable`.
std::string to_string(const pid& x);

/// Reads "host:port/id". The id may contain slashes. Errors:
/// `errc::invalid_address` and `errc::invalid_name`.
[[nodiscard]] caf::expected<pid> parse_pid(std::string_view str);

/// The longest accepted address and actor id in bytes (own decision; the wire
/// sets no limit).
constexpr size_t max_address_length = 512;
constexpr size_t max_id_length = 1024;

/// Checks that `str` is "host:port" or "[ipv6]:port" with a port from 1 to
/// 65535, printable and not longer than `max_address_length`. An IPv6 address
/// has no zone ("%eth0"): that means something on one machine only.
[[nodiscard]] caf::error check_address(std::string_view str);

/// The one spelling that stands for all spellings of an address: the letters of
/// a host name are lower case (RFC 4343), an IP address is in its canonical
/// text form, one that maps IPv4 into IPv6 is the IPv4 address. What is no
/// address stays as it is. Look-ups, endpoints and handles go by it; PIDs that
/// are written to the wire keep a node's own spelling, since a Go node compares
/// its address literally (protocol fact).
std::string canonical_address(std::string_view str);

/// Whether `str` is its own `canonical_address`; cheap. Rarely false though it
/// is.
bool is_canonical_address(std::string_view str) noexcept;

/// Checks that `str` is usable as an actor's id: not empty, valid UTF-8, no
/// control characters (they would be mistaken for the other wire generation's
/// targets), not longer than `max_id_length`.
[[nodiscard]] caf::error check_id(std::string_view str);

/// Splits "host:port" into its parts; brackets of an IPv6 host are removed.
/// @pre `!check_address(str)`
std::pair<std::string, uint16_t> split_address(std::string_view str);

/// Joins host and port, adding brackets where an IPv6 host needs them.
std::string join_address(std::string_view host, uint16_t port);

/// Whether `host` means all interfaces ("0.0.0.0", "::" and other spellings of
/// them): one can listen there, but nobody can dial it.
bool is_wildcard_host(std::string_view host);

} // namespace caf_remote
