// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/actor_name.hpp"
#include "caf_remote/error.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

namespace caf_remote {

class endpoint;
class outbound_element;

using endpoint_ptr = caf::intrusive_ptr<endpoint>;

/// Which bound a message is counted against.
enum class lane : uint8_t { user, control };

/// What the peer must be for a message to be sent to it.
enum class peer_need : uint8_t {
  none,
  /// The peer itself sent this type, or is known to be caf_remote.
  knows_type,
  /// The peer is known to be caf_remote.
  caf_remote,
};

/// One encoded message on its way to an endpoint: made on the sender's thread,
/// carried by the writer's mailbox, kept in its outbox, freed when its batch
/// was handed to the stream. The views point into the element's own tail.
struct outbound {
  actor_name_ptr target;
  /// Null: no sender. An empty address in it means our own node.
  actor_name_ptr sender;
  std::string_view type_name;
  std::string_view payload;
  /// The content of remote.MessageHeader; empty: none.
  std::string_view header;
  int32_t serializer_id = 0;
  uint32_t target_request_id = 0;
  uint32_t sender_request_id = 0;
  /// Not 0: this is a request of ours, with an entry in `pending_requests`.
  uint32_t request = 0;
  /// For Watch: numbers them, so that the watcher learns which were written.
  uint64_t watch_seq = 0;
  lane which = lane::user;
  peer_need need = peer_need::none;

  outbound_element* element = nullptr;
};

/// Owns an element outside of a mailbox.
struct outbound_deleter {
  void operator()(outbound_element* x) const noexcept;
};

using outbound_ptr = std::unique_ptr<outbound_element, outbound_deleter>;

/// The mailbox element around `outbound`: one allocation per message, payload
/// included. It may leave its mailbox (`keep`) and wait in the outbox without
/// another allocation. Destroyed while still counted by its endpoint, it
/// becomes a dead letter by itself, so that nothing vanishes on any path.
class outbound_element final : public caf::mailbox_element,
                               public caf::type_erased_tuple {
public:
  /// Makes an element with `tail` bytes behind it.
  static outbound_ptr make(size_t tail);

  ~outbound_element() override;

  outbound data;

  /// The memory behind the element.
  char* tail() noexcept {
    return reinterpret_cast<char*>(this + 1);
  }

  /// What the element is charged with: the memory it holds.
  size_t charge() const noexcept {
    return charge_;
  }

  // -- accounting ------------------------------------------------------------------

  /// From now on the element is counted by `where`.
  void admitted(endpoint_ptr where) noexcept;

  /// The element was written or dead-lettered: it is not counted any more.
  endpoint_ptr settle() noexcept;

  // -- mailbox -----------------------------------------------------------------------

  /// Called while the writer handles the element: it outlives its time in the
  /// mailbox, which would destroy it afterwards.
  outbound_ptr keep() noexcept;

  caf::type_erased_tuple& content() override;
  const caf::type_erased_tuple& content() const override;
  caf::message move_content_to_message() override;
  caf::message copy_content_to_message() const override;
  void request_deletion(bool decremented_rc) const noexcept override;

  // -- type-erased tuple ---------------------------------------------------------------

  void* get_mutable(size_t pos) override;
  caf::error load(size_t pos, caf::deserializer& source) override;
  size_t size() const noexcept override;
  uint32_t type_token() const noexcept override;
  caf::rtti_pair type(size_t pos) const noexcept override;
  const void* get(size_t pos) const noexcept override;
  std::string stringify(size_t pos) const override;
  caf::type_erased_value_ptr copy(size_t pos) const override;
  caf::error save(size_t pos, caf::serializer& sink) const override;

private:
  explicit outbound_element(size_t bytes) noexcept;

  static void destroy(const outbound_element* x) noexcept;

  // of the whole block
  const size_t bytes_;
  const size_t charge_;
  // set while both the mailbox and an `outbound_ptr` own the element, which is
  // only so on the writer's thread while it handles the element; the one that
  // lets go last deletes it
  mutable bool kept_ = false;
  endpoint_ptr counted_by_;
};

} // namespace caf_remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::outbound)
