// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>

namespace caf_remote {

/// How many endpoints may be opened, or addresses asked who lives there,
/// because somebody else has named them: a sender in a frame, like the address
/// in a handshake, is whatever the peer writes there, and an answer to it, the
/// module's or an actor's, makes us dial. So many at once, and as many again in
/// each minute, evenly. Any thread.
class dial_budget {
public:
  using clock = std::chrono::steady_clock;

  /// With `all`, each one is taken from there as well.
  explicit dial_budget(size_t per_minute,
                       std::shared_ptr<dial_budget> all = nullptr);

  /// That of a host, for addresses at itself.
  struct of_host {};

  dial_budget(of_host, size_t per_minute);

  /// Whether it is a host's: no stream of others can use it up.
  bool is_of_host() const noexcept {
    return is_of_host_;
  }

  /// Takes leave for one endpoint. False: there is none left now.
  bool take(clock::time_point now);

  /// Whether all is left, as in a new one.
  bool is_full(clock::time_point now);

private:
  void refill(clock::time_point now);

  const double per_minute_;
  const std::shared_ptr<dial_budget> all_;
  const bool is_of_host_ = false;
  std::mutex mtx_;
  double left_;
  clock::time_point since_{};
};

using dial_budget_ptr = std::shared_ptr<dial_budget>;

} // namespace caf_remote
