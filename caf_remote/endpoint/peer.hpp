// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/known_types.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace caf_remote {

/// What we know about the node at one address, from either direction. Shared by
/// the endpoint to it and the streams from it. Any thread.
class peer : public caf::ref_counted {
public:
  peer(std::string addr, std::shared_ptr<known_types_table> types);

  const std::string address;

  /// The incarnation that was met last; empty: none yet.
  std::string member_id() const;

  /// Meets an incarnation. Returns true if another one was known; then what was
  /// known about that one is forgotten.
  bool meet(const std::string& member_id);

  /// The peer's own address, as it stands in its PIDs; empty: not known.
  std::string own_address() const;
  void own_address(std::string x);

  /// Whether the peer said that it is caf_remote.
  bool is_caf_remote() const noexcept {
    return max_receive_bytes() != 0;
  }

  /// The peer says that it is caf_remote and how much it accepts.
  void declare_caf_remote(size_t max_receive_bytes);

  /// The largest RemoteMessage that the peer accepts; 0: it is not known to be
  /// caf_remote. Read it once where both facts matter.
  size_t max_receive_bytes() const noexcept {
    return max_receive_bytes_.load(std::memory_order_acquire);
  }

  /// The types that the incarnation met last has sent, to us under whatever
  /// address. Never null.
  std::shared_ptr<known_types> types() const;

  /// Streams that the peer has open to us. Changed by the directory.
  std::atomic<uint64_t> inbound_streams{0};

private:
  const std::shared_ptr<known_types_table> all_types_;
  mutable std::mutex mtx_;
  std::string member_id_;
  std::string own_address_;
  std::shared_ptr<known_types> types_;
  std::atomic<size_t> max_receive_bytes_{0};
};

using peer_ptr = caf::intrusive_ptr<peer>;

} // namespace caf_remote
