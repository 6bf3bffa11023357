// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace google::protobuf {

class Descriptor;

} // namespace google::protobuf

namespace caf_remote::wire {

/// Whether `str` is valid UTF-8 (no surrogates, no overlong forms). Protobuf
/// checks `string` fields only when parsing and by logging when writing, so an
/// invalid string would leave our side and end the peer's stream.
bool valid_utf8(std::string_view str) noexcept;

/// The length in bytes of the character at the front of `str`, which is not
/// empty; 0 if that is not UTF-8.
size_t sequence_length(std::string_view str) noexcept;

/// Checks the `string` fields in the serialized form of one message type,
/// nested messages, maps and extensions included, without building the message.
/// Extensions that are loaded after the plan was made are not looked at.
class utf8_plan {
public:
  /// Computes the plan of `type`. Recursive types are fine.
  explicit utf8_plan(const google::protobuf::Descriptor* type);
  utf8_plan(utf8_plan&&) noexcept;
  utf8_plan& operator=(utf8_plan&&) noexcept;
  ~utf8_plan();

  /// True if no `string` field can occur in the type; then `check` is free.
  bool trivial() const noexcept;

  /// Returns whether each `string` field in `bytes` is UTF-8, and none is
  /// nested too deep for Protobuf. @pre `bytes` is well-formed, i.e. was
  /// written by Protobuf.
  bool check(std::string_view bytes) const noexcept;

private:
  struct node;
  std::shared_ptr<const node> root_;
};

} // namespace caf_remote::wire
