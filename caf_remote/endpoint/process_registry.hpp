// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/endpoint/purge_mark.hpp"
#include "caf_remote/wire/name_hash.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace caf_remote {

/// How a local actor wants its messages.
enum class delivery_mode : uint8_t {
  /// Registered types decoded, others raw.
  decoded,
  /// Every user message as `raw_message`.
  raw,
};

/// What kind of local process a name stands for.
enum class process_kind : uint8_t {
  /// Published or spawned through the activator.
  published,
  /// The reply address of an actor that has sent a message out.
  reply_address,
  /// The module's activator: peers ask it for actors, and cannot stop it.
  activator,
  /// Another one of the module's own, or one that does not run here but whose
  /// message is passed on. Nothing is found under its name: it is only there
  /// for the answers to its own requests.
  internal,
};

/// Whether an actor runs in this process. Others are only stood in for here, by
/// a proxy of this module or of another one.
bool runs_here(const caf::strong_actor_ptr& x);

/// The local actors that can be reached from outside, by name: published ones,
/// those spawned through the activator, the module's own, and the reply
/// addresses of actors that have sent a message out. All of them are kept alive
/// until they end, as by CAF's own I/O module: somebody elsewhere may hold
/// their PID, and an actor that only waits for an answer must not vanish. A
/// name is free again when its actor has ended. Any thread.
class process_registry : public std::enable_shared_from_this<process_registry> {
public:
  struct process {
    caf::strong_actor_ptr hdl;
    delivery_mode mode = delivery_mode::decoded;
    process_kind kind = process_kind::published;
  };

  /// An actor and one of its names.
  struct holding {
    actor_name_ptr name;
    caf::strong_actor_ptr hdl;
    process_kind kind;
  };

  /// `run` is part of the names that the registry makes up. It tells this run
  /// of the program from others, in which the same ids stand for other actors.
  /// Actors of `home` do not share an id with one that has ended, which saves
  /// some work; null: any may.
  explicit process_registry(std::string run,
                            const caf::actor_system* home = nullptr);

  /// Tells actors apart, also those of different actor systems, whose ids may
  /// be equal. Valid as long as the actor is known here.
  using actor_key = const caf::actor_control_block*;

  /// Called once for each actor that is known here, after it has ended.
  void on_actor_gone(std::function<void(actor_key)> f);

  /// Gives `hdl` a name. Errors: `errc::invalid_name`, `errc::name_taken`;
  /// `errc::not_found` if it does not run here: messages could go around in
  /// circles, and a proxy of another module cannot bring back answers.
  caf::error publish(const caf::strong_actor_ptr& hdl, std::string name,
                     delivery_mode mode, process_kind kind);

  /// Takes a name back. Error: `errc::not_found`, also for names of the
  /// module's own actors and reply addresses.
  caf::error unpublish(std::string_view name);

  /// Gives an actor of the module's own a name to be answered under, and no
  /// more: before it asks another node for the first time.
  void conceal(const caf::strong_actor_ptr& hdl);

  /// Finds a process that may be named from outside; its `hdl` is null if there
  /// is none.
  process find(std::string_view name) const;

  /// Whether `publish` would refuse the name because somebody has it: one that
  /// has ended has it no more, also before we have heard of its end.
  bool is_taken(std::string_view name) const;

  /// The same as `find` for who holds a mutex: makes no reference that could
  /// become the last one, and so run an actor's destructor. `kind` is set if
  /// there is one.
  caf::weak_actor_ptr find_weak(std::string_view name,
                                process_kind& kind) const;

  /// The name under which `hdl` can be answered: the first one it was published
  /// under, else its reply address, which this call creates. For one that does
  /// not run here (a proxy of another module, to which nobody here but its
  /// requester is known) it is good for answers only. Cheap for an actor that
  /// sends often.
  actor_name_ptr name_of(const caf::strong_actor_ptr& hdl);

  /// The name that `name_of` would return for an actor that has one already;
  /// empty otherwise, and if nothing is found under that name.
  std::string known_name(const caf::strong_actor_ptr& hdl) const;

  /// The names of all processes of a kind.
  std::vector<std::string> names(process_kind kind) const;

  size_t count(process_kind kind) const;

  /// The actors that are observed, with or without a name.
  size_t known_actors() const;

  /// Forgets everything and takes nothing in any more; `name_of` still answers.
  /// Returns the actors that were kept alive here, published names first: all
  /// of them, also those that came at the last moment.
  std::vector<holding> close();

  bool closed() const;

private:
  using name_list = std::list<actor_name_ptr>;

  struct slot {
    actor_name_ptr name;
    caf::strong_actor_ptr hdl;
    delivery_mode mode;
    process_kind kind;
    /// In the list of its actor: an actor may have many names.
    name_list::iterator place = {};
  };

  /// The reference keeps the key from being used for another actor: some kinds
  /// of actors vanish without a word.
  struct known_actor {
    caf::weak_actor_ptr ref;
    /// Names that were given to it, the oldest first.
    name_list given;
    /// Those that begin with '$'.
    name_list made_up;

    name_list& list_of(const actor_name& x) noexcept;

    bool is_nameless() const noexcept {
      return given.empty() && made_up.empty();
    }
  };

  using slot_map = std::unordered_map<std::string_view, slot, wire::name_hash>;

  bool add_slot(slot x);
  slot take_name(slot_map::iterator i);
  slot take_slot(slot_map::iterator i);
  void forget_vanished();
  actor_name_ptr first_name_of(const caf::strong_actor_ptr& hdl) const;
  actor_name_ptr look_up_name(const caf::strong_actor_ptr& hdl);
  actor_name_ptr make_reply_address(const caf::strong_actor_ptr& hdl,
                                    process_kind kind);
  void observe(const caf::strong_actor_ptr& hdl);
  void gone(actor_key key);

  const uint64_t instance_;
  const std::string run_;
  // only to be compared: it may be gone
  const caf::actor_system* const home_;
  // Counts changes after which a cached name may be wrong.
  std::atomic<uint64_t> version_{0};
  mutable std::shared_mutex mtx_;
  bool closed_ = false;
  slot_map slots_; // keys live in slot::name
  // of the slots, by kind
  std::array<size_t, static_cast<size_t>(process_kind::internal) + 1> counts_{};
  std::unordered_map<actor_key, known_actor> by_actor_;
  purge_mark purge_; // of by_actor_
  std::function<void(actor_key)> actor_gone_;
};

} // namespace caf_remote
