// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/fwd.hpp>

#include <cstddef>
#include <string>

namespace caf_remote {

/// The C++ type of an element of a message, as a programmer would write it.
/// CAF knows its built-in types by number and calls the others what their
/// type-id block says, or "???" without one; hence the compiler's name. For
/// texts about what went wrong, not for the path of messages.
std::string cpp_type_name(const caf::type_erased_tuple& xs, size_t pos);

} // namespace caf_remote
