// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/remoting.hpp"
#include "caf_remote/tool/arguments.hpp"
#include "caf_remote/tool/command_time.hpp"
#include "caf_remote/tool/node_config.hpp"
#include "caf_remote/tool/peer_observer.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace caf_remote::tool {

/// A node for the time of one command.
class client {
public:
  /// Listens where the other node can reach us. Throws `failure`.
  client(const arguments& args, command_time& time);

  /// Leaves gracefully.
  ~client();

  const arguments& args() const noexcept {
    return args_;
  }

  remoting& module() noexcept {
    return get(sys_);
  }

  caf::scoped_actor& self() noexcept {
    return self_;
  }

  command_time& time() noexcept {
    return time_;
  }

  /// The handle for ADDRESS and ID.
  caf::actor target();

  /// What is left for the command's work.
  caf::timespan remaining() const {
    return time_.remaining();
  }

  /// Writes out everything for ADDRESS. Returns why the first message was lost
  /// that was; none if none was. Throws `failure` if it takes too long.
  caf::error flush();

  /// Forgets what was lost so far.
  void forget_losses();

  /// Writes out everything for ADDRESS and leaves. Throws `failure` if
  /// something was not written.
  void finish_sending();

  /// Whether the node has a connection to us, over which answers come.
  bool has_way_back();

  /// Says for a person why an operation failed: whether the other node was not
  /// reached, did not shake hands, did not connect back, or what else `reason`
  /// says.
  std::string explain(const caf::error& reason);

  /// Says why we were never connected to the other node; empty if we were.
  std::string explain_absence();

  /// Throws `failure` if a message was lost.
  void check_losses();

  /// Says that the node did not connect back.
  std::string explain_no_way_back();

private:
  std::string explain_silence();

  const arguments& args_;
  command_time& time_;
  node_config cfg_;
  caf::actor_system sys_;
  caf::scoped_actor self_;
  std::shared_ptr<peer_observer> observer_;
};

/// Runs `body` with a client, prints what went wrong, and returns the exit
/// code. The process ends in time, whatever happens.
int run_client(const arguments& args, command_time& time,
               const std::function<void(client&)>& body);

} // namespace caf_remote::tool
