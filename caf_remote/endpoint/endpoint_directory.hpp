// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/dial_budget.hpp"
#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/host_budgets.hpp"
#include "caf_remote/endpoint/purge_mark.hpp"
#include "caf_remote/endpoint/stream_dials.hpp"
#include "caf_remote/wire/name_hash.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf_remote {

/// Address -> endpoint, for the senders' threads; the manager owns what is in
/// it. A handle asks once and keeps what it got until that is closed. All
/// spellings of an address are one here. Any thread.
class endpoint_directory {
public:
  /// `announce` tells the manager of a new endpoint; called under the lock, so
  /// that the manager hears of endpoints in their order.
  void start(node_ptr home, std::function<void(endpoint_ptr)> announce);

  /// Refuses new endpoints from now on and drops `announce`.
  void stop();

  /// Finds the endpoint of an address or makes it, also if there is one that is
  /// closed. Null if the node is stopping
  /// or has too many endpoints; `why` says which. `named_by` pays for a new
  /// one, null if nobody but us has named the address. If a stream to us comes
  /// from the host that it claims with the address, that host pays.
  endpoint_ptr acquire(const std::string& spelling, errc& why,
                       dial_budget* named_by = nullptr);

  /// The endpoint that follows one that was closed as unused, at nobody's cost:
  /// it takes its place. Who has named the address stays as it was.
  endpoint_ptr successor_of(const endpoint& x, errc& why);

  /// What one more stream to us may make us dial, which claims this canonical
  /// address and comes from that host: a hundredth of `max-endpoints` in a
  /// minute, and all streams together a tenth. What a host makes us dial at
  /// itself is apart: a tenth as well, for each host.
  stream_dials dials_of_stream(const std::string& address,
                               const std::string& host);

  /// What all streams together have, for what cannot be put down to one.
  dial_budget_ptr dials_of_all_streams() const;

  /// Takes leave to ask an address that streams to us claim who lives there,
  /// because of what our own stream has met elsewhere. Not at the cost of the
  /// host that is asked, which has no part in it.
  bool may_ask();

  /// Null if there is none.
  endpoint_ptr find(const std::string& spelling) const;

  /// Takes `x` out. Does nothing if the address has a newer endpoint already.
  bool remove(const endpoint_ptr& x);

  /// Takes everything out, abandons it and what was taken out before, and lets
  /// go of it; the figures stay. Then what was announced is terminated.
  void clear();

  /// What is known about the node at an address; made if need be.
  peer_ptr peer_of(const std::string& spelling);

  /// The types that the node with this member id has sent.
  std::shared_ptr<known_types> types_of(const std::string& member_id);

  /// An address as its node writes it, as far as that is known.
  std::string spelling_of(const std::string& address) const;

  /// Whether there is an endpoint for the address or a stream from it.
  bool is_connected(const std::string& spelling) const;

  /// A peer has a stream open to us, `near` if it comes from the host that it
  /// claims; it is over.
  void stream_opened(peer& from, bool near) noexcept;
  void stream_over(peer& from, bool near) noexcept;

  /// The streams that peers have open to us, all peers together.
  uint64_t inbound_streams() const noexcept {
    return inbound_streams_.load();
  }

  /// The endpoint's handshake brought this member id.
  void set_member(const endpoint_ptr& x, const std::string& member_id);

  /// The endpoints, under whatever address they were dialled, that lead to the
  /// node with this member id.
  std::vector<endpoint_ptr> by_member(const std::string& member_id) const;

  /// Whether the endpoint of `address` leads to the node with this member id.
  bool leads_to(std::string_view address, const std::string& member_id) const;

  std::vector<endpoint_ptr> all() const;

  /// Those of an address of which something is queued, also if they were taken
  /// out meanwhile.
  std::vector<endpoint_ptr> busy(const std::string& spelling) const;

  struct census {
    std::vector<endpoint_counters> endpoints;
    /// Of the endpoints that were taken out, added up.
    endpoint_counters retired;
  };

  /// Counts each endpoint once, whatever is taken out meanwhile.
  census read() const;

  size_t size() const;

private:
  peer_ptr get_peer(const std::string& address);
  dial_budget::clock::time_point now() const;
  bool may_dial(const std::string& address, dial_budget* named_by);
  endpoint_ptr find_or_make(const std::string& address, errc& why,
                            dial_budget* payer, bool for_peers_only);
  void forget_member(const endpoint& x);
  void take_out(wire::name_map<endpoint_ptr>::iterator i,
                std::vector<endpoint_ptr>& dropped);
  void forget_unused_peers();
  void forget_oldest_watches();
  std::vector<endpoint_ptr> current_endpoints() const;
  void fold_unused(std::vector<endpoint_ptr>& dropped);

  std::atomic<uint64_t> inbound_streams_{0};
  mutable std::mutex mtx_;
  node_ptr node_;
  std::function<void(endpoint_ptr)> announce_;
  uint64_t last_serial_ = 0;
  wire::name_map<endpoint_ptr> endpoints_;
  wire::name_map<peer_ptr> peers_;
  purge_mark purge_peers_;
  // of peers that were forgotten; no more than there may be endpoints
  wire::name_map<seen_watches> seen_;
  dial_budget_ptr all_streams_;
  std::optional<host_budgets> hosts_;
  const std::shared_ptr<known_types_table>
    types_ = std::make_shared<known_types_table>();
  // taken out, but messages of theirs may still be on their way to the dead
  // letters; added to `retired_` when nobody else holds them
  std::vector<endpoint_ptr> over_;
  purge_mark purge_over_;
  endpoint_counters retired_;
  // by member id and serial number
  std::map<std::pair<std::string, uint64_t>, endpoint_ptr> members_;
  // serial number -> member id
  std::unordered_map<uint64_t, std::string> member_of_;
};

} // namespace caf_remote
