// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/inbound_ledger.hpp"
#include "caf_remote/endpoint/lost_message.hpp"
#include "caf_remote/events.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote {

/// Tells subscribers of the events. A subscriber that does not keep up misses
/// some, which are counted: its mailbox must not become the queue that the
/// endpoints' bounds forbid. Of a node that it is not told of when that comes
/// it is not told when that goes either, and of all others it is, so that its
/// count of nodes stays right. Any thread.
class event_hub : public std::enable_shared_from_this<event_hub> {
public:
  /// Dead letters that may wait in one subscriber's mailbox, and what they may
  /// hold together once they are read (own decision: what one stream may bring
  /// by default). One is always taken. The same for events about nodes, apart;
  /// those that say that one is gone, of which there are no more than of the
  /// others, come in any case.
  static constexpr size_t max_waiting = 100000;
  static constexpr size_t max_waiting_bytes = 64u << 20;

  /// With the hub's address, the token of what is attached to a subscriber; CAF
  /// has the numbers below.
  static constexpr size_t token_type = 61440;

  void subscribe(const caf::actor& x);

  void unsubscribe(const caf::actor& x);

  /// Whether anybody listens; dead letters need not be built otherwise.
  bool has_subscribers() const noexcept {
    return count_.load(std::memory_order_acquire) != 0;
  }

  void publish(const endpoint_connected& x);
  void publish(const endpoint_terminated& x);
  void publish(const endpoint_unreachable& x);

  /// The event is a `dead_letter`.
  void publish(const lost_message_ptr& x);

  uint64_t suppressed() const noexcept {
    return suppressed_.load(std::memory_order_relaxed);
  }

  /// Forgets the subscribers and takes none any more.
  void close();

private:
  /// Tells actors apart, also those of different actor systems, whose ids may
  /// be equal.
  using actor_key = const caf::actor_control_block*;

  static actor_key key_of(const caf::actor& x) noexcept {
    return caf::actor_cast<caf::actor_control_block*>(x);
  }

  void remove(actor_key x);

  /// What may wait in one mailbox.
  struct allowance {
    allowance();

    bool enter(size_t bytes) const noexcept {
      return ledger->enter(*account, bytes);
    }

    caf::intrusive_ptr<inbound_ledger> ledger;
    inbound_ledger::account_ptr account;
  };

  /// Address and member id.
  using incarnation = std::pair<std::string, std::string>;

  struct subscriber {
    caf::actor hdl;
    allowance dead_letters;
    allowance nodes;
    /// The nodes that it was not told of, as often as they are there: an
    /// endpoint may end after the next one has met the same node.
    std::shared_ptr<std::multiset<incarnation>> missed;
  };

  std::vector<subscriber> subscribers();

  template <class T>
  void tell(const subscriber& to, const T& x, size_t bytes) const;

  std::mutex mtx_;
  bool closed_ = false;
  std::vector<subscriber> subscribers_;
  std::atomic<size_t> count_{0};
  std::atomic<uint64_t> suppressed_{0};
};

} // namespace caf_remote
