// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace caf::detail {

class stringification_inspector;

} // namespace caf::detail

namespace caf_remote {

/// What a log line shows of one text from outside, in bytes.
constexpr size_t max_shown = 200;

/// Makes text from outside (a peer's, a file's, a user's) fit for a log line or
/// a terminal: it stays on its line, cannot steer the terminal, and reads in
/// the order of its characters. A question mark stands for each control
/// character (those of ASCII and of Latin-1), each line separator and each mark
/// that changes the direction of what follows, and for each byte that is not
/// UTF-8. Beyond `max_bytes` the text is cut between two characters and ends
/// with
/// "...". All that the module prints is made with it: its log lines, errors
/// that `render` renders, and what CAF prints of its message types.
std::string printable(std::string_view str, size_t max_bytes = max_shown);

/// Whether a text has control characters, those of ASCII and of Latin-1.
/// @pre it is UTF-8
bool has_control_characters(std::string_view str) noexcept;

/// The text of the exception that is being handled, in that form. Call it in a
/// handler only.
std::string printable_exception();

namespace detail {

/// What `inspect` passes on of a text from outside: the text itself, but
/// printable where CAF prints the message.
template <class Inspector>
decltype(auto) shown(Inspector&, std::string& x) {
  if constexpr (std::is_same<Inspector,
                             caf::detail::stringification_inspector>::value)
    return printable(x);
  else
    return (x);
}

} // namespace detail

} // namespace caf_remote
