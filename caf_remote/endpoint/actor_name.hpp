// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace caf_remote {

/// Address and id of an actor, shared by all who name it: proxies, the registry
/// and requests under way. Immutable. An empty address means our own node.
class actor_name : public caf::ref_counted {
public:
  actor_name(std::string addr, std::string name)
    : address(std::move(addr)), id(std::move(name)) {
    // nop
  }

  const std::string address;
  const std::string id;
};

/// Whether the id is that of a Go future, which awaits one answer but, unlike
/// other requesters, has no request id (protocol fact).
inline bool is_future(std::string_view id) noexcept {
  return id.substr(0, 7) == "future$";
}

using actor_name_ptr = caf::intrusive_ptr<const actor_name>;

} // namespace caf_remote
