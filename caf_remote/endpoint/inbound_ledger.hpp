// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/endpoint/purge_mark.hpp"
#include "caf_remote/endpoint/tally.hpp"
#include "caf_remote/wire/name_hash.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace caf_remote {

class inbound_element;

/// Hears of messages that no actor took. Called on any thread, in destructors:
/// must not throw.
class undelivered_sink {
public:
  virtual ~undelivered_sink();

  virtual void undelivered(inbound_element& x) = 0;
};

/// Counts the messages of one stream that were handed to actors and not yet
/// taken by them. Above the bound the reader stops reading; a target may hold
/// at most half. So that a target that is merely slower than the wire does not
/// lose messages, reading also stops when one holds a quarter, or 4096
/// messages, until it has worked half of that off. No such pause lasts for
/// ever: who cannot keep up within its time is not waited for any more, and
/// what exceeds its half is refused. `account::leave` may be called on any
/// thread, all else belongs to the reader.
class inbound_ledger : public caf::ref_counted {
public:
  struct bounds {
    size_t messages;
    size_t bytes;
  };

  /// What one target holds. Lives as long as one of its messages or the
  /// ledger's table.
  class account : public caf::ref_counted {
  public:
    account(caf::intrusive_ptr<inbound_ledger> owner, actor_name_ptr target)
      : owner_(std::move(owner)), target_(std::move(target)) {
      // nop
    }

    void add_references(size_t n) noexcept {
      rc_.fetch_add(n, std::memory_order_relaxed);
    }

    void drop_references(size_t n) noexcept {
      rc_.fetch_sub(n, std::memory_order_release);
    }

    /// The target: its id, and our own address.
    const actor_name_ptr& target() const noexcept {
      return target_;
    }

    undelivered_sink& sink() const noexcept {
      return *owner_->sink_;
    }

    /// A message was taken (or dropped).
    void leave(size_t bytes) noexcept;

    bool idle() const noexcept {
      return tally_.held().messages == 0;
    }

    /// Whether the target is not waited for.
    bool stalled() const noexcept {
      return stalled_.load(std::memory_order_acquire);
    }

  private:
    friend class inbound_ledger;

    const caf::intrusive_ptr<inbound_ledger> owner_;
    const actor_name_ptr target_;
    tally tally_;
    std::atomic<bool> stalled_{false};
    // whether the reader waits for this target
    std::atomic<bool> waited_for_{false};
  };

  using account_ptr = caf::intrusive_ptr<account>;

  /// `resume` is called, on any thread, when a reader that was told to stop may
  /// go on; at most once per `must_stop` that returned true.
  /// Null: there is no reader, the ledger only counts, and `enter` may be
  /// called on any thread. `sink` must not be null. `address` is our own.
  inbound_ledger(bounds limit, std::function<void()> resume,
                 std::shared_ptr<undelivered_sink> sink,
                 std::string address = {});

  /// Finds or makes the account of a target.
  account_ptr account_of(std::string_view target);

  /// The same for Stop, which must reach a target that holds all it may.
  account_ptr stop_account_of(std::string_view target);

  /// The same for answers: an actor that awaits one does not take anything else
  /// before.
  account_ptr answer_account_of(std::string_view target);

  /// The account of what our watchers are told.
  account_ptr watchers_account();

  /// Counts a message for a target. Returns false, and counts nothing, if the
  /// target already holds half of the bounds.
  bool enter(account& x, size_t bytes) noexcept;

  /// Whether `enter` would refuse a message for the target, however small.
  bool is_full(const account& x) const noexcept;

  /// Counts a message for a target, whatever it holds.
  void enter_anyway(account& x, size_t bytes) noexcept;

  /// Whether the reader must stop now. If so, `resume` will be called.
  bool must_stop() noexcept;

  /// To be called when the reader has paused for long enough: gives up waiting
  /// for a single target, or for all of them if nobody has taken anything since
  /// the last call. Returns true if the reader may go on.
  bool give_up_waiting() noexcept;

  /// Keeps `x` as long as messages that were counted here are on their way.
  void keep(std::shared_ptr<void> x) {
    kept_ = std::move(x);
  }

  /// The reader is gone; `resume` will not be called any more.
  void detach() noexcept;

  /// Forgets accounts that hold nothing, if it may be many. Called by the
  /// reader between two batches.
  void forget_idle();

  size_t messages() const noexcept {
    return tally_.held().messages;
  }

  size_t bytes() const noexcept {
    return tally_.held().bytes;
  }

private:
  bool over() const noexcept {
    auto held = tally_.held();
    return held.messages > limit_.messages || held.bytes > limit_.bytes;
  }

  void add(account& x, size_t bytes) noexcept;
  bool roomy(const account& x, size_t bytes) const noexcept;
  bool crowded(const account& x, const bounds& mark) const noexcept;
  account_ptr find_or_make(const std::string& key, std::string_view target);
  void left(size_t n) noexcept;
  void wake_if_room() noexcept;

  const bounds limit_;
  // where the reader begins to wait for a single target, and goes on again
  const bounds wait_mark_;
  const bounds go_on_mark_;
  const std::function<void()> resume_;
  const std::shared_ptr<undelivered_sink> sink_;
  const std::string address_;
  std::shared_ptr<void> kept_;
  // whether the reader waits for `resume`
  std::atomic<bool> stopped_{false};
  // reading goes on above the bounds, but only idle targets get messages
  std::atomic<bool> overloaded_{false};
  tally tally_;
  wire::name_map<account_ptr> accounts_;
  purge_mark purge_;
  // a target that must be waited for since the last `must_stop`
  account_ptr crowded_;
  // the target that the reader waits for
  account_ptr awaited_;
  // at the last `give_up_waiting`
  uint64_t last_departures_ = 0;
};

} // namespace caf_remote
