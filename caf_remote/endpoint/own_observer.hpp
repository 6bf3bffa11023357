// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/selects_safely.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/attachable.hpp>

#include <string>
#include <utility>
#include <vector>

namespace caf_remote {

/// Attached to an actor of ours: somebody observes it through a handle for our
/// own address. Can be taken off by that handle only, which it keeps alive for
/// that, and not by the actor itself, whose observer may be the same.
class own_observer final : public caf::attachable {
public:
  /// Selects what `what` selects among the observers through one handle.
  struct token {
    // far from the tokens of CAF
    static constexpr size_t token_type = 0xCAF1;

    const caf::actor_control_block* proxy;
    const caf::attachable::token& what;
    /// Gets the texts of what observers throw.
    std::vector<std::string>& failures;
  };

  own_observer(caf::strong_actor_ptr proxy, caf::attachable_ptr what)
    : proxy_(std::move(proxy)), what_(std::move(what)) {
    // nop
  }

  void actor_exited(const caf::error& reason,
                    caf::execution_unit* ctx) override {
    as_remote_proxy(proxy_)->tell(*what_, reason, ctx);
  }

  bool matches(const caf::attachable::token& what) override {
    if (what.subtype != token::token_type)
      return false;
    auto& x = *static_cast<const token*>(what.ptr);
    return x.proxy == proxy_.get()
           && selects_safely(x.what, *what_, x.failures);
  }

private:
  const caf::strong_actor_ptr proxy_;
  const caf::attachable_ptr what_;
};

} // namespace caf_remote
