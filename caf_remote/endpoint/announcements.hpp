// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/events.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace caf_remote {

/// What the endpoints of one address have announced. Each `endpoint_connected`
/// gets its `endpoint_terminated` from whoever comes to it first, once. The
/// events of an address come in the order of its endpoints: an endpoint that is
/// given up may take long until it has told all, and the next one may be
/// connected by then; what that has to say waits for it. Any thread.
class announcements {
public:
  using event = std::variant<endpoint_connected, endpoint_terminated,
                             endpoint_unreachable>;

  /// Tells the subscribers. Called with no lock held, by one thread at a time
  /// for each address.
  using teller = std::function<void(const event&)>;

  explicit announcements(std::string address) : address_(std::move(address)) {
    // nop
  }

  /// An endpoint is made; earlier ones have lower serial numbers. It must be
  /// `over` some day.
  void begin(uint64_t endpoint);

  /// Its handshake has brought a member id. `why` is for the one before, if
  /// that was another. Ignored if the endpoint is over, like what follows.
  void connected(uint64_t endpoint, const std::string& member_id,
                 const std::string& why, const teller& tell);

  /// The incarnation is over that was announced, the endpoint goes on. Returns
  /// its member id; empty: none was.
  std::string incarnation_over(uint64_t endpoint, const std::string& why,
                               const teller& tell);

  /// The endpoint is over. If nobody is announced, `unreachable` says whether
  /// that is an event.
  void over(uint64_t endpoint, const std::string& why, bool unreachable,
            const teller& tell);

private:
  struct story {
    /// Not terminated yet; empty: nobody.
    std::string member_id;
    bool is_over = false;
    std::deque<event> untold;
  };

  using guard = std::unique_lock<std::mutex>;

  story* find(uint64_t endpoint);
  std::string end(story& x, const std::string& why);
  std::optional<event> next();
  void tell_all(guard& held, const teller& tell);

  const std::string address_;
  std::mutex mtx_;
  // of those that are not over or have something to tell
  std::map<uint64_t, story> stories_;
  // a thread tells, and goes on with what is added meanwhile
  bool telling_ = false;
};

} // namespace caf_remote
