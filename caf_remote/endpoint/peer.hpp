// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace caf_remote {

/// What we know about the node at one address, from either direction. Shared by
/// the endpoint to it and the streams from it. Any thread.
class peer : public caf::ref_counted {
public:
  /// Type names remembered per peer.
  static constexpr size_t max_types = 1024;

  explicit peer(std::string addr) : address(std::move(addr)) {
    // nop
  }

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

  /// The peer sent a message of this type, so it knows the type.
  void sent_type(std::string_view type_name);
  bool knows_type(std::string_view type_name) const;

  /// Streams that the peer has open to us.
  std::atomic<uint64_t> inbound_streams{0};

private:
  mutable std::mutex mtx_;
  std::string member_id_;
  std::string own_address_;
  std::set<std::string, std::less<>> types_;
  std::atomic<size_t> max_receive_bytes_{0};
};

using peer_ptr = caf::intrusive_ptr<peer>;

} // namespace caf_remote
