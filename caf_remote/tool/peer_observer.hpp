// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/tracing.hpp"

#include <caf/error.hpp>

#include <mutex>
#include <string>

namespace caf_remote::tool {

/// Writes down what happened to our messages and connections, for the message
/// that says why a command failed. Thread-safe.
class peer_observer final : public tracing_hook {
public:
  void connected(const std::string& address,
                 const std::string& member_id) override;

  void disconnected(const std::string& address,
                    const std::string& reason) override;

  void dead_lettered(const pid& target, std::string_view type_name,
                     const caf::error& reason) override;

  /// Whether a handshake succeeded.
  bool was_connected() const;

  /// Why the last connection ended; empty: it did not.
  std::string disconnect_reason() const;

  /// Why the first message that was lost was; none: nothing was lost.
  caf::error lost() const;

  void forget_losses();

private:
  mutable std::mutex mutex_;
  bool was_connected_ = false;
  std::string disconnect_reason_;
  caf::error lost_;
};

} // namespace caf_remote::tool
