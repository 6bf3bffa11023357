// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/brief_time.hpp"
#include "caf_remote/error.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

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
  /// The same for its header; others get it without.
  caf_remote_for_header,
};

/// Who writes to whom. The ids are those of PIDs; the target is at the
/// endpoint's address.
struct correspondents {
  std::string_view target;
  /// Empty: no sender.
  std::string_view sender;
  /// Empty: our own node.
  std::string_view sender_address;
};

/// What else there is to say about a message on its way to an endpoint.
struct outbound {
  int32_t serializer_id = 0;
  uint32_t target_request_id = 0;
  uint32_t sender_request_id = 0;
  /// Not 0: this is a request of ours, with an entry in `pending_requests`.
  uint32_t request = 0;
  /// For the control lane: its place there, so that the watcher learns what was
  /// written.
  uint64_t control_seq = 0;
  lane which = lane::user;
  peer_need need = peer_need::none;
  /// Counted also in the bound that its endpoint has with others.
  bool in_common = false;
  /// For requests: when it is not to be sent any more.
  brief_time expires;
};

/// Owns an element outside of a mailbox.
struct outbound_deleter {
  void operator()(outbound_element* x) const noexcept;
};

using outbound_ptr = std::unique_ptr<outbound_element, outbound_deleter>;

/// One encoded message: made on the sender's thread, carried by the writer's
/// mailbox, kept in its outbox, freed when its batch was handed to the stream.
/// One recycled block of memory holds all of it, names included, so that
/// nothing in it is shared between threads. It may leave its mailbox (`keep`)
/// and wait in the outbox without another allocation. Destroyed while still
/// counted by its endpoint, it becomes a dead letter by itself, so that nothing
/// vanishes on any path.
class outbound_element final : public caf::mailbox_element,
                               public caf::type_erased_tuple,
                               public outbound {
public:
  /// What goes into an element. Ids, addresses and type names are bounded
  /// (pid.hpp); payload and header together have less than 2 GiB.
  struct parts {
    correspondents who;
    std::string_view type_name;
    /// False: the name lives as long as the program.
    bool copy_type_name = false;
    size_t payload_size = 0;
    /// The content of remote.MessageHeader; empty: none.
    std::string_view header;
  };

  /// Makes an element, whose payload is for the caller to fill in.
  static outbound_ptr make(const parts& xs);

  ~outbound_element() override;

  // -- parts -----------------------------------------------------------------------

  std::string_view type_name() const noexcept {
    return type_name_;
  }

  /// The last part of the element.
  char* payload_buffer() noexcept {
    return const_cast<char*>(payload().data());
  }

  std::string_view payload() const noexcept {
    return {header().end(), payload_size_};
  }

  std::string_view header() const noexcept {
    return {names() + names_size_, header_size_};
  }

  correspondents who() const noexcept;

  /// What the element is charged with: the memory it holds.
  size_t charge() const noexcept;

  // -- accounting ------------------------------------------------------------------

  /// From now on the element is counted by `where`, which must outlive it: as
  /// the owner of its mailbox does.
  void admitted(endpoint& where) noexcept {
    counted_by_ = &where;
  }

  /// The element was written or dead-lettered: it is not counted any more.
  endpoint* settle() noexcept {
    if (in_common)
      leave_share();
    return std::exchange(counted_by_, nullptr);
  }

  // -- mailbox -----------------------------------------------------------------------

  /// Called while the writer handles the element: it outlives its time in the
  /// mailbox, which would destroy it afterwards. Until then both own it, and
  /// the one that lets go last deletes it.
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
  outbound_element(const parts& xs, size_t bytes) noexcept;

  static void destroy(outbound_element* x) noexcept;

  void leave_share() noexcept;

  /// The memory behind the element: names, header, payload.
  const char* names() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }

  std::string_view type_name_;
  endpoint* counted_by_ = nullptr;
  // of the block
  const uint32_t bytes_;
  const uint32_t payload_size_;
  const uint32_t header_size_;
  const uint16_t names_size_;
  const uint16_t target_size_;
  const uint16_t sender_size_;
  const uint16_t sender_address_size_;
};

} // namespace caf_remote

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::outbound)
