// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/announcements.hpp"
#include "caf_remote/endpoint/known_types.hpp"
#include "caf_remote/endpoint/seen_watches.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace caf_remote {

/// What we know about the node at one address. Shared by the endpoint to it and
/// the streams from it. What its listener said on our own stream is kept apart
/// from what streams to us claim: anybody can claim an address, so a claim may
/// ask for a dial but never decides what is sent. Any thread.
class peer : public caf::ref_counted {
public:
  /// `seen` is what was known of its watches before.
  peer(std::string addr, std::shared_ptr<known_types_table> types,
       seen_watches seen = {});

  /// Canonical.
  const std::string address;

  /// The incarnation that was met last; empty: none yet.
  std::string member_id() const;

  /// Meets an incarnation. Returns true if another one was known; then what was
  /// known about that one is forgotten.
  bool meet(const std::string& member_id);

  // -- said on our stream ------------------------------------------------------------

  /// The listener has introduced itself. Ignored if another incarnation than
  /// `member_id` was met meanwhile.
  void introduced(const std::string& member_id, size_t max_receive_bytes,
                  std::string own_address);

  /// Whether it has.
  bool is_introduced() const noexcept {
    return introduced_.load(std::memory_order_acquire);
  }

  /// Whether it is caf_remote.
  bool is_caf_remote() const noexcept {
    return max_receive_bytes() != 0;
  }

  /// The largest RemoteMessage that it accepts; 0: it is not known to be
  /// caf_remote. Read it once where both facts matter.
  size_t max_receive_bytes() const noexcept {
    return max_receive_bytes_.load(std::memory_order_acquire);
  }

  /// How it calls itself; empty: it did not say.
  std::string own_address() const;

  // -- claimed by streams to us ------------------------------------------------------

  // A claim holds while its stream is open. That of the last one stays until
  // another stream is let in: what is still owed to a node that has lost its
  // stream goes by it.

  /// A stream that was let in claims an address in this spelling, and may claim
  /// to come from caf_remote. `stream` is the number of its reader.
  void claimed(uint64_t stream, std::string spelling, bool caf_remote);

  /// The stream is over. Ignored if its claim is not known any more.
  void claim_over(uint64_t stream);

  /// Whether a stream claims that, and none denies it: one that comes from
  /// another kind of node says so by silence.
  bool claims_caf_remote() const noexcept {
    return caf_remote_claims_.load(std::memory_order_acquire) != 0
           && other_claims_.load(std::memory_order_acquire) == 0;
  }

  /// Whether it is caf_remote as far as is known: as introduced, else as
  /// claimed. For where a lie costs an answer and not the peer.
  bool seems_caf_remote() const noexcept {
    return is_introduced() ? is_caf_remote() : claims_caf_remote();
  }

  /// Whether nothing says that it is not. For what the writer decides when its
  /// listener has introduced itself.
  bool may_be_caf_remote() const noexcept {
    return is_introduced() ? is_caf_remote()
                           : other_claims_.load(std::memory_order_acquire) == 0;
  }

  /// The address in the node's own spelling, for PIDs that others get from us:
  /// as introduced, else as the oldest stream claims it, else `address`.
  std::string spelling() const;

  // -- its watches -------------------------------------------------------------------

  /// See `seen_watches::add`. To be called before the Watch is handed on: the
  /// next endpoint may be given the same one at any time.
  uint32_t watch_comes(const std::string& member_id, uint64_t endpoint,
                       uint32_t number);

  seen_watches watches_seen() const;

  // -----------------------------------------------------------------------------------

  /// What the endpoints to it have announced.
  announcements events;

  /// The types that the incarnation met last has sent, to us under whatever
  /// address. Never null.
  std::shared_ptr<known_types> types() const;

  /// Streams that the peer has open to us. Changed by the directory.
  std::atomic<uint64_t> inbound_streams{0};

  /// Those of them whose connection comes from the host in `address`.
  std::atomic<uint64_t> near_streams{0};

private:
  struct claim {
    std::string spelling;
    bool caf_remote;
  };

  void forget_claims();
  void forget_claim(std::map<uint64_t, claim>::iterator i);
  std::atomic<size_t>& count_of(const claim& x) noexcept;

  const std::shared_ptr<known_types_table> all_types_;
  mutable std::mutex mtx_;
  std::string member_id_;
  std::string own_address_;
  std::shared_ptr<known_types> types_;
  std::atomic<bool> introduced_{false};
  std::atomic<size_t> max_receive_bytes_{0};
  // by stream
  std::map<uint64_t, claim> claims_;
  // whether the only one is that of a stream that is over
  bool last_is_over_ = false;
  // how many claim to be caf_remote, and how many do not
  std::atomic<size_t> caf_remote_claims_{0};
  std::atomic<size_t> other_claims_{0};
  seen_watches seen_;
};

using peer_ptr = caf::intrusive_ptr<peer>;

} // namespace caf_remote
