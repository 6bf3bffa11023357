// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/message.hpp"

#include <algorithm>

namespace caf_remote {

std::optional<std::string_view> value_of(const message_header& xs,
                                         std::string_view key) {
  auto i = std::find_if(xs.rbegin(), xs.rend(),
                        [=](const auto& kvp) { return kvp.first == key; });
  if (i == xs.rend())
    return std::nullopt;
  return i->second;
}

std::optional<std::string_view> header_of(caf::local_actor* self,
                                          std::string_view key) {
  return value_of(header_of(self), key);
}

} // namespace caf_remote
