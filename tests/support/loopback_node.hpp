// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/all.hpp"

#include "support/test_messages.hpp"

#include <caf/actor_system.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

namespace caf_remote::test {

/// One actor system with the module, listening on a loopback port that the
/// kernel chose. Stops the module when destroyed, so that published actors end.
class loopback_node {
public:
  /// Settings of the group `caf-remote`, without the prefix.
  using settings = std::vector<std::pair<std::string, caf::config_value>>;

  /// `prepare` may load more modules.
  explicit loopback_node(const settings& xs = {},
                         const std::function<void(config&)>& prepare = {}) {
    cfg_.load<remoting>();
    cfg_.load<caf::id_block::caf_remote_test>();
    cfg_.set("scheduler.max-threads", size_t{2});
    if (prepare)
      prepare(cfg_);
    for (auto& kvp : xs)
      caf::put(cfg_.content, "caf-remote." + kvp.first, kvp.second);
    sys_ = std::make_unique<caf::actor_system>(cfg_);
    REQUIRE_FALSE(rm().set_log_sink(nullptr));
    auto res = rm().listen();
    REQUIRE_MESSAGE(res, render(res ? caf::error{} : res.error()));
    address_ = *res;
  }

  ~loopback_node() {
    rm().stop();
  }

  caf::actor_system& sys() {
    return *sys_;
  }

  remoting& rm() {
    return get(*sys_);
  }

  const std::string& address() const {
    return address_;
  }

  /// A handle for an actor on another node.
  caf::actor remote(const std::string& address, const std::string& name) {
    auto res = rm().lookup(address, name);
    REQUIRE(res);
    return *res;
  }

private:
  config cfg_;
  std::unique_ptr<caf::actor_system> sys_;
  std::string address_;
};

} // namespace caf_remote::test
