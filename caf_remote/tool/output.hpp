// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace caf_remote::tool {

// All of them print text that is `printable`, line by line.

/// Writes one line to standard output at once. Waits for the reader; that there
/// is none is no error. Throws `failure` if it cannot be written otherwise.
void print_line(std::string_view line);

/// Writes one line to standard error, with the program's name before it.
void print_error(std::string_view text);

/// Writes one line to standard output unless that would block. Returns false
/// if the line was dropped.
bool try_print_line(std::string_view line);

/// The same for standard error, as it is.
bool try_print_error_line(std::string_view line);

/// Writes a question to standard error, with the program's name before it.
void print_question(std::string_view text);

/// `caf_remote::printable` of the whole text.
std::string printable(std::string_view str);

} // namespace caf_remote::tool
