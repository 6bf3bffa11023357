// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/annotated_element.hpp"
#include "caf_remote/endpoint/brief_time.hpp"
#include "caf_remote/endpoint/common_bound.hpp"
#include "caf_remote/endpoint/dial_budget.hpp"
#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/endpoint_slot.hpp"
#include "caf_remote/endpoint/own_addresses.hpp"
#include "caf_remote/endpoint/own_link.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_proxy.hpp>
#include <caf/expected.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace caf_remote {

/// The local stand-in for a remote actor: what a user's handle points to. Runs
/// on the sender's thread, where it encodes messages and hands them to the
/// endpoint. It names a PID and outlives connections: when the peer goes, its
/// observers get their down messages but the proxy stays usable. It may also
/// outlive its actor system, and be used: then it refuses messages and says to
/// observers that the actor cannot be reached.
class remote_proxy final : public caf::actor_proxy {
public:
  /// `named_by` is null if nobody but us has named the actor. With a `share`,
  /// the proxy stands for an actor of ours as peers name it: what is said to
  /// the actor this way counts there until it was taken.
  remote_proxy(caf::actor_config& cfg, node_ptr home, actor_name_ptr name,
               dial_budget_ptr named_by = nullptr,
               bound_share_ptr share = nullptr);

  ~remote_proxy() override;

  const actor_name_ptr& target() const noexcept {
    return name_;
  }

  pid who() const;

  /// Whether it stands for an actor of ours as peers name it.
  bool is_named_here() const noexcept {
    return share_ != nullptr;
  }

  // -- sending ---------------------------------------------------------------------------

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* ctx) override;

  /// Sends one of Proto.Actor's own messages. `type_name` must be a constant.
  /// The header is left out for a peer that is not caf_remote.
  void send_system(std::string_view type_name, std::string_view payload,
                   uint32_t target_request_id = 0,
                   std::string_view header = {});

  /// The endpoint that leads to the actor, made if need be. Null if there is
  /// none to be had; `why` says why.
  endpoint_ptr acquire_endpoint(errc& why);

  /// The actor was named once more: by a stream whose budget this is, or, null,
  /// by ourselves, which then holds for good. That of the host in the address
  /// gives way to no stream's.
  void named_by(const dial_budget_ptr& x);

  // -- observers -----------------------------------------------------------------------------

  void attach(caf::attachable_ptr ptr) override;
  size_t detach(const caf::attachable::token& what) override;
  bool add_backlink(caf::abstract_actor* x) override;
  bool remove_backlink(caf::abstract_actor* x) override;

  /// Tells an observer of the end. It may be code of the user that throws.
  void tell(caf::attachable& x, const caf::error& reason,
            caf::execution_unit* ctx = nullptr);

  /// Who had the name is gone.
  struct gone {
    wire::terminated_reason why;
    /// The watches that this concerns, see `concerned`.
    uint32_t first = 0;
    uint32_t last = 0;
  };

  /// Tells each observer that `x` concerns, once. Called by the watcher of the
  /// endpoint with the serial number `endpoint`; ignored if the observers are
  /// served by a newer one. Without a number all are told, whoever serves
  /// them. Returns whether others still observe.
  bool fire(const gone& x, std::optional<uint64_t> endpoint);

  /// An incarnation is over to which control messages up to the place
  /// `written_seq` were written: tells the observers whose Watch was among them
  /// that it is out of reach. The watcher of `where` calls it. If nobody is
  /// left, and a Watch still waits there, it is taken back, before those who
  /// were told can watch again. Returns the place of the first Watch of those
  /// who still observe; 0: none.
  uint64_t fire_written(uint64_t written_seq, endpoint& where, bool waits);

  /// The number of the latest watch. Any thread.
  uint32_t last_watch() const noexcept {
    return last_watch_.load(std::memory_order_acquire);
  }

  void kill_proxy(caf::execution_unit* ctx, caf::error reason) override;

private:
  /// Who is linked through this handle to an actor of ours that had the name.
  struct link_here {
    caf::actor_addr who;
    caf::weak_actor_ptr host;
    own_link::over_flag over;
  };

  endpoint_ptr current_endpoint();

  // One message that is being sent.
  struct sending {
    caf::strong_actor_ptr sender;
    caf::message_id mid;
    std::vector<caf::strong_actor_ptr> stages;
    const caf::type_erased_tuple& content;
    caf::execution_unit* ctx;
    message_extras extras;
  };

  void send(sending x);
  caf::expected<outbound_ptr> encode(const sending& x, endpoint& where,
                                     const correspondents& who) const;
  void send_response(const sending& x);
  void send_stray_error(const sending& x);
  void send_error_result(const sending& x, const std::string& why);
  void send_empty_result(const sending& x);
  void send_exit(const caf::mailbox_element& what, const caf::exit_msg& x);
  void push(outbound_ptr msg);
  bool renew_endpoint(errc& why);
  endpoint_slot::pin pin_endpoint(errc& why);
  void deliver_locally(caf::mailbox_element_ptr what, caf::execution_unit* ctx);
  caf::strong_actor_ptr sender_here(const caf::strong_actor_ptr& sender,
                                    const caf::strong_actor_ptr& target) const;
  bool hold(caf::mailbox_element_ptr& what,
            const caf::strong_actor_ptr& target);
  actor_name_ptr name_of(const caf::strong_actor_ptr& sender) const;
  caf::error number_request(outbound& x, sending& s, const actor_name_ptr& from,
                            uint64_t endpoint);
  brief_time expiry_of(const sending& x,
                       caf::actor_clock::time_point now) const;
  caf::error check_size(const outbound_element& x, endpoint& where) const;
  errc nobody_here() const;
  caf::error no_endpoint(errc why) const;
  void refuse(const sending& x, const caf::error& reason);
  bool is_here() const noexcept;
  caf::exit_reason no_host() const;
  caf::strong_actor_ptr holder_here();
  caf::weak_actor_ptr holder_here_for_link();
  void report(const std::vector<std::string>& failures);
  void attach_here(caf::attachable_ptr ptr);
  size_t detach_here(const caf::attachable::token& what);
  bool add_link_here(caf::abstract_actor* x);
  std::vector<link_here> take_links_here(const caf::actor_addr& x);
  std::vector<caf::strong_actor_ptr> hosts() const;
  void remember_host(const caf::strong_actor_ptr& x);
  struct observer;
  struct link;
  struct watch_mark;
  struct leaving;
  struct reasons;
  std::optional<watch_mark> post_watch();
  void post_unwatch();
  template <class Pick>
  leaving take(Pick pick);
  static reasons reasons_of(wire::terminated_reason why);
  void tell(const leaving& xs, const reasons& how);
  uint64_t first_place() const noexcept;
  bool has_observers() const noexcept;

  const node_ptr node_;
  const actor_name_ptr name_;
  const bound_share_ptr share_;
  mutable std::atomic<const own_addresses*> elsewhere_for_{nullptr};
  std::mutex endpoint_mtx_;
  // written with the mutex
  endpoint_slot endpoint_;
  // whose budget pays for a dial; null: ours to decide
  dial_budget_ptr named_by_;
  // the same, to be compared without the mutex
  std::atomic<const dial_budget*> payer_;

  // Who observes, and by which watch: a later one may be for another actor,
  // which has the name now, or for another incarnation.
  struct watch_mark {
    uint32_t number;
    /// Its place among what the endpoint's writer numbers, or that of an
    /// earlier one if there is none for it alone.
    uint64_t place;
  };

  struct observer {
    caf::attachable_ptr what;
    watch_mark watch;
  };

  struct link {
    caf::actor_addr who;
    watch_mark watch;
  };

  struct leaving {
    std::vector<observer> observers;
    std::vector<link> links;
  };

  // guarded by the actor's own mutex, like the attachables of the base class,
  // which are not used; the first two in the order of their watches
  std::vector<observer> observers_;
  std::vector<link> links_;
  std::vector<link_here> links_here_;
  // actors of ours that were given observers, because they had the name
  std::vector<caf::weak_actor_ptr> hosts_;
  bool watching_ = false;
  // the serial number of the endpoint that the Watch was given to
  uint64_t watched_by_ = 0;
  // the place of the latest watch there
  uint64_t last_place_ = 0;
  std::atomic<uint32_t> last_watch_{0};
};

/// Returns the proxy behind a handle, null if it is a handle of another kind or
/// none. The actor's system may be gone.
remote_proxy* as_remote_proxy(const caf::strong_actor_ptr& x);

} // namespace caf_remote
