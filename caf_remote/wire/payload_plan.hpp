// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace google::protobuf {

class Message;
class Reflection;

} // namespace google::protobuf

namespace caf_remote::wire {

struct payload_node;

/// What can be said about the encoded form of messages of one type, before
/// Protobuf reads it: whether its strings are UTF-8, which Protobuf would
/// complain about to stderr, and how much memory reading takes, since two bytes
/// can stand for an object of any size. Nested messages, maps and extensions
/// are looked into; extensions that are loaded after the plan was made count as
/// unknown fields. Copies share what they refer to; all functions may be called
/// on any thread.
class payload_plan {
public:
  /// Computes the plan of the type of `prototype`. Recursive types are fine.
  explicit payload_plan(const google::protobuf::Message& prototype);

  // -- text and memory --------------------------------------------------------

  enum class verdict : uint8_t {
    good,
    /// No message of that type, or one nested too deep for Protobuf.
    garbage,
    /// A `string` field that is not UTF-8.
    invalid_utf8,
    too_large,
    /// A required field is missing: for who has read it to say.
    incomplete,
  };

  /// Whether Protobuf may read `bytes` with at most `limit` bytes of memory,
  /// besides the message itself. Visits each byte at most once, and none if no
  /// string can occur and `bytes` are at most `limit / per_byte()`: then
  /// garbage is for Protobuf to find.
  verdict examine(std::string_view bytes, size_t limit) const noexcept;

  // -- text -------------------------------------------------------------------

  /// Whether a `string` field can occur in the type; else `check` is free.
  bool has_strings() const noexcept {
    return has_strings_;
  }

  /// `examine` without a limit: whether each `string` field is UTF-8, and none
  /// is nested too deep for Protobuf.
  bool check(std::string_view bytes) const noexcept {
    return !has_strings_ || look_at_strings(bytes) == verdict::good;
  }

  // -- memory -----------------------------------------------------------------

  /// What one byte of an encoded message takes at most. The figures for memory
  /// are upper bounds for the blocks of the heap, room to grow included, and
  /// hold for Protobuf 3.21 without arenas.
  size_t per_byte() const noexcept {
    return per_byte_;
  }

  /// What one byte of JSON takes at most, roughly, unless the message holds a
  /// google.protobuf.Any.
  size_t json_per_byte() const noexcept {
    return json_per_byte_;
  }

  /// What Protobuf takes at most to read `bytes`, besides the message itself.
  /// Null: garbage. Visits each byte at most once.
  std::optional<size_t> peak(std::string_view bytes) const noexcept;

  /// About what `x` holds, which Protobuf has read from `bytes`, and at least
  /// their size. Most small messages cost no look at the object: what can be in
  /// it besides `bytes` is at most `paid`, which is counted anyway.
  size_t held_bytes(std::string_view bytes, const google::protobuf::Message& x,
                    size_t paid) const;

  // -- the type ---------------------------------------------------------------

  /// No field is repeated or a message, and there are no extensions: what an
  /// object holds besides its texts does not depend on its encoded form, unless
  /// it has unknown fields.
  bool flat() const noexcept {
    return most_flat_bytes_ != 0;
  }

  /// A google.protobuf.Any may be in it, at any depth.
  bool holds_any() const noexcept {
    return holds_any_;
  }

private:
  verdict look_at_strings(std::string_view bytes) const noexcept;

  template <class Walk>
  verdict look(std::string_view bytes, size_t limit) const noexcept;

  std::shared_ptr<const payload_node> root_;
  // of the type's objects; kept, because to ask for it takes time
  const google::protobuf::Reflection* reflection_;
  size_t per_byte_;
  size_t json_per_byte_;
  // of an empty object
  size_t object_bytes_;
  // of an object besides its texts; 0: not flat
  size_t most_flat_bytes_;
  bool has_strings_;
  bool holds_any_;
};

} // namespace caf_remote::wire
