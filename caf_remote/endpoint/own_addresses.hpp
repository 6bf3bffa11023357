// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace caf_remote {

/// The address that a Go node takes for "here" and uses for actors that were
/// made before it had an address (protocol fact).
constexpr std::string_view nonhost = "nonhost";

/// Tells which addresses in PIDs, in whatever spelling, mean our own node.
/// Everything else is foreign: a message for it is a dead letter and never
/// relayed. Immutable.
class own_addresses {
public:
  /// Not listening yet: only "" and "nonhost" are ours.
  own_addresses();

  /// `bound_host` is a literal IP address.
  own_addresses(std::string advertised, const std::string& bound_host,
                uint16_t bound_port, const std::vector<std::string>& aliases);

  /// The address in every PID of ours; empty while not listening.
  const std::string& advertised() const noexcept {
    return advertised_;
  }

  bool contains(std::string_view address) const;

private:
  bool has(std::string_view address) const noexcept;

  std::string advertised_;
  std::vector<std::string> all_;
};

/// Whether an address in `sender`, `Watcher` or `who` means the stream's peer.
inline bool means_peer(std::string_view address) noexcept {
  return address.empty() || address == nonhost;
}

} // namespace caf_remote
