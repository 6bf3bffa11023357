// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/name_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf_remote {

/// Which incarnation of a node is taken to live at which address. There are two
/// sources. Our own stream to an address reaches whoever lives there, so what
/// was met by it counts. A stream to us only claims to come from an address,
/// and anybody can claim that: it is believed while nothing else is known, and
/// never against what was met or what another live stream claims; then the
/// address itself has to be asked. Addresses are canonical. Pure.
class incarnations {
public:
  /// What a stream to us says in its handshake.
  struct claim {
    std::string address;
    std::string member_id;
    /// The host that the stream's connection comes from.
    std::string host;
  };

  enum class verdict {
    accept,
    /// Something contradicts the claim: ask the address who lives there.
    ask,
    refuse,
  };

  /// Before anybody was asked.
  verdict judge(const claim& x) const;

  /// After the address was asked: `answer` is the member id that was met, empty
  /// if nobody could be reached. Never `ask`. If the address cannot be reached,
  /// the newer one of two claims counts only if both come from one host: that
  /// may be a node that restarted behind a firewall, whose old connection
  /// nobody has closed (own decision).
  verdict judge(const claim& x, const std::string& answer) const;

  // -- what is known ---------------------------------------------------------------------

  /// Our own stream has met an incarnation.
  void met(const std::string& address, std::string member_id);

  /// Nothing leads to the address any more.
  void forget(const std::string& address);

  /// The incarnation that was met last; empty: none.
  std::string met_at(const std::string& address) const;

  /// A stream was let in.
  void enter(uint64_t stream, claim x);

  /// It is over. Returns what it claimed; nothing if it was not let in.
  std::optional<claim> leave(uint64_t stream);

  /// The streams that claim an address for another incarnation than this one.
  std::vector<uint64_t> others(const std::string& address,
                               const std::string& member_id) const;

  /// Whether there are any.
  bool has_others(const std::string& address,
                  const std::string& member_id) const;

  /// Whether a stream claims the address.
  bool has_streams(const std::string& address) const;

  /// The streams up to `last` that claim an address and were not taken before:
  /// to be ended, each of them once.
  std::vector<uint64_t> take_streams(const std::string& address, uint64_t last);

  /// The streams that claim to be an incarnation; with an address, only those
  /// that claim that address.
  size_t streams_of(const std::string& member_id,
                    const std::string& address) const;

  /// The addresses that streams claim for an incarnation.
  std::vector<std::string> addresses_of(const std::string& member_id) const;

private:
  wire::name_map<std::string> met_;
  std::unordered_map<uint64_t, claim> claims_;

  // Anybody can open many streams with the same claim, so none of what follows
  // looks at more of them than it has to return.

  template <class F>
  void for_each_other(const std::string& address, const std::string& member_id,
                      F f) const;

  // address, member id, stream
  std::set<std::tuple<std::string, std::string, uint64_t>> by_address_;
  // member id and address -> streams; with an empty address: in all
  std::map<std::pair<std::string, std::string>, size_t> by_member_;
  // address and stream, of those that were not taken
  std::set<std::pair<std::string, uint64_t>> not_taken_;
};

} // namespace caf_remote
