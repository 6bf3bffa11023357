// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/all.hpp"

#include "support/eventually.hpp"
#include "support/loopback_node.hpp"

#include <caf/scoped_actor.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>

namespace caf_remote::test {

/// Far above what any step takes, since a wait ends with its event.
constexpr auto long_time = std::chrono::seconds{30};

/// A blocking actor with the questions that the tests ask.
class inbox {
public:
  explicit inbox(loopback_node& home) : home_(home), self_(home.sys()) {
    // nop
  }

  caf::scoped_actor& self() noexcept {
    return self_;
  }

  caf::actor handle() {
    return caf::actor_cast<caf::actor>(self_);
  }

  // -- questions --------------------------------------------------------------

  /// Sends a request and returns the answer, which must be a `T`.
  template <class T, class Request>
  caf::expected<T> ask(const caf::actor& to, Request what,
                       message_header header = {}, int32_t serializer_id = 0) {
    caf::expected<T> result{caf::sec::none};
    request(self_.ptr(), to, long_time, std::move(what), std::move(header),
            serializer_id)
      .receive([&](const T& x) { result = x; },
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  /// Sends a request that must fail and returns why it did.
  template <class Request>
  caf::error ask_in_vain(const caf::actor& to, Request what,
                         message_header header = {},
                         int32_t serializer_id = 0) {
    caf::error result;
    request(self_.ptr(), to, long_time, std::move(what), std::move(header),
            serializer_id)
      .receive([](const Ping&) {},
               [&](caf::error& err) { result = std::move(err); });
    return result;
  }

  // -- watches ----------------------------------------------------------------

  /// Waits for the down message of a remote actor and returns the reason.
  caf::error wait_down(const caf::actor& of) {
    caf::error result = caf::sec::request_timeout;
    bool over = false;
    self_->receive_while([&] { return !over; })(
      [&](const caf::down_msg& x) {
        if (x.source != of->address())
          return;
        result = x.reason;
        over = true;
      },
      caf::after(long_time) >> [&] { over = true; });
    return result;
  }

  /// Counts the down messages that are there already.
  size_t count_downs() {
    size_t result = 0;
    bool over = false;
    self_->receive_while([&] { return !over; })(
      [&](const caf::down_msg&) { ++result; },
      caf::after(std::chrono::milliseconds{0}) >> [&] { over = true; });
    return result;
  }

  // -- messages ---------------------------------------------------------------

  /// Takes the next message of type `T`; fails the test if there is none.
  template <class T>
  T take() {
    T result;
    self_->receive([&](const T& x) { result = x; },
                   caf::after(long_time) >> [] { FAIL("no message"); });
    return result;
  }

private:
  loopback_node& home_;
  caf::scoped_actor self_;
};

/// Where the endpoint to `address` stands; all zero without one.
inline endpoint_counters counters_of(loopback_node& x,
                                     const std::string& address) {
  for (auto& entry : x.rm().snapshot().endpoints)
    if (entry.address == address)
      return entry;
  return {};
}

/// Dead letters of one reason so far.
inline uint64_t dead_letters(loopback_node& x, errc reason) {
  auto all = x.rm().snapshot().dead_letters;
  auto i = all.find(to_string(reason));
  return i != all.end() ? i->second : 0;
}

/// Everything that was handed to endpoints, also to those that are over.
inline endpoint_counters sum_of(loopback_node& x) {
  auto all = x.rm().snapshot();
  auto result = all.retired;
  for (auto& entry : all.endpoints) {
    result.accepted += entry.accepted;
    result.written += entry.written;
    result.dead_lettered += entry.dead_lettered;
    result.queued += entry.queued;
    result.unconfirmed += entry.unconfirmed;
  }
  return result;
}

} // namespace caf_remote::test
