// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace google::protobuf {

class Message;

} // namespace google::protobuf

namespace caf_remote::wire {

/// Tells how much memory Protobuf takes to read a message of one type, before
/// it does: two bytes can stand for an object of any size. The figures are
/// upper bounds for the blocks of the heap, room to grow included, and hold for
/// Protobuf 3.21 without arenas. Extensions that are loaded after the plan was
/// made count as unknown fields.
class memory_plan {
public:
  /// Computes the plan of the type of `prototype`. Recursive types are fine.
  explicit memory_plan(const google::protobuf::Message& prototype);

  /// What one byte of an encoded message takes at most.
  size_t per_byte() const noexcept {
    return per_byte_;
  }

  /// What one byte of JSON takes at most, roughly, unless the message holds a
  /// google.protobuf.Any.
  size_t json_per_byte() const noexcept {
    return json_per_byte_;
  }

  /// What Protobuf takes at most to read `bytes`, besides the message itself.
  /// Null: `bytes` are no message of that type, or one nested too deep for
  /// Protobuf. Visits each byte at most once.
  std::optional<size_t> peak(std::string_view bytes) const noexcept;

  /// Whether `peak` is known and at most `limit`. One multiplication, unless
  /// `bytes` are more than `limit / per_byte()`.
  bool allows(std::string_view bytes, size_t limit) const noexcept {
    return bytes.size() * per_byte_ <= limit || fits(bytes, limit);
  }

private:
  struct node;
  class walk;

  bool fits(std::string_view bytes, size_t limit) const noexcept;

  std::shared_ptr<const node> root_;
  size_t per_byte_;
  size_t json_per_byte_;
};

} // namespace caf_remote::wire
