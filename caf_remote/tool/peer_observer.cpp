// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/peer_observer.hpp"

namespace caf_remote::tool {

void peer_observer::connected(const std::string&, const std::string&) {
  std::lock_guard<std::mutex> guard{mutex_};
  was_connected_ = true;
  disconnect_reason_.clear();
}

void peer_observer::disconnected(const std::string&,
                                 const std::string& reason) {
  std::lock_guard<std::mutex> guard{mutex_};
  disconnect_reason_ = reason;
}

void peer_observer::dead_lettered(const pid&, std::string_view,
                                  const caf::error& reason) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!lost_)
    lost_ = reason;
}

bool peer_observer::was_connected() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return was_connected_;
}

std::string peer_observer::disconnect_reason() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return disconnect_reason_;
}

caf::error peer_observer::lost() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return lost_;
}

void peer_observer::forget_losses() {
  std::lock_guard<std::mutex> guard{mutex_};
  lost_ = caf::none;
}

} // namespace caf_remote::tool
