// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/config_option.hpp>
#include <caf/string_view.hpp>

#include <cstdint>

namespace caf_remote {

/// What an option is, in the configuration and on the command line.
enum class option_kind : uint8_t {
  /// Without a value it means true.
  flag,
  /// From 0 to 65535.
  port,
  count,
  /// With or without a unit of bytes.
  size,
  duration,
  text,
  texts,
};

/// Makes an option for `caf::config_option_set::add`. CAF refuses what cannot
/// be read on the command line. In files it takes values of every type, where
/// those of a wrong one would be dropped without a word: check them afterwards.
caf::config_option declared_option(option_kind kind, caf::string_view category,
                                   caf::string_view name, caf::string_view doc);

} // namespace caf_remote
