// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/pid.hpp"
#include "caf_remote/wire/name_table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The framing of remote.RemoteMessage{MessageBatch}, written and read by hand:
/// payloads are never copied into Protobuf objects, and a defect in one
/// envelope costs that envelope only. Pure functions and classes: no actors, no
/// gRPC. tests/wire compares with Protobuf's own encoder.

namespace caf_remote::wire {

/// Headers of one message, in the order of the wire.
using header_view = std::vector<std::pair<std::string_view, std::string_view>>;

// -- writing ------------------------------------------------------------------

/// Which form `MessageBatch.targets` takes. Only the first is written today.
enum class dialect { gen2_pid, gen3_id };

/// One message to be put into a batch. Payload and header must stay valid
/// during `batch_encoder::add`, type name, ids and address until `finish`.
struct envelope_view {
  std::string_view type_name;
  std::string_view payload;
  /// The target's id. Its address is given to `finish`.
  std::string_view target_id;
  /// Empty: no sender.
  std::string_view sender_id;
  /// The sender's address; our own, or that of a third node if a message is
  /// forwarded on its behalf.
  std::string_view sender_address;
  /// A header in encoded form (see `encode_header`); empty: none.
  std::string_view header;
  int32_t serializer_id = 0;
  uint32_t target_request_id = 0;
  uint32_t sender_request_id = 0;
};

/// Encodes a header map as the content of remote.MessageHeader.
std::string
encode_header(const std::vector<std::pair<std::string, std::string>>& xs);

/// Builds one batch. Reusable: `finish` leaves it empty. The frame is written
/// in place and handed over without a copy; its outer length therefore is
/// always a varint of five bytes, and the tables follow the envelopes. Parsers
/// of Protobuf take both.
class batch_encoder {
public:
  /// An upper bound of what `x` adds to the encoded batch with a target address
  /// of `target_address_size` bytes, table entries included (as if all were
  /// new). Used to keep a batch below its byte limit before adding.
  static size_t worst_case_size(const envelope_view& x,
                                size_t target_address_size) noexcept;

  /// Gives the next frame memory to start with; ignored if it has begun.
  void provide(std::string memory) {
    if (frame_.empty())
      frame_ = std::move(memory);
  }

  /// Appends an envelope. Type names, targets and senders are put into their
  /// tables once.
  void add(const envelope_view& x);

  /// Count of envelopes since the last `finish`.
  size_t count() const noexcept;

  /// Upper bound of the size of the frame that `finish` would return.
  size_t size(size_t target_address_size) const noexcept;

  /// Returns the serialized RemoteMessage with all targets at `target_address`
  /// and starts over.
  std::string finish(std::string_view target_address,
                     dialect form = dialect::gen2_pid);

private:
  void begin();
  void append_envelope(const envelope_view& x, int32_t type, int32_t target,
                       int32_t sender);
  void append_tables(std::string_view target_address, dialect form);

  std::string frame_;
  size_t count_ = 0;
  size_t expected_size_ = 0;
  name_table types_;
  name_table targets_;
  name_table senders_;
};

// -- reading ------------------------------------------------------------------

/// The longest accepted name of a message type in bytes (own decision, like the
/// bounds of ids and addresses in pid.hpp). One entry of a table may be used by
/// all envelopes of a batch, and each of them may have to copy it: into a
/// message, an answer, an event. What is longer than its bound costs the
/// envelopes that use it and is looked at by nobody.
constexpr size_t max_type_name_length = max_id_length;

/// A target as it stood on the wire.
struct target_view {
  /// Empty for the newer generation's bare ids: the receiver itself.
  std::string_view address;
  std::string_view id;
  /// False: neither a PID with an id nor a bare id (not UTF-8, or its first
  /// character is a control character), or too long.
  bool valid = false;
  /// True: written as a bare id, i.e. by the newer wire generation.
  bool bare_id = false;
};

struct sender_view {
  std::string_view address;
  std::string_view id;
  uint32_t request_id = 0;
  bool valid = false;
};

/// What is wrong with one envelope; `none` if nothing.
enum class envelope_fault {
  none,
  /// Garbage inside the envelope.
  malformed,
  /// An index that points outside its table.
  bad_type_index,
  bad_target_index,
  bad_sender_index,
  /// A table entry that is unusable.
  bad_type_name,
  bad_target,
  bad_sender,
  /// A table entry with a name, id or address above its bound.
  long_type_name,
  long_target,
  long_sender,
  /// A header that is not UTF-8.
  bad_header,
};

std::string to_string(envelope_fault x);

/// One envelope of a batch. Indexes are 0-based here, and checked: the entry
/// that they name exists and is usable, else they are -1. That goes for faulty
/// envelopes as well, so that their sender can be told.
struct envelope {
  envelope_fault fault = envelope_fault::none;
  int32_t type_index = 0;
  int32_t target_index = 0;
  /// -1 without a fault: no sender.
  int32_t sender_index = -1;
  int32_t serializer_id = 0;
  uint32_t target_request_id = 0;
  uint32_t sender_request_id = 0;
  std::string_view payload;
  /// The content of remote.MessageHeader, checked; see `decode_header`.
  std::string_view header;
  size_t header_count = 0;
  /// Of all keys and values together.
  size_t header_bytes = 0;
};

/// A decoded batch; all views point into the frame. Reusable.
struct batch_view {
  std::vector<std::string_view> type_names; // empty or too long: unusable
  std::vector<target_view> targets;
  std::vector<sender_view> senders;
  std::vector<envelope> envelopes;
  /// `decode_batch` has refused it for the length of a table.
  bool too_long = false;
};

/// Decodes a target by the rule of both wire generations: a first byte of 0x0A,
/// 0x12 or 0x18 that parses whole is a PID, else it is an id.
target_view decode_target(std::string_view bytes);

/// Splits the content of remote.MessageHeader.
/// @pre the bytes come from an `envelope` without a fault.
void decode_header(std::string_view bytes, header_view& result);

/// Reads the content of remote.MessageBatch. Returns false if the frame as a
/// whole is not a MessageBatch; defects inside one envelope or table entry show
/// in the affected envelopes only. `max_entries` bounds each table and the
/// envelopes, and a table may have no more than 256 entries beyond what the
/// envelopes can use (more is a defect of the whole).
bool decode_batch(std::string_view bytes, batch_view& result,
                  size_t max_entries = 1u << 17);

} // namespace caf_remote::wire
